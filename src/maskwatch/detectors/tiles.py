"""Plans the search of very large pictures in overlapping tiles. Pure.

A picture of 8000 x 6000 pixels, searched at 1280, is reduced to a sixth: faces below 100 pixels vanish. So it
is also searched piece by piece, each as large as the largest search. Faces too large for the overlap of the
tiles are found in the picture as a whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.types import Image

FROM: Final = 4.0
"""Tiles are used where the longer side is more than this many times the largest search size."""

MEGAPIXELS: Final = 12.6
"""Largest area, in million pixels, to which a picture is reduced for its tiles: 4096 x 3072."""

_LONGEST: Final = 32768  # pixels: bounds the number of tiles of a picture that is a mere strip
_OVERLAP: Final = 32.0  # pixels in the search of the whole picture from which a face is surely found there
_EDGE: Final = 1.5  # pixels of the searched tile: a box that comes so near to its edge may be cut


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture.

    Attributes:
        x1: Left edge in pixels of the picture.
        y1: Upper edge.
        x2: Right edge.
        y2: Lower edge.
        width: In pixels at which the part is searched.
        height: The same.
    """

    x1: int
    y1: int
    x2: int
    y2: int
    width: int
    height: int

    def cut(self, image: Image) -> Image:
        """Returns this part of the picture, (h, w, 3) uint8: a view, not a copy."""
        return image[self.y1 : self.y2, self.x1 : self.x2]

    def placed(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns boxes (n, 4), in pixels of this part, in pixels of the picture."""
        return boxes + np.array([self.x1, self.y1] * 2, np.float32)

    def whole(self, boxes: NDArray[np.float32], width: int, height: int) -> NDArray[np.bool_]:
        """Returns which boxes (n, 4), in pixels of the picture, are not cut by an edge inside the picture.

        Args:
            boxes: x1, y1, x2, y2.
            width: Of the picture, pixels.
            height: Of the picture, pixels.
        """
        x, y = _EDGE * (self.x2 - self.x1) / self.width, _EDGE * (self.y2 - self.y1) / self.height
        least = np.array([self.x1 + x if self.x1 else -np.inf, self.y1 + y if self.y1 else -np.inf])
        most = np.array(
            [self.x2 - x if self.x2 < width else np.inf, self.y2 - y if self.y2 < height else np.inf]
        )
        return np.asarray(((boxes[:, :2] >= least) & (boxes[:, 2:] <= most)).all(axis=1), np.bool_)


def scale(width: int, height: int, size: int) -> float:
    """Returns the factor by which a picture is reduced for its tiles; 0 where it needs none.

    Args:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        size: Largest search size, pixels.
    """
    if max(width, height) <= FROM * size:
        return 0.0
    return min(1.0, math.sqrt(MEGAPIXELS * 1e6 / (width * height)), _LONGEST / max(width, height))


def plan(width: int, height: int, size: int) -> list[Tile]:
    """Returns the tiles of a picture, line by line; none where the search of the whole picture suffices.

    Args:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        size: Largest search size, pixels: longest side of a tile as it is searched.
    """
    factor = scale(width, height, size)
    if not factor:
        return []
    # A face that two tiles may cut measures at least this much, and `_OVERLAP` in the search of the whole.
    overlap = min(max(_OVERLAP * factor * max(width, height) / size, size / 8), size / 2)
    spans = [_spans(side, factor, size, overlap) for side in (width, height)]
    return [
        Tile(x1, y1, x2, y2, max(1, round((x2 - x1) * factor)), max(1, round((y2 - y1) * factor)))
        for y1, y2 in spans[1]
        for x1, x2 in spans[0]
    ]


def _spans(side: int, factor: float, size: int, overlap: float) -> list[tuple[int, int]]:
    """Returns where tiles begin and end along one side, in pixels of the picture."""
    length = size / factor
    if side <= length:
        return [(0, side)]
    count = math.ceil((side * factor - overlap) / (size - overlap))
    starts = np.linspace(0, side - length, count)
    return [(math.floor(start), min(side, math.floor(start + length))) for start in starts]
