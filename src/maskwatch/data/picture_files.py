"""Picture files: which of them are in a folder, and their sizes. `sources.images` lists the suffixes."""

from __future__ import annotations

from pathlib import Path

from maskwatch.errors import DataError, SourceError
from maskwatch.sources.images import SUFFIXES, upright_size


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
        return upright_size(path)
    except SourceError as error:
        raise DataError(str(error)) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path}: not a readable picture ({error})") from error
