"""Geometry of training crops: affine warps of pictures, points and boxes. Draws nothing random.

A warp is a (2, 3) matrix from pixels of the picture to pixels of the crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import resize_into
from maskwatch.types import Image

# `warpAffine` samples single pixels. Below these scales a picture is first reduced by area averaging, as in
# inference, to a little more than the size of the crop.
_FACE_SCALE, _FACE_OVERSAMPLING = 0.5, 1.5
_VIEW_SCALE, _VIEW_OVERSAMPLING = 0.6, 1.2

_MIN_VISIBLE: Final = 0.55
"""Share of a face that must lie in the crop; with less the face is ignored."""


def centred_affine(
    linear: NDArray[np.float64], centre: NDArray[np.floating], size: int
) -> NDArray[np.float64]:
    """Returns the (2, 3) matrix with the linear part (2, 2) that moves `centre` to the middle of the crop."""
    return np.concatenate([linear, (size / 2 - linear @ centre)[:, None]], 1)


def transform_points(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Maps points (n, 2) of the picture to points (n, 2) float32 of the crop."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def transform_box(box: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Maps a box (4,) by a warp that may turn: the result touches the moved middles of the four sides."""
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    left, top, right, bottom = transform_points(np.array([[x1, y], [x, y1], [x2, y], [x, y2]]), matrix)
    return np.array([left[0], top[1], right[0], bottom[1]], np.float32)


def transform_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Maps boxes (n, 4) by a warp that may turn: a face is taken for the ellipse that fills its box."""
    centres = transform_points((boxes[:, :2] + boxes[:, 2:]) / 2, matrix)
    radii = (boxes[:, 2:] - boxes[:, :2]) / 2
    moved = np.sqrt(radii**2 @ (matrix[:, :2] ** 2).T).astype(np.float32)
    return np.concatenate([centres - moved, centres + moved], 1)


def warp_face(
    picture: Image, linear: NDArray[np.float64], centre: NDArray[np.floating], side: float, size: int
) -> Image:
    """Cuts a square around a face. Outside the picture, the edge of the picture is repeated.

    Args:
        picture: (h, w, 3) uint8.
        linear: (2, 2) linear part of the warp: scale, rotation and shear.
        centre: (2,) centre of the square in pixels of the picture.
        side: Side of the square in pixels of the picture.
        size: Side of the crop, pixels.

    Returns:
        (size, size, 3) uint8.
    """
    scale = size / max(side, 1.0)
    if scale < _FACE_SCALE:
        factor = scale * _FACE_OVERSAMPLING
        x0, y0 = np.maximum(np.floor(centre - side).astype(int), 0)
        x1, y1 = np.ceil(centre + side).astype(int)
        part = picture[y0:y1, x0:x1]
        picture = np.asarray(
            cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
        )
        linear, centre = linear / factor, (centre - [x0, y0]) * factor
    crop = cv2.warpAffine(
        picture,
        centred_affine(linear, centre, size),
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(crop, np.uint8)


def warp_view(picture: Image, matrix: NDArray[np.float64], size: int, border: Sequence[int]) -> Image:
    """Cuts a square part of a picture.

    Args:
        picture: (h, w, 3) uint8.
        matrix: (2, 3) warp.
        size: Side of the crop, pixels.
        border: Colour outside the picture, three values from 0 to 255.

    Returns:
        (size, size, 3) uint8.
    """
    scale = float(np.sqrt(np.linalg.det(matrix[:, :2])))
    if scale < _VIEW_SCALE:
        factor = scale * _VIEW_OVERSAMPLING
        height, width = picture.shape[:2]
        reduced = np.empty((max(1, round(height * factor)), max(1, round(width * factor)), 3), np.uint8)
        resize_into(picture, reduced)
        picture = reduced
        matrix = matrix.copy()
        matrix[:, :2] /= [picture.shape[1] / width, picture.shape[0] / height]
    crop = cv2.warpAffine(
        picture,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=list(border),
    )
    return np.asarray(crop, np.uint8)


def visible_boxes(
    boxes: NDArray[np.float32], ignore: NDArray[np.bool_], size: int, smallest: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cuts boxes at the border of a crop.

    Args:
        boxes: (n, 4) x1, y1, x2, y2 in pixels of the crop.
        ignore: (n,) bool.
        size: Side of the crop, pixels.
        smallest: A face with a shorter side below this many pixels is ignored.

    Returns:
        Boxes (m, 4) float32 and `ignore` (m,) of the boxes that are not outside. A face that is mostly
        outside or too small is ignored.
    """
    cut = np.clip(boxes, 0, size)
    sides = cut[:, 2:] - cut[:, :2]
    share = sides.prod(1) / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-6)
    inside = (sides > 1).all(1)
    ignore = ignore | (share < _MIN_VISIBLE) | (sides.min(1, initial=size) < smallest)
    return cut[inside].astype(np.float32), ignore[inside]
