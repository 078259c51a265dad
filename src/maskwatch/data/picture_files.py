"""Picture files: which of them are in a folder, and their sizes. `sources.images` lists the suffixes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image as PillowImage

from maskwatch.errors import DataError
from maskwatch.sources.images import SUFFIXES

_ORIENTATION: Final = 0x0112  # EXIF tag
_QUARTER_TURNED: Final = (5, 6, 7, 8)  # its values for pictures that lie on their side


def is_picture(path: Path) -> bool:
    """Returns whether a file is a picture, by its suffix; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def pictures_in(folder: Path) -> list[Path]:
    """Lists the pictures in a folder and its subfolders, sorted; empty if there is no such folder."""
    return sorted(path for path in folder.rglob("*") if is_picture(path) and path.is_file())


def picture_size(path: Path) -> tuple[int, int]:
    """Reads width and height of a picture, EXIF orientation applied, from its header.

    Returns:
        Width and height in pixels.

    Raises:
        DataError: The file is missing or no picture.
    """
    try:
        with PillowImage.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _QUARTER_TURNED
    except (OSError, ValueError, SyntaxError, PillowImage.DecompressionBombError) as error:
        raise DataError(f"{path}: not a readable picture ({error})") from error
    return (height, width) if turned else (width, height)
