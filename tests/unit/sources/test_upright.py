from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from maskwatch.sources.upright import UPRIGHT, Orientation, read_display_matrix, square_pixels

PICTURE = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
"""0 1 2 above 3 4 5."""


def matrix(a: float, b: float, c: float, d: float) -> bytes:
    return struct.pack("=9i", *(round(v * 65536) for v in (a, b, 0, c, d, 0, 0, 0)), 1 << 30)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (matrix(1, 0, 0, 1), [[0, 1, 2], [3, 4, 5]]),
        (matrix(-1, 0, 0, 1), [[2, 1, 0], [5, 4, 3]]),
        (matrix(1, 0, 0, -1), [[3, 4, 5], [0, 1, 2]]),
        (matrix(-1, 0, 0, -1), [[5, 4, 3], [2, 1, 0]]),
        (matrix(0, 1, 1, 0), [[0, 3], [1, 4], [2, 5]]),
        (matrix(0, 1, -1, 0), [[3, 0], [4, 1], [5, 2]]),  # a quarter turn with the clock
        (matrix(0, -1, 1, 0), [[2, 5], [1, 4], [0, 3]]),  # and against it
        (matrix(0, -1, -1, 0), [[5, 2], [4, 1], [3, 0]]),
        (matrix(0.5, 0, 0, 0.5), [[0, 1, 2], [3, 4, 5]]),  # a scale is none of our business
        (matrix(0, 1.01, -0.99, 0.004), [[3, 0], [4, 1], [5, 2]]),
        (matrix(0.7, 0.7, -0.7, 0.7), [[0, 1, 2], [3, 4, 5]]),  # slanted: as it is
        (matrix(0, 0, 0, 0), [[0, 1, 2], [3, 4, 5]]),
        (b"", [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_all_eight_ways(data: bytes, shown: list[list[int]]) -> None:
    assert read_display_matrix(data).apply(PICTURE)[:, :, 0].tolist() == shown


def test_nothing_to_do_costs_nothing() -> None:
    assert UPRIGHT.apply(PICTURE) is PICTURE
    assert square_pixels(PICTURE, None) is PICTURE
    assert square_pixels(PICTURE, Fraction(1)) is PICTURE
    assert Orientation() == UPRIGHT


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(12, 11), (384, 288)),
        (Fraction(16, 11), (512, 288)),
        (Fraction(1, 2), (352, 576)),
        (Fraction(0), (352, 288)),
        (Fraction(1, 100), (352, 288)),  # a damaged header must not ask for gigabytes
        (Fraction(100), (352, 288)),
    ],
)
def test_pixels_become_square(aspect: Fraction, size: tuple[int, int]) -> None:
    image = np.zeros((288, 352, 3), np.uint8)
    assert square_pixels(image, aspect).shape == (size[1], size[0], 3)
