"""Anchors (default boxes) of the detector, and the assignment of true faces to them.

SSD, arXiv 1512.02325, section 2.2, with the scale compensation of S3FD, arXiv 1708.05237, section 3.2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskwatch.geometry import intersection_area


class Level(NamedTuple):
    """A feature map of the detector: its stride and the (width, height) of each cell's anchors, in pixels."""

    stride: int
    anchors: tuple[tuple[float, float], ...]


ASPECT: Final = 1.18
"""Height of an anchor over its width: the median over the training boxes."""

VARIANCES: Final = (0.1, 0.2)
"""Scales of the offsets of centre and size, as in the code of the SSD paper."""

STRIDE_MULTIPLE: Final = 32
"""Both sides of the network's input are multiples of this, in pixels."""

_POSITIVE_IOU: Final = 0.45  # SSD takes 0.5 for both; small faces reach less between two anchors
_NEGATIVE_IOU: Final = 0.35
_COMPENSATION_IOU: Final = 0.2  # S3FD takes 0.1
_IGNORED_IOU: Final = 0.3  # an anchor lies on an ignored box from this IoU ...
_IGNORED_SHARE: Final = 0.5  # ... or where the ignored box covers this share of it


def _level(stride: int, *sizes: float) -> Level:
    return Level(stride, tuple((round(s / ASPECT**0.5, 2), round(s * ASPECT**0.5, 2)) for s in sizes))


LEVELS: Final = (_level(8, 9, 14, 22), _level(16, 34, 54), _level(32, 84, 132), _level(64, 205, 320))


def anchor_metadata() -> dict[str, Any]:
    """Returns the entries of a model file's metadata that describe the anchors."""
    return {
        "levels": [{"stride": stride, "anchors": [list(size) for size in sizes]} for stride, sizes in LEVELS],
        "variances": list(VARIANCES),
        "stride_multiple": STRIDE_MULTIPLE,
    }


@lru_cache(maxsize=8)
def grid(height: int, width: int) -> NDArray[np.float32]:
    """Returns all anchors of an input of `height` x `width` pixels.

    Returns:
        (a, 4) float32: centre x, centre y, width, height in pixels, ordered by level, row, column, box.
    """
    rows = []
    for stride, sizes in LEVELS:
        y, x = np.mgrid[0 : height // stride, 0 : width // stride].astype(np.float32)
        centres = (np.stack([x, y], -1) + 0.5)[:, :, None] * stride
        boxes = np.broadcast_to(np.array(sizes, np.float32), (*x.shape, len(sizes), 2))
        rows.append(np.concatenate([np.broadcast_to(centres, boxes.shape), boxes], -1).reshape(-1, 4))
    return np.concatenate(rows)


def mirrored(states: Tensor, targets: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Mirrors what `assign` gave for square pictures.

    Args:
        states: (n, a).
        targets: (n, a, 4) boxes in pixels.
        size: Side of the pictures, pixels.

    Returns:
        The states and boxes of the mirrored pictures.
    """
    order = torch.from_numpy(_mirrored_order(size)).to(states.device)
    boxes = targets[:, order]
    x1, y1, x2, y2 = boxes.unbind(2)
    return states[:, order], torch.stack([size - x2, y1, size - x1, y2], 2)


@lru_cache(maxsize=8)
def _mirrored_order(size: int) -> NDArray[np.int64]:
    """For each anchor of a square input the number of the one at the mirrored place."""
    orders, first = [], 0
    for stride, sizes in LEVELS:
        cells = size // stride
        numbers = first + np.arange(cells * cells * len(sizes)).reshape(cells, cells, len(sizes))
        orders.append(numbers[:, ::-1].ravel())
        first += numbers.size
    return np.concatenate(orders)


def anchor_iou(boxes: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Computes the IoU of boxes with anchors.

    Not by `geometry.iou`: the area of an anchor is taken from its exact width and height, not from rounded
    corners.

    Args:
        boxes: (m, 4) x1, y1, x2, y2 in pixels.
        anchors: (a, 4) centre x, centre y, width, height in pixels.

    Returns:
        (m, a) float32 in [0, 1].
    """
    intersection = intersection_area(boxes, _corners(anchors))
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    union = area[:, None] + anchors[:, 2:].prod(-1) - intersection
    return np.asarray(intersection / np.maximum(union, 1e-9), np.float32)


def _corners(anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    half = anchors[:, 2:] / 2
    return np.concatenate([anchors[:, :2] - half, anchors[:, :2] + half], 1)


def assign(
    boxes: NDArray[np.float32],
    ignore: NDArray[np.bool_],
    height: int,
    width: int,
    positive: float = _POSITIVE_IOU,
    negative: float = _NEGATIVE_IOU,
    min_anchors: int = 4,
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Assigns the true faces of a picture to its anchors: the targets of the SSD loss.

    Args:
        boxes: (m, 4) float32 true boxes, x1, y1, x2, y2 in pixels.
        ignore: (m,) bool: anchors on these boxes are neither positive nor negative.
        height: Of the picture, pixels.
        width: Of the picture, pixels.
        positive: IoU with a face from which an anchor is positive.
        negative: IoU with every face below which an anchor is negative; in between it is neither.
        min_anchors: Each face gets its best anchor, and up to this many if their IoU is 0.2 or more
            (scale compensation of S3FD).

    Returns:
        (a,) int8: 1 positive (face), 0 negative (background), -1 neither; and (a, 4) float32: the box of the
        face that each positive anchor is assigned to.
    """
    anchors = grid(height, width)
    state = np.zeros(len(anchors), np.int8)
    target = np.zeros((len(anchors), 4), np.float32)
    if len(boxes) == 0:
        return state, target
    iou = anchor_iou(boxes, anchors)
    if ignore.any():
        covered = intersection_area(boxes[ignore], _corners(anchors)) / anchors[:, 2:].prod(-1)
        state[(iou[ignore].max(0) >= _IGNORED_IOU) | (covered.max(0) >= _IGNORED_SHARE)] = -1
    faces, iou = boxes[~ignore], iou[~ignore]
    if len(faces) == 0:
        return state, target
    best = iou.max(0)
    owner = iou.argmax(0)
    state[best >= negative] = -1
    chosen = best >= positive
    # Small faces that fall between anchors would get none otherwise.
    top = np.argsort(-iou, axis=1)[:, :min_anchors]
    for face in np.argsort(-(faces[:, 2:] - faces[:, :2]).prod(1)):
        good = top[face][(iou[face, top[face]] >= _COMPENSATION_IOU) | (np.arange(top.shape[1]) == 0)]
        free = good[~chosen[good] | (owner[good] == face)]
        chosen[free], owner[free] = True, face
    state[chosen] = 1
    target[chosen] = faces[owner[chosen]]
    return state, target
