"""Encodes pictures and writes picture files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import SinkError, one_line
from maskwatch.types import Image

_JPEG_QUALITY: Final = 92


def encode_image(image: Image, suffix: str = ".jpg", quality: int = _JPEG_QUALITY) -> bytes:
    """Returns the bytes of a picture file.

    Args:
        image: (h, w, 3) uint8, BGR.
        suffix: The format: ".jpg", ".png" or another suffix that OpenCV writes.
        quality: Quality of a ".jpg" from 0 to 100; other formats take OpenCV's defaults.

    Raises:
        SinkError: The format is unknown, or cannot hold the picture (JPEG: 65,500 pixels a side at most).
    """
    if not cv2.haveImageWriter(f"picture{suffix}"):
        kind = suffix or "a file without a suffix"
        raise SinkError(f"pictures cannot be written as {kind}; use .jpg or .png")
    options = (cv2.IMWRITE_JPEG_QUALITY, quality) if suffix == ".jpg" else ()
    try:
        done, data = cv2.imencode(suffix, image, options)
    except cv2.error as error:
        raise SinkError(f"the picture cannot be written as {suffix} ({one_line(error)})") from error
    if not done:
        height, width = image.shape[:2]
        raise SinkError(f"a picture of {width} x {height} pixels cannot be written as {suffix}")
    return data.tobytes()


def save_image(path: Path, image: Image) -> None:
    """Writes a picture file, completely or not at all.

    Args:
        path: The suffix decides the format; see `encode_image`. The folder is made if it does not exist.
        image: (h, w, 3) uint8, BGR.

    Raises:
        SinkError: The picture cannot be encoded, or the file cannot be written.
    """
    data = encode_image(image, path.suffix)
    with AtomicFile(path) as target:
        try:
            target.path.write_bytes(data)
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from error
