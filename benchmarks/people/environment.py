"""The environment of the published trackers and of TrackEval, and what is exchanged with it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.people.matching import Boxes
from benchmarks.people.players import Shown, told
from maskwatch.atomic_file import AtomicFile
from maskwatch.types import Faces

_HERE: Final = Path(__file__).parent
Stream = Sequence[tuple[float, Faces]]
"""Time and classified candidates of each frame."""


def python_of(build: Path) -> Path:
    """Returns the environment's Python, which need not exist."""
    return build / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def set_up(build: Path) -> None:
    """Makes the environment."""
    subprocess.run([sys.executable, "-m", "venv", str(build / "venv")], check=True)
    install = ["-m", "pip", "install", "--quiet", "-r", str(_HERE / "requirements.txt")]
    subprocess.run([str(python_of(build)), *install], check=True)


def published(
    build: Path, streams: Mapping[str, Stream], threshold: float
) -> dict[tuple[str, str], list[Shown]]:
    """Returns what SORT and ByteTrack show of the same detections.

    Their states are those of each frame alone: they have no others.

    Args:
        build: Folder of the environment, and for what they answered before.
        streams: Name -> detections.
        threshold: Score from which the model reports a face.

    Returns:
        (tracker, stream) -> what is shown of each frame. Nothing without the environment.
    """
    if not python_of(build).is_file() or not streams:
        return {}
    arrays: dict[str, Any] = {"threshold": np.float64(threshold)}
    for key, stream in streams.items():
        arrays |= {
            f"{key} t": np.array([t for t, _ in stream]),
            f"{key} sizes": np.array([len(faces) for _, faces in stream], np.int64),
            f"{key} boxes": np.concatenate([faces.boxes for _, faces in stream]),
            f"{key} scores": np.concatenate([faces.scores for _, faces in stream]),
        }
    numbers = _run(build, "track.py", arrays, ".npz")
    shown = {}
    for name, values in numbers.items():
        key = max((k for k in streams if name.startswith(f"{k} ")), key=len)
        shown[name.removeprefix(f"{key} "), key] = _shown(streams[key], values)
    return shown


def trackeval_scores(build: Path, runs: Mapping[str, Sequence[Boxes]]) -> dict[str, dict[str, float]]:
    """Scores runs with TrackEval.

    Args:
        build: Folder of the environment.
        runs: "WHO|SCENE" -> the boxes of each frame.

    Returns:
        WHO -> name of the figure -> its value over all scenes. Nothing without the environment.
    """
    if not python_of(build).is_file():
        return {}
    arrays: dict[str, Any] = {}
    for key, frames in runs.items():
        arrays |= {
            f"{key} true": np.concatenate([f.true for f in frames]),
            f"{key} shown": np.concatenate([f.shown for f in frames]),
            f"{key} trues": np.array([len(f.true) for f in frames]),
            f"{key} showns": np.array([len(f.shown) for f in frames]),
            f"{key} iou": np.concatenate([f.similarity.ravel() for f in frames]),
        }
    return dict(_run(build, "score.py", arrays, ".json"))


def _run(build: Path, script: str, arrays: Mapping[str, Any], ending: str) -> Mapping[str, Any]:
    """Runs a script of the other environment, or reads what it answered to the same before."""
    code = (_HERE / "published" / script).read_bytes()
    digest = hashlib.sha256(code)
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    file = build / f"{Path(script).stem}-{digest.hexdigest()[:16]}{ending}"
    if not file.is_file():
        with tempfile.TemporaryDirectory() as folder, AtomicFile(file) as draft:
            question = Path(folder) / "question.npz"
            np.savez(question, **arrays)
            command = [
                str(python_of(build)),
                str(_HERE / "published" / script),
                str(question),
                str(draft.path),
            ]
            subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": ""})
    if ending == ".json":
        return dict(json.loads(file.read_text(encoding="utf-8")))
    with np.load(file) as answers:
        return {name: answers[name] for name in answers.files}


def _shown(stream: Stream, numbers: np.ndarray[Any, np.dtype[np.int64]]) -> list[Shown]:
    shown: list[Shown] = []
    known: set[int] = set()
    start = 0
    for t, faces in stream:
        rows = numbers[start : start + len(faces)]
        start += len(faces)
        kept = faces[rows >= 0]
        ids = rows[rows >= 0]
        known |= {int(i) for i in ids}
        shown.append(
            Shown(t, ids, kept.boxes, np.ones(len(ids), np.bool_), told(kept), len(known), len(faces))
        )
    return shown
