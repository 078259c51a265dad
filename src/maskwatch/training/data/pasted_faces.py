"""Pastes small faces of other pictures onto a training example: more small faces, before more backgrounds.

Copy-paste augmentation: arXiv 2012.07177; of small objects: arXiv 1902.07296.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.geometry import clip, iou
from maskwatch.types import Image

SMALLEST: Final = 8.0
"""Smallest height, pixels of the example, of a pasted face ..."""

LARGEST: Final = 56.0
"""... and its largest one."""

_HEAD: Final = 0.35
"""Share of the face's size that is pasted with it on each side: a head is larger than its face."""

_SOFT: Final = 0.16
"""Width of the soft edge of what is pasted, as a share of its side."""

_TRIES: Final = 8
"""Places that are tried for each face before it is left out."""

_TONE: Final = 0.5
"""Share of the difference in brightness to the place that is taken away."""


def cut_head(picture: Image, box: NDArray[np.float32]) -> tuple[Image, NDArray[np.float32]]:
    """Cuts a face with some of its head out of a picture.

    Args:
        picture: (h, w, 3) uint8.
        box: (4,) x1, y1, x2, y2 in pixels of the picture, cut at its edges.

    Returns:
        The part of the picture, and the face's box (4,) float32 in pixels of that part.
    """
    box = clip(box[None], *picture.shape[1::-1])[0]
    margin = _HEAD * (box[2:] - box[:2])
    low = np.maximum(np.floor(box[:2] - margin), 0).astype(int)
    high = np.minimum(np.ceil(box[2:] + margin), picture.shape[1::-1]).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    return part, (box - np.tile(low, 2)).astype(np.float32)


def paste_face(
    image: Image,
    boxes: NDArray[np.float32],
    part: Image,
    face: NDArray[np.float32],
    height: float,
    rng: Generator,
) -> tuple[Image, NDArray[np.float32] | None]:
    """Pastes one face where no other one is.

    Args:
        image: (s, s, 3) uint8; not changed.
        boxes: (n, 4) faces that are there already, ignored ones as well, in pixels of the image.
        part: (h, w, 3) uint8: what is pasted, see `cut_head`.
        face: (4,) the face's box in pixels of `part`.
        height: Of the pasted face, pixels; it is never enlarged.
        rng: Draws the place.

    Returns:
        The image and the box (4,) float32 of the pasted face; the image itself and None where there is
        no room.
    """
    scale = min(1.0, height / max(float(face[3] - face[1]), 1.0))
    width, rows = (max(2, round(side * scale)) for side in part.shape[1::-1])
    size = image.shape[0]
    if max(width, rows) >= size:
        return image, None
    for _ in range(_TRIES):
        corner = np.array([rng.integers(0, size - width), rng.integers(0, size - rows)])
        place = (np.tile(corner, 2) + np.array([0, 0, width, rows])).astype(np.float32)
        if not len(boxes) or iou(place[None], boxes).max() == 0:
            break
    else:
        return image, None
    small = cv2.resize(part, (width, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    x, y = corner
    below = image[y : y + rows, x : x + width].astype(np.float32)
    small += _TONE * (below.mean() - small.mean())
    alpha = _soft_ellipse(width, rows)
    image = image.copy()
    blended = alpha * small + (1 - alpha) * below
    image[y : y + rows, x : x + width] = np.clip(blended, 0, 255).astype(np.uint8)
    return image, (face * np.float32(scale) + np.tile(corner, 2)).astype(np.float32)


def _soft_ellipse(width: int, height: int) -> NDArray[np.float32]:
    """Returns (height, width, 1) float32: from 0 outside the ellipse that touches the sides to 1 inside."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = np.hypot((x + 0.5) / width * 2 - 1, (y + 0.5) / height * 2 - 1)
    return np.asarray(np.clip((1 - radius) / (2 * _SOFT), 0, 1)[..., None], np.float32)
