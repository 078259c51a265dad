"""Picture files: which of them are in a folder, where a named one is, and their sizes.

`sources.images` lists the suffixes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from maskwatch.errors import DataError, SourceError, one_line
from maskwatch.sources.images import DECODE_ERRORS, SUFFIXES, open_picture

_ORIENTATION: Final = 0x0112  # EXIF tag
_QUARTER_TURNED: Final = (5, 6, 7, 8)  # its values for pictures that lie on their side
_TIFF_SIZE: Final = (256, 257)  # TIFF tags: width and height as stored


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the header of a picture file says.

    Attributes:
        stored: Width and height of the stored pixels, before the EXIF orientation is applied.
        orientation: EXIF orientation, from 1 (upright) to 8.
    """

    stored: tuple[int, int]
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as people see the picture."""
        width, height = self.stored
        return (height, width) if self.orientation in _QUARTER_TURNED else (width, height)


def is_picture(path: Path) -> bool:
    """Returns whether a file is a picture, by its suffix; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def is_file(path: Path) -> bool:
    """Returns whether there is such a file; no error for a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, in a folder without permission, or with a zero byte
        return False


def is_folder(path: Path) -> bool:
    """Returns whether there is such a folder; no error for a name that no folder can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def pictures_in(folder: Path) -> list[Path]:
    """Lists the pictures in a folder and its subfolders, sorted; empty if there is no such folder."""
    return sorted(path for path in folder.rglob("*") if is_picture(path) and is_file(path))


def find_picture(name: str, folders: Iterable[Path]) -> Path | None:
    """Finds a picture that a label file names.

    Args:
        name: File name or path, with slashes or backslashes, perhaps of another machine.
        folders: Where it may be, the most likely first.

    Returns:
        The first file that is there under the name. If there is none, leading folders of the name are left
        out one by one: the name may be "train/a.jpg" in the folder "train". None if nothing is found.
    """
    places = list(folders)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    for start in range(len(parts)):
        for folder in places:
            if is_file(path := folder.joinpath(*parts[start:])):
                return path
    return None


def read_header(path: Path) -> PictureHeader:
    """Reads size and EXIF orientation of a picture from its header.

    Raises:
        DataError: The file is missing or no picture.
    """
    try:
        with open(path, "rb") as file, open_picture(file, str(path)) as picture:
            orientation = picture.getexif().get(_ORIENTATION)
            size = picture.size
            if picture.format == "TIFF":  # the only format for which Pillow's size is upright already
                tags = getattr(picture, "tag_v2", {})
                size = (int(tags.get(_TIFF_SIZE[0], size[0])), int(tags.get(_TIFF_SIZE[1], size[1])))
    except SourceError as error:
        raise DataError(str(error)) from error
    except DECODE_ERRORS as error:
        reason = getattr(error, "strerror", None) or one_line(error)
        raise DataError(f"{path}: not a readable picture ({reason})") from error
    known = isinstance(orientation, int) and 1 <= orientation <= 8
    return PictureHeader(size, int(orientation or 1) if known else 1)


def picture_size(path: Path) -> tuple[int, int]:
    """Reads width and height of a picture, EXIF orientation applied, from its header.

    Returns:
        Width and height in pixels.

    Raises:
        DataError: The file is missing or no picture.
    """
    return read_header(path).upright
