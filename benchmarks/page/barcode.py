"""A number in the upper rim of a picture that survives JPEG, H.264 and scaling.

The upper twelfth is a row of 16 cells: white, black, 12 bits with the highest first, a bit that makes the
number of ones even, white.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from maskwatch.types import Image

_CELLS: Final = 16
_WHITE, _BLACK = 235, 16
NUMBERS: Final = 4096
"""Numbers that there are: counting goes on with 0 afterwards."""

TICK: Final = 0.01
"""Seconds of a tick of the wall clock, which tells in a picture when it was taken."""


def stamp(image: Image, number: int) -> None:
    """Writes a number into a picture: (h, w, 3) uint8, which is changed."""
    height, width = image.shape[:2]
    number %= NUMBERS
    bits = [1, 0, *((number >> (11 - i)) & 1 for i in range(12)), number.bit_count() & 1, 1]
    edges = np.linspace(0, width, _CELLS + 1).astype(int)
    for bit, left, right in zip(bits, edges, edges[1:], strict=False):
        image[: height // 12, left:right] = _WHITE if bit else _BLACK


def read(image: Image) -> int | None:
    """Returns the number in a picture; None if there is none that can be read."""
    height, width = image.shape[:2]
    middle = height // 24
    row = image[max(0, middle - 1) : middle + 2].mean(axis=(0, 2))
    cell = width / _CELLS
    bits = [int(row[int((i + 0.3) * cell) : int((i + 0.7) * cell) + 1].mean() > 127) for i in range(_CELLS)]
    number = int("".join(map(str, bits[2:14])), 2)
    if bits[:2] != [1, 0] or bits[15] != 1 or number.bit_count() & 1 != bits[14]:
        return None
    return number


def now() -> int:
    """Returns the wall clock as a number for a picture."""
    return int(time.time() / TICK) % NUMBERS


def seconds_since(number: int) -> float:
    """Returns how long ago a picture with this clock was taken, to a tick: 0 to 41 seconds."""
    return (time.time() / TICK - number) % NUMBERS * TICK


READ_JS: Final = """
const strip = Object.assign(document.createElement("canvas"), { width: 160, height: 4 });
const pen = strip.getContext("2d", { willReadFrequently: true });
const original = CanvasRenderingContext2D.prototype.drawImage;
const readBarcode = (source) => {
  const width = source.videoWidth || source.width, height = source.videoHeight || source.height;
  if (!width || !height) return null;
  original.call(pen, source, 0, height / 24 - 2, width, 4, 0, 0, 160, 4);
  const { data } = pen.getImageData(0, 0, 160, 4);
  const bits = [];
  for (let cell = 0; cell < 16; cell++) {
    let sum = 0;
    for (let x = 10 * cell + 3; x < 10 * cell + 7; x++) sum += data[4 * (160 + x)] + data[4 * (320 + x)];
    bits.push(sum / 8 > 127 ? 1 : 0);
  }
  const number = bits.slice(2, 14).reduce((n, bit) => 2 * n + bit, 0);
  const ones = bits.slice(2, 14).reduce((n, bit) => n + bit, 0);
  return bits[0] && !bits[1] && bits[15] && ones % 2 === bits[14] ? number : null;
};
"""
"""Defines `readBarcode(source)` in a page: the number in a video, a canvas or a picture, or null."""
