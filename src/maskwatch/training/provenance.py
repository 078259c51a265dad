"""Where a model comes from, written beside it: its recipe, what it learnt from, and what it was made with."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from maskwatch import __version__
from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.types import LABELS

_PACKAGES: Final = ("torch", "onnx", "onnxruntime", "numpy", "opencv-python-headless", "pillow")

Item = Sample | PortraitSample


def recipe_toml(recipe: Any) -> str:
    """A recipe, every value of it, as `maskwatch.training.recipes.load.load_recipe` reads it.

    Args:
        recipe: A dataclass; tables are dataclasses or dictionaries.
    """
    return "\n".join(_toml(dataclasses.asdict(recipe), ())) + "\n"


def _toml(values: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    if above:
        yield f"\n[{'.'.join(map(_key, above))}]"
    for key, value in values.items():
        if key not in tables and value is not None:
            yield f"{_key(key)} = {_value(value)}"
    for key, table in tables.items():
        yield from _toml(table, (*above, key))


def _key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    # Numbers, truth values and quoted text look the same in JSON and in TOML.
    return json.dumps(value if isinstance(value, bool | int | float) else str(value))


def fingerprint(parts: Mapping[str, Sequence[Item]]) -> dict[str, Any]:
    """What a model learnt from and was measured on, without a single picture.

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
    """Commit, versions and machine."""
    return {
        "maskwatch": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        **{name: _version(name) for name in _PACKAGES},
    }


def commit() -> str | None:
    """The commit of the source that runs, if it is a checkout and git is here to tell."""
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
