"""Picture files as arrays.

Pillow reads them rather than OpenCV, because it refuses a truncated file instead of filling it with
grey, tells the size before it spends memory, and knows CMYK, palettes and 16 bits.
"""

from __future__ import annotations

import io
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
from maskwatch.types import Frame, Image

SUFFIXES: Final = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .tif .tiff .gif .avif .heic .heif .ppm .pgm".split()
)
"""What counts as a picture in a folder, in lower case."""

MAX_MEGAPIXELS: Final = 100.0
_HEIC_BRANDS: Final = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypheim", b"ftypmsf1")
_WHITE: Final = (255, 255, 255)

# What Pillow's many readers raise for files that are not what they seem.
_BROKEN: Final = (
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

# Odd tags are no news to people: what cannot be read is told by an error.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class Images:
    """Pictures one after the other, as a source.

    Args:
        paths: The files.
        max_megapixels: Larger pictures are refused.
    """

    live = False

    def __init__(self, paths: Sequence[str], max_megapixels: float = MAX_MEGAPIXELS) -> None:
        self.paths = list(paths)
        self.name = self.paths[0] if len(self.paths) == 1 else f"{len(self.paths)} pictures"
        self.max_megapixels = max_megapixels

    def __iter__(self) -> Iterator[Frame]:
        """See `maskwatch.sources.base.Source`; each picture is frame 0 of its own source."""
        for path in self.paths:
            yield Frame(read_image(path, self.max_megapixels), source=path)


def read_image(path: str | Path, max_megapixels: float = MAX_MEGAPIXELS) -> Image:
    """Reads a picture file.

    Args:
        path: JPEG, PNG, WebP, GIF, TIFF, BMP or another form that Pillow reads; of an animation the
            first picture is taken.
        max_megapixels: Larger pictures are refused before they are decoded.

    Returns:
        (h, w, 3) uint8, BGR, upright as EXIF says. Grey is spread over the three colours, 16 bits are
        reduced to 8, transparent parts are laid on white.

    Raises:
        SourceError: The file is missing, empty, damaged, too large or no picture.
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
    """Reads a picture from memory; see `read_image`.

    Args:
        data: The bytes of a picture file.
        name: What to call it in messages.
        max_megapixels: Larger pictures are refused.

    Raises:
        SourceError: As `read_image`.
    """
    return _read(io.BytesIO(data), name, max_megapixels)


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
    except _BROKEN as error:
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
        except _BROKEN as error:
            raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error


def _open(file: IO[bytes]) -> PIL.Image.Image:
    """Reads the header only."""
    # Pillow's own limit warns where ours is silent and cannot be set for one call.
    with _open_lock:
        limit, PIL.Image.MAX_IMAGE_PIXELS = PIL.Image.MAX_IMAGE_PIXELS, None
        try:
            return PIL.Image.open(file)
        finally:
            PIL.Image.MAX_IMAGE_PIXELS = limit


def _to_bgr(picture: PIL.Image.Image) -> Image:
    picture.load()
    picture = PIL.ImageOps.exif_transpose(picture)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return np.asarray(cv2.cvtColor(_to_8_bits(np.asarray(picture)), cv2.COLOR_GRAY2BGR), np.uint8)
    if picture.mode == "L":
        return np.asarray(cv2.cvtColor(np.asarray(picture), cv2.COLOR_GRAY2BGR), np.uint8)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = PIL.Image.new("RGB", picture.size, _WHITE)
        ground.paste(picture, mask=picture)
        picture = ground
    rgb = np.asarray(picture.convert("RGB"))
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


def _to_8_bits(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Whole numbers are taken as 16 bits, fractions as 0 to 1 unless they go beyond."""
    if grey.dtype.kind == "f":
        values: NDArray[np.float32] = np.nan_to_num(grey.astype(np.float32))
        top = 1.0 if values.max(initial=0) <= 1 else 255.0
        scaled = np.clip(values * np.float32(255 / top), 0, 255)
    else:
        scaled = np.clip(grey.astype(np.int64), 0, 65535) // 256
    return np.asarray(scaled, np.uint8)
