"""Where a model comes from, written beside it: what it learnt from, and what it was made with."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from maskwatch import __version__
from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.types import LABELS

_PACKAGES: Final = ("torch", "onnx", "onnxruntime", "numpy", "opencv-python-headless", "pillow")

Item = Sample | PortraitSample


def fingerprint(parts: Mapping[str, Sequence[Item]]) -> dict[str, Any]:
    """Returns what a model learnt from and was measured on, without a single picture.

    Args:
        parts: Split -> its pictures.

    Returns:
        For each split the number of pictures, the faces by state and by source, and a hash over names and
        labels: two runs with the same hash saw the same pictures with the same labels.
    """
    return {
        split: {
            "pictures": len(items),
            "faces": dict(sorted(Counter(name for item in items for name in _states(item)).items())),
            "sources": {
                source: dict(sorted(counts.items())) for source, counts in sorted(_by_source(items).items())
            },
            "sha256": _hash(items),
        }
        for split, items in parts.items()
    }


def _states(item: Item) -> list[str]:
    if isinstance(item, PortraitSample):
        return [LABELS[item.state]]
    return [
        "ignored" if ignored else "face" if state == UNKNOWN else LABELS[state]
        for state, ignored in zip(item.states.tolist(), item.ignore.tolist(), strict=True)
    ]


def _by_source(items: Iterable[Item]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for item in items:
        counts.setdefault(item.source or "-", Counter()).update({"pictures": 1, **Counter(_states(item))})
    return counts


def _hash(items: Iterable[Item]) -> str:
    digest = hashlib.sha256()
    # Sorted, and without the folders above: the same data gives the same hash on any machine.
    for line in sorted(map(_line, items)):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _line(item: Item) -> str:
    boxes = [] if isinstance(item, PortraitSample) else item.boxes.round(2).tolist()
    return json.dumps([item.path.parent.name, item.path.name, item.source, _states(item), boxes])


def made_with() -> dict[str, Any]:
    """Returns commit, versions and machine."""
    return {
        "maskwatch": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        **{name: _version(name) for name in _PACKAGES},
    }


def commit() -> str | None:
    """Returns the commit of the source that runs; None where it is no checkout or git is not installed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() or None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
