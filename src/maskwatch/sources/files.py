"""Finds the pictures and videos behind a path, a folder or a pattern."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import is_address, without_secrets
from maskwatch.sources.container import describe_special, explain_missing
from maskwatch.sources.media_kinds import VIDEO_SUFFIXES, has_media_name, has_video_name, is_video

__all__ = ["VIDEO_SUFFIXES", "find", "has_media_name", "has_video_name", "is_video"]


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
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        if is_address(path):
            raise SourceError(
                f"{without_secrets(path)}: an address, not a file; `maskwatch watch` reads streams"
            ) from None
        if glob.has_magic(path) and not isinstance(error, PermissionError):
            return _matches(path)
        missing = isinstance(error, FileNotFoundError)
        explained = "no such file or folder" if missing else explain_missing(error)
        raise SourceError(f"{path}: {explained}") from None
    except ValueError:
        raise SourceError(f"{path!r}: not a path") from None
    if stat.S_ISDIR(mode):
        return _folder(path, recursive)
    if not stat.S_ISREG(mode):  # it could be read for ever
        raise SourceError(f"{path}: {describe_special(path)}")
    return [path]


def _matches(pattern: str) -> list[str]:
    matches = sorted({path for path in _expand(pattern) if _is_media(path)}, key=_natural)
    if not matches:
        raise SourceError(f"{pattern}: no picture or video matches")
    return matches


def _folder(path: str, recursive: bool) -> list[str]:
    try:
        os.scandir(path).close()
    except OSError as error:
        raise SourceError(f"{path}: {explain_missing(error)}") from None
    paths = _walk(path, recursive)
    if not paths:
        deeper = "" if recursive else " (--recursive looks into its folders, too)"
        raise SourceError(f"{path}: no pictures or videos in this folder{deeper}")
    return paths


def _expand(pattern: str) -> Iterator[str]:
    """Yields what a pattern matches; a part of it that exists as it is written is no pattern."""
    drive, rest = os.path.splitdrive(pattern)
    parts = [part for part in re.split(r"[/\\]" if os.sep == "\\" else "/", rest) if part]
    yield from _expand_parts(drive + os.sep if rest.startswith(("/", os.sep)) else drive, parts)


def _expand_parts(base: str, parts: list[str]) -> Iterator[str]:
    if not parts:
        yield base
        return
    first, *others = parts
    if first == "**":
        yield from glob.iglob(os.path.join(glob.escape(base), *parts), recursive=True)
        return
    literal = os.path.join(base, first)
    found = [literal] if os.path.lexists(literal) else glob.glob(os.path.join(glob.escape(base), first))
    for path in found:
        yield from _expand_parts(path, others)


def _walk(folder: str, recursive: bool) -> list[str]:
    media = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=_natural) if recursive else []
        paths = (os.path.join(parent, name) for name in names if not name.startswith("."))
        media += sorted((path for path in paths if _is_media(path)), key=_natural)
    return media


def _is_media(path: str) -> bool:
    return has_media_name(path) and os.path.isfile(path)


def _natural(path: str) -> list[tuple[int, int, str]]:
    """Returns a sort key: numbers by value, letters without regard to case."""
    parts = re.split(r"([0-9]+)", path)
    return [
        (1, int(part), "") if part.isascii() and part.isdigit() else (0, 0, part.lower()) for part in parts
    ]
