"""Reads what a program has left behind: is all there that it had said to be written?"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from maskwatch.data.collection import Collection
from maskwatch.errors import MaskwatchError
from maskwatch.sources.video import VideoFile


class Left(NamedTuple):
    """What is left.

    Attributes:
        readable: Whether all of it can be read.
        pieces: Whole pieces.
        missing: Pieces that had been said to be written and are not there.
    """

    readable: bool
    pieces: int
    missing: int


def read_left(kind: str, path: Path, told: Sequence[str]) -> Left:
    """Reads what the program of `writer` has left.

    Args:
        kind: What it wrote.
        path: Where.
        told: The pieces that it had said to be written.
    """
    if not path.exists():
        return Left(not told, 0, len(told))
    try:
        return _READERS[kind](path, told)
    except (OSError, ValueError, KeyError, RuntimeError, MaskwatchError):
        return Left(False, 0, len(told))


def _rows(path: Path, told: Sequence[str]) -> Left:
    *whole, _torn = path.read_text(encoding="utf-8").split("\n")
    numbers = [json.loads(line)["index"] for line in whole]
    return Left(numbers == list(range(len(numbers))), len(numbers), max(0, len(told) - len(numbers)))


def _csv(path: Path, told: Sequence[str]) -> Left:
    _header, *rows = csv.reader(path.read_text(encoding="utf-8").rpartition("\n")[0].split("\n"))
    numbers = sorted({int(row[1]) for row in rows})
    return Left(numbers == list(range(len(numbers))), len(numbers), max(0, len(told) - len(numbers)))


def _video(path: Path, told: Sequence[str]) -> Left:
    frames = sum(1 for _ in VideoFile(str(path)))  # as players do, it ends where the file is torn
    return Left(frames > 0, frames, max(0, len(told) - frames))


def _whole(path: Path, told: Sequence[str]) -> Left:
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    number, sound = int(first), rest.endswith(f"\n{first}\n") and len(rest) > 65536
    return Left(sound, number + 1, max(0, len(told) - number - 1))


def _collection(path: Path, told: Sequence[str]) -> Left:
    collection = Collection(path)
    named = {picture["file_name"] for picture in json.loads((path / "labels.json").read_text())["images"]}
    sound = all(name in collection for name in named)
    return Left(sound, len(named), len(set(told) - named))


def _checkpoint(path: Path, told: Sequence[str]) -> Left:
    from maskwatch.training.engine.checkpoint import read

    content = read(path)
    sound = bool((content["weights"] == content["step"]).all())
    return Left(sound, content["step"] + 1, max(0, len(told) - content["step"] - 1))


_READERS: Final[dict[str, Callable[[Path, Sequence[str]], Left]]] = {
    "rows": _rows,
    "csv": _csv,
    "video": _video,
    "whole": _whole,
    "collection": _collection,
    "checkpoint": _checkpoint,
}
