"""Finds the pictures and videos behind a path, a folder or a pattern."""

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
"""Suffixes of video files, in lower case."""


def has_media_name(path: str) -> bool:
    """Returns whether a file name has the suffix of a picture or a video."""
    return _suffix(path) in images.SUFFIXES | VIDEO_SUFFIXES


def is_video(path: str) -> bool:
    """Returns whether a file name has the suffix of a video; all other files count as pictures."""
    return _suffix(path) in VIDEO_SUFFIXES


def find(path: str, recursive: bool = False) -> list[str]:
    """Returns the pictures and videos that a path stands for, sorted as people count: 2 before 10.

    Args:
        path: A file (accepted with any name), a folder, or a pattern with `*`, `?`, `[]` and `**`.
        recursive: Search the subfolders of a folder, too.

    Returns:
        Paths that start with the given one. Links to folders are not followed, hidden files are left out.

    Raises:
        SourceError: The file does not exist, or the folder or pattern holds no picture or video.
    """
    if os.path.isdir(path):
        paths = _walk(path, recursive)
        if not paths:
            deeper = "" if recursive else " (--recursive looks into its folders, too)"
            raise SourceError(f"{path}: no pictures or videos in this folder{deeper}")
        return paths
    if os.path.exists(path):
        return [path]
    if not glob.has_magic(path):
        raise SourceError(f"{path}: no such file or folder")
    matches = sorted((p for p in glob.glob(path, recursive=True) if _is_media(p)), key=_natural)
    if not matches:
        raise SourceError(f"{path}: no picture or video matches")
    return matches


def _walk(folder: str, recursive: bool) -> list[str]:
    media = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=_natural) if recursive else []
        paths = (os.path.join(parent, name) for name in names if not name.startswith("."))
        media += sorted((path for path in paths if _is_media(path)), key=_natural)
    return media


def _is_media(path: str) -> bool:
    return has_media_name(path) and os.path.isfile(path)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _natural(path: str) -> list[tuple[int, int, str]]:
    """Returns a sort key: numbers by value, letters without regard to case."""
    parts = re.split(r"([0-9]+)", path)
    return [
        (1, int(part), "") if part.isascii() and part.isdigit() else (0, 0, part.lower()) for part in parts
    ]
