"""Decoded pictures in one memory-mapped file: each picture is decoded once and not in every epoch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from maskwatch.atomic_file import AtomicFile, write_text
from maskwatch.errors import MaskwatchError
from maskwatch.sources.images import read_image
from maskwatch.training.data.in_threads import in_threads
from maskwatch.types import Image


class PictureCache:
    """Decoded pictures by path. Worker processes share the memory of one file.

    Args:
        file: The decoded pixels. A JSON file of the same name says where each picture begins.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._index: dict[str, tuple[int, int, int, float]] = json.loads(
            file.with_suffix(".json").read_text(encoding="utf-8")
        )
        self._pixels: np.memmap[tuple[int], np.dtype[np.uint8]] | None = None

    def __contains__(self, path: Path) -> bool:
        """Returns whether the picture is in the cache, which means that it could be read."""
        return str(path) in self._index

    def __getitem__(self, path: Path) -> tuple[Image, float]:
        """Returns a picture.

        Returns:
            (h, w, 3) uint8, BGR, read-only; and the factor by which it was shrunk, 1.0 for its own size.
        """
        if self._pixels is None:  # opened late, so that it is not pickled to workers
            self._pixels = np.memmap(self._file, np.uint8, "r")
        start, height, width, scale = self._index[str(path)]
        return self._pixels[start : start + height * width * 3].reshape(height, width, 3), scale

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_pixels": None}


def cache(paths: Sequence[Path], folder: Path, longest: int = 640) -> tuple[PictureCache, list[str]]:
    """Decodes pictures into a cache, or opens the cache of an earlier run.

    Args:
        paths: The pictures. If their order, sizes or times change, they are decoded again.
        folder: Where the cache is; made if it does not exist.
        longest: Longer sides are reduced to this many pixels.

    Returns:
        The pictures, and one line for each picture that could not be read.
    """
    stats = [(str(p), *_stat(p)) for p in paths]
    key = hashlib.sha256(json.dumps([longest, stats]).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"pictures-{key}.u8"
    unreadable_file = file.with_suffix(".txt")
    if not unreadable_file.exists():
        index, unreadable, offset = {}, [], 0
        # Two trainings may start at the same time; each writes its own draft.
        with AtomicFile(file) as draft, draft.path.open("wb") as out:
            decoded = in_threads(lambda path: _decode(path, longest), paths, "decoding pictures")
            for path, picture in zip(paths, decoded, strict=True):
                if isinstance(picture, MaskwatchError):
                    unreadable.append(str(picture))
                    continue
                image, scale = picture
                out.write(image.tobytes())
                index[str(path)] = (offset, *image.shape[:2], scale)
                offset += image.size
        write_text(file.with_suffix(".json"), json.dumps(index))
        # Written last: it says that the other two files are complete.
        write_text(unreadable_file, "\n".join(unreadable))
    return PictureCache(file), unreadable_file.read_text(encoding="utf-8").splitlines()


def _decode(path: Path, longest: int) -> tuple[Image, float] | MaskwatchError:
    """Returns a picture and the factor by which it was shrunk, or why it cannot be read."""
    try:
        image = read_image(path)
    except MaskwatchError as error:
        return error
    scale = min(1.0, longest / max(image.shape[:2]))
    if scale < 1:
        image = np.asarray(
            cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    return image, scale


def _stat(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
