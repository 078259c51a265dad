"""Searches some squares of a picture in one go: they are put side by side into one small picture. Pure.

Most of a frame shows nobody. Where faces are expected is known, so a search of these places alone costs a
tenth of a search of the frame, and shows small faces at their own size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import GREY, ceil_to, crop_square, nms
from maskwatch.types import Faces, Image

CELL: Final = 64
"""Side in pixels at which a square is searched."""

_MULTIPLE: Final = 32
"""Sides of the small picture are multiples of this, so that a network need not pad it."""

_EDGE: Final = 1.5
"""Pixels of a cell: a box that comes so near to its edge may be cut."""

_SAME: Final = 0.45
"""IoU from which two boxes, of squares that overlap, are one face."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Squares of a picture, each with a cell of its own in a small picture.

    Attributes:
        squares: (n, 3) int64: left, top and side in pixels of the picture; they may reach out of it.
    """

    squares: NDArray[np.int64]

    @property
    def columns(self) -> int:
        """Number of cells side by side."""
        return max(1, math.ceil(math.sqrt(len(self.squares))))

    def drawn(self, image: Image) -> Image:
        """Returns the small picture.

        Args:
            image: (h, w, 3) uint8.

        Returns:
            (H, W, 3) uint8; what no square fills is grey.
        """
        columns, n = self.columns, len(self.squares)
        rows = max(1, math.ceil(n / columns))
        canvas = np.full(
            (ceil_to(rows * CELL, _MULTIPLE), ceil_to(columns * CELL, _MULTIPLE), 3), GREY, np.uint8
        )
        for i, square in enumerate(self.squares):
            y, x = CELL * (i // columns), CELL * (i % columns)
            _draw(image, square, canvas[y : y + CELL, x : x + CELL])
        return canvas

    def placed(self, faces: Faces, width: int, height: int) -> Faces:
        """Returns what was found in the small picture in pixels of the picture, each face once.

        Args:
            faces: With boxes in pixels of the small picture.
            width: Of the picture, pixels.
            height: Of the picture, pixels.

        Returns:
            Those that no edge of a square cuts inside the picture, best first.
        """
        cells = ((faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 // CELL).astype(np.int64)
        number = cells[:, 1] * self.columns + cells[:, 0]
        inside = (cells[:, 0] < self.columns) & (number < len(self.squares))
        faces, cells, number = faces[inside], cells[inside], number[inside]
        squares = self.squares[number]
        corners = _corners(squares)
        scale = squares[:, 2:] / CELL
        boxes = (faces.boxes - np.tile(cells * CELL, 2)) * scale + np.tile(squares[:, :2], 2)
        edge = _EDGE * scale
        frame = np.array([width, height])
        low = np.where(corners[:, :2] > 0, corners[:, :2] + edge, -np.inf)
        high = np.where(corners[:, 2:] < frame, corners[:, 2:] - edge, np.inf)
        whole = ((boxes[:, :2] >= low) & (boxes[:, 2:] <= high)).all(axis=1)
        boxes = np.clip(boxes, 0, np.tile(frame, 2)).astype(np.float32)
        whole &= (boxes[:, 2:] - boxes[:, :2] >= 1).all(axis=1)
        faces = faces.with_(boxes=boxes)[whole]
        return faces[nms(faces.boxes, faces.scores, _SAME)]


def squares_around(boxes: NDArray[np.floating], margin: float, width: int, height: int) -> NDArray[np.int64]:
    """Plans the squares in which faces are searched.

    Args:
        boxes: (n, 4): where the faces are expected, x1, y1, x2, y2 in pixels.
        margin: Side of a square, in longer sides of its box. It is at least a cell's: nothing is enlarged.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        (n, 3) int64, see `Mosaic.squares`. A square that fits into the picture lies inside it.
    """
    sides = np.maximum(np.rint((boxes[:, 2:] - boxes[:, :2]).max(axis=1) * margin), CELL)
    corners = np.rint((boxes[:, :2] + boxes[:, 2:] - sides[:, None]) / 2)
    room = np.array([width, height]) - sides[:, None]
    corners = np.where(room >= 0, np.clip(corners, 0, np.maximum(room, 0)), corners)
    return np.concatenate([corners, sides[:, None]], axis=1).astype(np.int64)


def search_squares(search: Callable[[Image], Faces], image: Image, squares: NDArray[np.int64]) -> Faces:
    """Searches some squares of a picture.

    Args:
        search: Returns the places of a picture where faces may be.
        image: (h, w, 3) uint8, BGR.
        squares: (n, 3), see `Mosaic.squares`.

    Returns:
        The faces in pixels of the picture, best first.
    """
    if not len(squares):
        return Faces.empty()
    mosaic = Mosaic(squares)
    return mosaic.placed(search(mosaic.drawn(image)), image.shape[1], image.shape[0])


def _draw(image: Image, square: NDArray[np.int64], cell: Image) -> None:
    """Resizes a square of a picture into its cell, (CELL, CELL, 3)."""
    left, top, side = square.tolist()
    if min(left, top) < 0 or left + side > image.shape[1] or top + side > image.shape[0]:
        corners = _corners(square[None]).astype(np.float64)
        cell[:] = crop_square(image, corners, 1.0, CELL)[0]
        return
    part = image[top : top + side, left : left + side]
    if side == CELL:
        cell[:] = part
    else:
        # By more than 2, linear interpolation skips pixels.
        how = cv2.INTER_LINEAR if side <= 2 * CELL else cv2.INTER_AREA
        cv2.resize(part, (CELL, CELL), dst=cell, interpolation=how)


def _corners(squares: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns x1, y1, x2, y2 (n, 4) of squares."""
    return np.concatenate([squares[:, :2], squares[:, :2] + squares[:, 2:]], axis=1)
