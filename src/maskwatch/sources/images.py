"""Reads picture files, bytes and PIL images as BGR arrays.

Pillow reads the files, not OpenCV: it refuses a truncated file instead of filling it with grey, gives the
size before it spends memory, and supports CMYK, palettes and 16 bits.
"""

from __future__ import annotations

import importlib
import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from maskwatch.errors import SourceError, one_line
from maskwatch.sources.bit_depth import to_8_bits
from maskwatch.sources.jpeg_scans import too_much_work
from maskwatch.types import Frame, Image, ImageLike

SUFFIXES: Final = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .tif .tiff .gif .avif .heic .heif .ppm .pgm".split()
)
"""Suffixes of the files in a folder that count as pictures, in lower case."""

MAX_MEGAPIXELS: Final = 100.0

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "PPM")
"""Formats that Pillow may open. Others, which start Ghostscript or are no pictures, are refused."""

_HEIF: Final = "HEIF"
_HEIF_BRANDS: Final = frozenset(b"heic heix hevc hevx heim heis hevm hevs mif1 msf1".split())
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))

# Their decoders hold several copies of a picture: the share of the allowed pixels keeps the peak below 1 GB.
_SHARES: Final = {"WEBP": 0.4, "AVIF": 0.4, _HEIF: 0.4}
_PROGRESSIVE_SHARE: Final = 0.7  # of JPEGs whose coefficients are all kept until the last scan

_ORIENTATION: Final = 0x0112  # EXIF tag
_QUARTER_TURNED: Final = (5, 6, 7, 8)  # its values for pictures that lie on their side
_ROWS: Final = 256  # rows that are converted at once: bounds the memory
_WHITE: Final = (255, 255, 255)

DECODE_ERRORS: Final = (
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
"""What the readers of Pillow raise for damaged files, when they open them and when they decode them."""

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
        path: A JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF, PPM or PGM file, or HEIC where `pillow-heif` is
            installed. Of an animation the first picture is taken.
        max_megapixels: Larger pictures are refused before they are decoded.

    Returns:
        (h, w, 3) uint8, BGR, with the EXIF orientation applied. Grey is copied to the three channels, 16 bits
        are reduced to 8 (see `maskwatch.sources.bit_depth`), transparent pixels are blended with white.

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
    name = getattr(image, "filename", "") or "PIL image"
    try:
        return _to_bgr(image, name)  # decodes the file, if that has not happened yet
    except DECODE_ERRORS as error:
        raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error


def _read(file: IO[bytes], name: str, max_megapixels: float) -> Image:
    if not file.read(1):
        raise SourceError(f"{name}: the file is empty")
    try:
        picture = open_picture(file, name)
    except PIL.UnidentifiedImageError:
        raise SourceError(f"{name}: not a picture (or of a kind that is not known)") from None
    except DECODE_ERRORS as error:
        raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error
    with picture:
        width, height = picture.size
        _refuse_too_large(picture, name, max_megapixels)
        if picture.format in ("JPEG", "MPO"):
            file.seek(0)
            if too_much_work(file.read(), width, height):
                raise SourceError(f"{name}: a JPEG of too many scans; save it again as a usual JPEG")
        try:
            deep = _deep_colours(picture, file)
            return _to_bgr(picture, name) if deep is None else to_8_bits(deep, name)
        except MemoryError:
            raise SourceError(f"{name}: not enough memory for {width} x {height} pixels") from None
        except DECODE_ERRORS as error:
            raise SourceError(f"{name}: damaged picture ({one_line(error)})") from error


def _refuse_too_large(picture: PIL.Image.Image, name: str, max_megapixels: float) -> None:
    """Raises a SourceError for a picture whose decoding would take too much memory."""
    width, height = picture.size
    share = _SHARES.get(picture.format or "", 1.0)
    if picture.info.get("progressive"):
        share = _PROGRESSIVE_SHARE
    if width * height > max_megapixels * share * 1e6:
        kind = f" of a {'progressive ' * bool(picture.info.get('progressive'))}{picture.format} picture"
        raise SourceError(
            f"{name}: {width} x {height} pixels{kind if share < 1 else ''} are more than the"
            f" {max_megapixels * share:g} million that are read (setting sources.max_megapixels"
            f"{f' is {max_megapixels:g}' if share < 1 else ''})"
        )


def open_picture(file: IO[bytes], name: str) -> PIL.Image.Image:
    """Opens a picture and reads its header only.

    Raises:
        SourceError: A HEIC picture, without the package that reads it.
    """
    file.seek(0)
    formats = _formats()
    if _is_heif(file.read(256)):
        _register_heif(name)
        formats = (_HEIF,)
    file.seek(0)
    # Pillow's own limit warns where ours is silent and cannot be set for one call.
    with _open_lock:
        limit, PIL.Image.MAX_IMAGE_PIXELS = PIL.Image.MAX_IMAGE_PIXELS, None
        try:
            return PIL.Image.open(file, formats=formats)
        finally:
            PIL.Image.MAX_IMAGE_PIXELS = limit


@cache
def _formats() -> tuple[str, ...]:
    """Returns those of `FORMATS` that the Pillow in use has."""
    for name in ("Jpeg", "Png", "WebP", "Gif", "Tiff", "Bmp", "Avif", "Ppm"):
        with suppress(ImportError):
            importlib.import_module(f"PIL.{name}ImagePlugin")
    return tuple(name for name in FORMATS if name in PIL.Image.OPEN)


def _is_heif(head: bytes) -> bool:
    """Returns whether a file is HEIF but not AVIF, by its first bytes: both share some main brands."""
    if head[4:8] != b"ftyp":
        return False
    listed = head[16 : min(int.from_bytes(head[:4], "big"), len(head))]
    brands = {head[8:12], *(listed[i : i + 4] for i in range(0, len(listed), 4))}
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def _register_heif(name: str) -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        raise SourceError(
            f"{name}: HEIC pictures need one more package: pip install 'maskwatch[heif]'; or save it as JPEG"
        ) from None


def _deep_colours(picture: PIL.Image.Image, file: IO[bytes]) -> NDArray[np.uint16] | None:
    """Returns a colour picture of 16 bits that uses little of them; None for all others.

    Pillow keeps the upper 8 bits of each colour: nothing is left of 10 bits.
    """
    if picture.format not in ("PNG", "TIFF") or not any(
        ";16" in str(tile[3]) for tile in getattr(picture, "tile", ())
    ):
        return None
    if picture.mode != "RGB" or picture.getexif().get(_ORIENTATION, 1) != 1:
        return None
    picture.load()
    if max(high for _, high in picture.getextrema()) >= 64:  # type: ignore[misc]
        return None
    file.seek(0)
    values = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        return None
    return np.asarray(values[..., :3], np.uint16)


def _to_bgr(picture: PIL.Image.Image, name: str) -> Image:
    """Decodes a PIL image of any mode; the image itself is not changed."""
    picture.load()
    # After loading: Pillow turns TIFFs itself while it loads them, and takes the tag away.
    orientation = picture.getexif().get(_ORIENTATION, 1)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        grey = to_8_bits(np.asarray(picture), name)
        image, stored = _upright_canvas(grey.shape[1], grey.shape[0], orientation)
        stored[:] = grey[..., None]
        return image
    width, height = picture.size
    image, stored = _upright_canvas(width, height, orientation)
    transparent = picture.has_transparency_data
    for top in range(0, height, _ROWS):
        rows = picture.crop((0, top, width, min(top + _ROWS, height)))
        if transparent:
            rows = rows.convert("RGBA")
            background = PIL.Image.new("RGB", rows.size, _WHITE)
            background.paste(rows, mask=rows)
            rows = background
        stored[top : top + _ROWS] = cv2.cvtColor(np.asarray(rows.convert("RGB")), cv2.COLOR_RGB2BGR)
    return image


def _upright_canvas(width: int, height: int, orientation: int) -> tuple[Image, Image]:
    """Returns an empty picture as a person sees it, and a view of it with the pixels as they are stored.

    What is written into the view stands upright in the picture, without a second copy of it.

    Args:
        width: As stored.
        height: As stored.
        orientation: EXIF orientation, 1 to 8.
    """
    shape = (width, height) if orientation in _QUARTER_TURNED else (height, width)
    image = np.empty((*shape, 3), np.uint8)
    stored = image.swapaxes(0, 1) if orientation in _QUARTER_TURNED else image
    if orientation in (3, 4, 6, 7):
        stored = stored[::-1]
    if orientation in (2, 3, 7, 8):
        stored = stored[:, ::-1]
    return image, stored
