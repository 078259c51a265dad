"""Default boxes of the detector, and how true faces are assigned to them.

SSD, arXiv 1512.02325, section 2.2, with the scale compensation of S3FD, arXiv 1708.05237, section 3.2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Level(NamedTuple):
    """One feature map: its stride and the (width, height) of the boxes in each of its cells, pixels."""

    stride: int
    anchors: tuple[tuple[float, float], ...]


# Faces are a little higher than wide; 1.18 is the median over the training boxes.
ASPECT: Final = 1.18
VARIANCES: Final = (0.1, 0.2)
STRIDE_MULTIPLE: Final = 32


def _level(stride: int, *sizes: float) -> Level:
    return Level(stride, tuple((round(s / ASPECT**0.5, 2), round(s * ASPECT**0.5, 2)) for s in sizes))


LEVELS: Final = (_level(8, 9, 14, 22), _level(16, 34, 54), _level(32, 84, 132), _level(64, 205, 320))


def described() -> dict[str, Any]:
    """The anchors in the words of a model file's metadata."""
    return {
        "levels": [{"stride": stride, "anchors": [list(size) for size in sizes]} for stride, sizes in LEVELS],
        "variances": list(VARIANCES),
        "stride_multiple": STRIDE_MULTIPLE,
    }


@lru_cache(maxsize=8)
def grid(height: int, width: int) -> NDArray[np.float32]:
    """All anchors of a picture, by level, row, column, box: (a, 4) float32 cx, cy, w, h in pixels."""
    rows = []
    for stride, sizes in LEVELS:
        y, x = np.mgrid[0 : height // stride, 0 : width // stride].astype(np.float32)
        centres = (np.stack([x, y], -1) + 0.5)[:, :, None] * stride
        boxes = np.broadcast_to(np.array(sizes, np.float32), (*x.shape, len(sizes), 2))
        rows.append(np.concatenate([np.broadcast_to(centres, boxes.shape), boxes], -1).reshape(-1, 4))
    return np.concatenate(rows)


def overlaps(boxes: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """IoU of (m, 4) x1, y1, x2, y2 with (a, 4) cx, cy, w, h -> (m, a)."""
    half = anchors[:, 2:] / 2
    low = np.maximum(boxes[:, None, :2], anchors[:, :2] - half)
    high = np.minimum(boxes[:, None, 2:], anchors[:, :2] + half)
    intersection = np.clip(high - low, 0, None).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    union = area[:, None] + anchors[:, 2:].prod(-1) - intersection
    return np.asarray(intersection / np.maximum(union, 1e-9), np.float32)


def assign(
    boxes: NDArray[np.float32],
    ignore: NDArray[np.bool_],
    height: int,
    width: int,
    positive: float = 0.45,
    negative: float = 0.35,
    least: int = 4,
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Decides for each anchor of a picture whether it is to see a face.

    Args:
        boxes: (m, 4) true boxes, x1, y1, x2, y2 in pixels.
        ignore: (m,) bool: anchors on these are neither face nor background.
        height: Of the picture, pixels.
        width: Of the picture, pixels.
        positive: IoU from which an anchor is a face.
        negative: IoU under which it is background; in between it is neither.
        least: Each face gets at least that many anchors if their IoU is 0.2 or more, and always its best.

    Returns:
        (a,) int8: 1 face, 0 background, -1 neither; (a, 4) float32: the box of the face.
    """
    anchors = grid(height, width)
    state = np.zeros(len(anchors), np.int8)
    target = np.zeros((len(anchors), 4), np.float32)
    if len(boxes) == 0:
        return state, target
    iou = overlaps(boxes, anchors)
    if ignore.any():
        half = anchors[:, 2:] / 2
        ignored = boxes[ignore]
        low = np.maximum(ignored[:, None, :2], anchors[:, :2] - half)
        high = np.minimum(ignored[:, None, 2:], anchors[:, :2] + half)
        covered = np.clip(high - low, 0, None).prod(-1) / anchors[:, 2:].prod(-1)
        state[(iou[ignore].max(0) >= 0.3) | (covered.max(0) >= 0.5)] = -1
    faces, iou = boxes[~ignore], iou[~ignore]
    if len(faces) == 0:
        return state, target
    best = iou.max(0)
    owner = iou.argmax(0)
    state[best >= negative] = -1
    chosen = best >= positive
    # Small faces that fall between anchors would otherwise get none.
    top = np.argsort(-iou, axis=1)[:, :least]
    for face in np.argsort(-(faces[:, 2:] - faces[:, :2]).prod(1)):
        good = top[face][(iou[face, top[face]] >= 0.2) | (np.arange(top.shape[1]) == 0)]
        free = good[~chosen[good] | (owner[good] == face)]
        chosen[free], owner[free] = True, face
    state[chosen] = 1
    target[chosen] = faces[owner[chosen]]
    return state, target
