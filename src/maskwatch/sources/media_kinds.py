"""Tells pictures and videos apart, by what is in a file first and by its name second."""

from __future__ import annotations

import os
import stat
from typing import Final

from maskwatch.errors import SourceError
from maskwatch.sources import images
from maskwatch.sources.play_lists import is_play_list

VIDEO_SUFFIXES: Final = frozenset(
    """
    .mp4 .m4v .mov .qt .avi .divx .mkv .webm .mpg .mpeg .mpe .m1v .m2v .vob .ts .mts .m2ts .m2t .trp .wmv .asf
    .flv .f4v .3gp .3gpp .3g2 .ogv .ogm .mjpeg .mjpg .h264 .264 .avc .h265 .265 .hevc .ivf .dav .mxf .y4m .rm
    .rmvb .dv .nut .wtv .amv
    """.split()
)
"""Suffixes of video files, in lower case."""

_MOVING_JPEGS: Final = (".mjpeg", ".mjpg")  # begin as one JPEG does
_HEAD: Final = 4096  # bytes that are looked at

_PICTURES: Final = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"\0\0\0\x0cJXL "),
    *(b"P%d%c" % (number, space) for number in range(1, 7) for space in b" \t\r\n"),
)
_PICTURE_BRANDS: Final = frozenset(
    b"avif avis heic heix heim heis hevc hevx mif1 msf1".split()
)  # ISO 23008-12
_VIDEOS: Final = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"OggS",
    b"0&\xb2u\x8ef\xcf\x11",  # ASF, WMV
    b"\0\0\x01\xba",  # MPEG programme stream
    b"\0\0\x01\xb3",  # MPEG-1 and MPEG-2, raw
    b"DHAV",  # Dahua
    b".RMF",  # RealMedia
    b"\x06\x0e+4",  # MXF
    b"YUV4MPEG2",
    b"DKIF",  # IVF
    b"\xb7\xd8\x00\x20\x37\x49\xda\x11",  # WTV
)
_ATOMS: Final = frozenset(b"moov mdat wide free skip pnot".split())  # old QuickTime files have no ftyp


def has_media_name(path: str) -> bool:
    """Returns whether a file name has the suffix of a picture or a video."""
    return _suffix(path) in images.SUFFIXES | VIDEO_SUFFIXES


def has_video_name(path: str) -> bool:
    """Returns whether a file name has the suffix of a video; all other files count as pictures."""
    return _suffix(path) in VIDEO_SUFFIXES


def is_video(path: str) -> bool:
    """Returns whether a file is a video; all other files count as pictures.

    Args:
        path: What is in the file decides; its suffix, where that is not known or there is no such file. Only
            a file of which neither says anything is opened with FFmpeg.
    """
    head = _read_head(path)
    known = _kind_of(head, path)
    if known is None:
        return bool(head) and _opens_as_video(path)
    return known


def is_video_data(head: bytes, name: str) -> bool:
    """Returns whether a file in memory is a video, from its first 4096 bytes and its name; see `is_video`."""
    return bool(_kind_of(head, name))


def _kind_of(head: bytes, name: str) -> bool | None:
    """Returns whether a file is a video; None where neither its first bytes nor its name tell."""
    suffix = _suffix(name)
    if _is_picture(head):
        return suffix in _MOVING_JPEGS and head.startswith(b"\xff\xd8")
    if _is_known_video(head) or suffix in VIDEO_SUFFIXES or is_play_list(head):
        return True
    return False if suffix in images.SUFFIXES else None


def _read_head(path: str) -> bytes:
    """Returns the first bytes of a file; none of what is no file, or cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except (OSError, ValueError):
        return b""


def _is_picture(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] in _PICTURE_BRANDS
    riff = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    # Two letters are not enough for a BMP: the size of its header follows.
    bitmap = head.startswith(b"BM") and head[14:18] in (
        b"\x0c\0\0\0",
        b"\x28\0\0\0",
        b"\x6c\0\0\0",
        b"\x7c\0\0\0",
    )
    return riff or bitmap or head.startswith(_PICTURES)


def _is_known_video(head: bytes) -> bool:
    if head.startswith(_VIDEOS) or head[4:8] == b"ftyp" or head[4:8] in _ATOMS:
        return True
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"AMV "):
        return True
    # A transport stream has a mark every 188 bytes, or 192 in what camcorders and Blu-rays write.
    return any(
        len(head) > first + 4 * step and all(head[first + i * step] == 0x47 for i in range(5))
        for first, step in ((0, 188), (4, 192))
    )


def _opens_as_video(path: str) -> bool:
    from maskwatch.sources.container import open_container

    try:
        open_container(path, path).close()
    except SourceError:
        return False
    return True


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
