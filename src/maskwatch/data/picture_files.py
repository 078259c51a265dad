"""Picture files in folders: which there are, and how large they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image as PillowImage

from maskwatch.errors import DataError
from maskwatch.sources.images import SUFFIXES

_ORIENTATION: Final = 0x0112
_TURNED: Final = (5, 6, 7, 8)


def is_picture(path: Path) -> bool:
    """Whether the file's name says that it is a picture."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder and below it, sorted; none if there is no such folder."""
    return sorted(path for path in folder.rglob("*") if is_picture(path) and path.is_file())


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as a person sees it (EXIF orientation applied), from its header.

    Raises:
        DataError: The file is missing or no picture.
    """
    try:
        with PillowImage.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
    except (OSError, ValueError, SyntaxError, PillowImage.DecompressionBombError) as error:
        raise DataError(f"{path}: not a readable picture ({error})") from error
    return (height, width) if turned else (width, height)
