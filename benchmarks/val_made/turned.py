"""Pictures that lie on a side, stand on their heads, or are tilted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.val_made.made_set import MadePicture, draw
from benchmarks.val_made.val_faces import ValPicture
from maskwatch.geometry import GREY
from maskwatch.training.data.crop_geometry import transform_boxes
from maskwatch.types import Image

_ANGLES: Final[dict[str, tuple[float, float]]] = {
    "by 90": (90, 90),
    "by 180": (180, 180),
    "by 270": (270, 270),
    "by 20 to 70": (20, 70),
}
"""Part of the set -> the limits of the angles, degrees; the last one in both directions."""


def turned(pictures: Sequence[ValPicture], count: int, seed: int) -> Iterator[MadePicture]:
    """Turns pictures, as many portraits as scenes while there are both.

    Args:
        pictures: Those with a large enough face of known state are used, once each.
        count: Pictures that are made, at most.
        seed: Of everything random.
    """
    rng = np.random.default_rng(seed)
    shown = [picture for picture in pictures if picture.shown.any()]
    kinds = [[picture for picture in shown if picture.portrait == portrait] for portrait in (True, False)]
    chosen = [picture for kind in kinds for picture in draw(kind, (count + 1) // 2, rng)][:count]
    for picture, (part, limits) in zip(chosen, cycle(_ANGLES.items()), strict=False):
        angle = rng.uniform(*limits)
        if limits[0] < limits[1] and rng.random() < 0.5:
            angle = -angle
        image, matrix = turn(picture.image, angle)
        sample = picture.sample
        boxes = transform_boxes(sample.boxes, matrix)
        yield MadePicture(image, boxes, sample.states, sample.ignore, part, sample.path.name)


def turn(image: Image, angle: float) -> tuple[Image, NDArray[np.float64]]:
    """Turns a picture clockwise in a frame that holds all of it.

    Args:
        image: (h, w, 3) uint8.
        angle: Degrees.

    Returns:
        The picture, grey where nothing was, and the (2, 3) matrix from points of the old one to points of it.
    """
    turned_by = np.deg2rad(angle)
    linear = np.array([[np.cos(turned_by), -np.sin(turned_by)], [np.sin(turned_by), np.cos(turned_by)]])
    size = np.array(image.shape[1::-1])
    new = np.maximum(np.round(np.abs(linear) @ size), 1).astype(int)
    matrix = np.concatenate([linear, (new / 2 - linear @ size / 2)[:, None]], 1)
    centres = matrix.copy()  # OpenCV counts from the centre of the first pixel, boxes from its corner
    centres[:, 2] += linear @ (0.5, 0.5) - 0.5
    result = cv2.warpAffine(
        image, centres, (int(new[0]), int(new[1])), flags=cv2.INTER_LINEAR, borderValue=(GREY, GREY, GREY)
    )
    return np.asarray(result, np.uint8), matrix
