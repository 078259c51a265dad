"""Reads picture files, bytes and PIL images as BGR arrays.

Pillow reads the files, not OpenCV: it refuses a truncated file instead of filling it with grey, gives the
size before it spends memory, and supports CMYK, palettes and 16 bits.
"""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from maskwatch.errors import SourceError, one_line
from maskwatch.types import Frame, Image, ImageLike

SUFFIXES: Final = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .tif .tiff .gif .avif .heic .heif .ppm .pgm".split()
)
"""Suffixes of the files in a folder that count as pictures, in lower case."""

MAX_MEGAPIXELS: Final = 100.0
_HEIC_BRANDS: Final = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypheim", b"ftypmsf1")
_WHITE: Final = (255, 255, 255)

# What the readers of Pillow raise for damaged files.
_DECODE_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_open_lock = threading.Lock()

# Users cannot act on warnings about odd tags; a picture that cannot be read raises an error.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class Images:
    """Picture files as a source, one frame each.

    Args:
        paths: The files, in this order.
        max_megapixels: Larger pictures are refused.
    """

    live = False

    def __init__(self, paths: Sequence[str], max_megapixels: float = MAX_MEGAPIXELS) -> None:
        self.paths = list(paths)
        self.name = self.paths[0] if len(self.paths) == 1 else f"{len(self.paths)} pictures"
        self.max_megapixels = max_megapixels

    def __iter__(self) -> Iterator[Frame]:
        """Yields the pictures; each is frame 0 of a source of its own, named by its path.

        Raises:
            SourceError: As `read_image`.
        """
        for path in self.paths:
            yield Frame(read_image(path, self.max_megapixels), source=path)


def read_image(path: str | Path, max_megapixels: float = MAX_MEGAPIXELS) -> Image:
    """Reads a picture file.

    Args:
        path: A JPEG, PNG, WebP, GIF, TIFF, BMP or any other file that Pillow reads. Of an animation the
            first picture is taken.
        max_megapixels: Larger pictures are refused before they are decoded.

    Returns:
        (h, w, 3) uint8, BGR, with the EXIF orientation applied. Grey is copied to the three channels, 16 bits
        are reduced to 8, transparent pixels are blended with white.

    Raises:
        SourceError: The file is missing, empty, damaged, too large or not a picture.
    """
    try:
        with open(path, "rb") as file:
            return _read(file, str(path), max_megapixels)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: a folder, not a picture") from None
    except PermissionError:
        raise SourceError(f"{path}: not allowed to read it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def decode_image(data: bytes, name: str = "picture", max_megapixels: float = MAX_MEGAPIXELS) -> Image:
    """Reads a picture file from memory.

    Args:
        data: The bytes of a picture file.
        name: Name of the picture for messages.
        max_megapixels: Larger pictures are refused before they are decoded.

    Returns:
        (h, w, 3) uint8, BGR; see `read_image`.

    Raises:
        SourceError: The bytes are empty, damaged, too large a picture or not a picture.
    """
    return _read(io.BytesIO(data), name, max_megapixels)


def to_bgr(image: ImageLike) -> Image:
    """Returns any accepted form of a picture as a BGR array.

    Args:
        image: The path of a picture file, a PIL image of any mode, or an array, which is returned unchanged.

    Returns:
        (h, w, 3) uint8, BGR, upright; see `read_image`.

    Raises:
        TypeError: `image` is none of these.
        ValueError: A PIL image without pixels.
        SourceError: The file, or the file behind a PIL image, cannot be read.
    """
    if isinstance(image, np.ndarray):
        return image
    if isinstance(image, str | os.PathLike):
        return read_image(Path(image))
    if not isinstance(image, PIL.Image.Image):
        raise TypeError(
            "expected a picture as a path, a PIL image or a BGR array (height, width, 3) uint8,"
            f" got {type(image).__module__}.{type(image).__qualname__}"
        )
    if 0 in image.size:
        raise ValueError(f"the PIL image has no pixels: {image.width} x {image.height}")
    try:
        return _to_bgr(image)  # decodes the file, if that has not happened yet
    except _DECODE_ERRORS as error:
        name = getattr(image, "filename", "") or "PIL image"
        raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error


def _read(file: IO[bytes], name: str, max_megapixels: float) -> Image:
    head = file.read(32)
    file.seek(0)
    if not head:
        raise SourceError(f"{name}: the file is empty")
    if head[4:12] in _HEIC_BRANDS:
        raise SourceError(f"{name}: HEIC pictures cannot be read; save it as JPEG or PNG")
    try:
        picture = _open(file)
    except PIL.UnidentifiedImageError:
        raise SourceError(f"{name}: not a picture (or of a kind that is not known)") from None
    except _DECODE_ERRORS as error:
        raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error
    with picture:
        width, height = picture.size
        if width * height > max_megapixels * 1e6:
            raise SourceError(
                f"{name}: {width} x {height} pixels are more than the {max_megapixels:g} million that are"
                " read (setting sources.max_megapixels)"
            )
        try:
            return _to_bgr(picture)
        except MemoryError:
            raise SourceError(f"{name}: not enough memory for {width} x {height} pixels") from None
        except _DECODE_ERRORS as error:
            raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error


def _open(file: IO[bytes]) -> PIL.Image.Image:
    """Opens a picture and reads its header only."""
    # Pillow's own limit warns where ours is silent and cannot be set for one call.
    with _open_lock:
        limit, PIL.Image.MAX_IMAGE_PIXELS = PIL.Image.MAX_IMAGE_PIXELS, None
        try:
            return PIL.Image.open(file)
        finally:
            PIL.Image.MAX_IMAGE_PIXELS = limit


def _to_bgr(picture: PIL.Image.Image) -> Image:
    """Decodes a PIL image of any mode; the image itself is not changed."""
    picture.load()
    picture = PIL.ImageOps.exif_transpose(picture)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return np.asarray(cv2.cvtColor(_to_8_bits(np.asarray(picture)), cv2.COLOR_GRAY2BGR), np.uint8)
    if picture.mode == "L":
        return np.asarray(cv2.cvtColor(np.asarray(picture), cv2.COLOR_GRAY2BGR), np.uint8)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        background = PIL.Image.new("RGB", picture.size, _WHITE)
        background.paste(picture, mask=picture)
        picture = background
    rgb = np.asarray(picture.convert("RGB"))
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


def _to_8_bits(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scales to uint8: integers from 16 bits, floats from [0, 1], or from [0, 255] if any exceeds 1."""
    if grey.dtype.kind == "f":
        values: NDArray[np.float32] = np.nan_to_num(grey.astype(np.float32))
        top = 1.0 if values.max(initial=0) <= 1 else 255.0
        scaled = np.clip(values * np.float32(255 / top), 0, 255)
    else:
        scaled = np.clip(grey.astype(np.int64), 0, 65535) // 256
    return np.asarray(scaled, np.uint8)
