"""From decoded pixels to the picture that a player shows: turned, mirrored, and with square pixels."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.types import Image

_UNIT: Final = 1 << 16  # the matrix is in 16.16 fixed-point numbers
_WIDEST: Final = 8  # an aspect ratio of pixels beyond this is a damaged header


class Orientation(NamedTuple):
    """How a picture is to be turned: transposed first, then mirrored.

    Attributes:
        transpose: Rows become columns.
        flip_x: Left and right change places, after that.
        flip_y: Top and bottom change places.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def apply(self, image: Image) -> Image:
        """Turns a picture (h, w, 3) uint8."""
        if self.transpose:
            image = np.asarray(cv2.transpose(image), np.uint8)
        if self.flip_x or self.flip_y:
            code = -1 if self.flip_x and self.flip_y else 1 if self.flip_x else 0
            image = np.asarray(cv2.flip(image, code), np.uint8)
        return image


UPRIGHT: Final = Orientation()
"""The picture is right as it is."""


def read_display_matrix(data: bytes) -> Orientation:
    """Reads FFmpeg's display matrix (ISO/IEC 14496-12, section 8.2.2).

    Args:
        data: 36 bytes: nine 32-bit integers of this machine, row by row; a pixel (x, y) goes to
            (a x + c y, b x + d y), with a, b in the first row and c, d in the second.

    Returns:
        The nearest of the eight turns and mirrorings; a matrix that is none of these changes nothing.
    """
    if len(data) < 36:
        return UPRIGHT
    a, b, _, c, d, _, *_ = (value / _UNIT for value in struct.unpack("=9i", data[:36]))
    matrix = np.array([[a, c], [b, d]])
    size = float(np.abs(matrix).max())
    if size == 0:
        return UPRIGHT
    turned: NDArray[np.float64] = np.round(matrix / size)
    if not np.array_equal(np.abs(turned), np.eye(2)) and not np.array_equal(np.abs(turned), np.eye(2)[::-1]):
        return UPRIGHT  # a slanted picture is shown as it is, as players do
    if turned[0, 0]:
        return Orientation(False, bool(turned[0, 0] < 0), bool(turned[1, 1] < 0))
    return Orientation(True, bool(turned[0, 1] < 0), bool(turned[1, 0] < 0))


def square_pixels(image: Image, aspect: Fraction | None) -> Image:
    """Stretches a picture whose pixels are not square, as players do: none of its lines gets lost.

    Args:
        image: (h, w, 3) uint8.
        aspect: Width of a pixel over its height; None where the file does not say.
    """
    if not aspect or aspect == 1 or not Fraction(1, _WIDEST) <= aspect <= _WIDEST:
        return image
    height, width = image.shape[:2]
    size = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
