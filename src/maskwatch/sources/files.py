"""Which files a path, a folder or a pattern means."""

from __future__ import annotations

import glob
import os
import re
from typing import Final

from maskwatch.errors import SourceError
from maskwatch.sources import images

VIDEO_SUFFIXES: Final = frozenset(
    ".mp4 .m4v .mov .avi .mkv .webm .mpg .mpeg .ts .mts .m2ts .wmv .flv .3gp .ogv .mjpeg .mjpg".split()
)
"""What counts as a video, in lower case."""


def has_media_name(path: str) -> bool:
    """Whether the file's name says that it is a picture or a video."""
    return _suffix(path) in images.SUFFIXES | VIDEO_SUFFIXES


def is_video(path: str) -> bool:
    """Whether the file's name says that it is a video; all other files are taken for pictures."""
    return _suffix(path) in VIDEO_SUFFIXES


def find(path: str, recursive: bool = False) -> list[str]:
    """The pictures and videos that a path means, in the order in which people count: 2 before 10.

    Args:
        path: A file (taken as it is, whatever its name), a folder, or a pattern with `*`, `?`, `[]`
            and `**`.
        recursive: Look into the folders of a folder, too.

    Returns:
        Paths that begin as the given one does. Links to folders are not followed, hidden files are
        left out.

    Raises:
        SourceError: There is no such file, or no picture or video in the folder.
    """
    if os.path.isdir(path):
        found = _walk(path, recursive)
        if not found:
            deeper = "" if recursive else " (--recursive looks into its folders, too)"
            raise SourceError(f"{path}: no pictures or videos in this folder{deeper}")
        return found
    if os.path.exists(path):
        return [path]
    if not glob.has_magic(path):
        raise SourceError(f"{path}: no such file or folder")
    found = sorted((p for p in glob.glob(path, recursive=True) if _is_media(p)), key=_natural)
    if not found:
        raise SourceError(f"{path}: no picture or video matches")
    return found


def _walk(folder: str, recursive: bool) -> list[str]:
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=_natural) if recursive else []
        paths = (os.path.join(where, name) for name in names if not name.startswith("."))
        found += sorted((path for path in paths if _is_media(path)), key=_natural)
    return found


def _is_media(path: str) -> bool:
    return has_media_name(path) and os.path.isfile(path)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _natural(path: str) -> list[tuple[int, int, str]]:
    """Sorts numbers by their value and letters without regard to case."""
    parts = re.split(r"([0-9]+)", path)
    return [
        (1, int(part), "") if part.isascii() and part.isdigit() else (0, 0, part.lower()) for part in parts
    ]
