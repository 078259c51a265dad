"""Negatives: pictures without any face, and which of them are held out of training."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Final

from maskwatch.data.picture_files import pictures_in
from maskwatch.data.sample import Sample, negative
from maskwatch.errors import DataError

_HELD_OUT_EVERY: Final = 4


def read_negatives(path: Path) -> list[Sample]:
    """Reads a folder of pictures without any face, with its subfolders.

    Raises:
        DataError: There is no such folder or no picture in it.
    """
    try:
        if not path.is_dir():
            raise DataError(f"{path}: no such folder")
        next(path.iterdir(), None)  # a folder without permission would look empty
        pictures = pictures_in(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not pictures:
        raise DataError(f"{path}: no pictures in this folder")
    return [negative(picture, source=path.resolve().name) for picture in pictures]


def is_held_out(path: Path) -> bool:
    """Returns whether a negative is held out of training: one in four, by a hash of its file name."""
    return zlib.crc32(path.name.encode()) % _HELD_OUT_EVERY == 0
