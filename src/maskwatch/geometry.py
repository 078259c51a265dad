"""Boxes and crops. Pure: numpy and OpenCV in, numpy out.

Boxes are (n, 4) arrays of x1, y1, x2, y2 in pixels of the picture; pixel (i, j) covers the square
from (j, i) to (j + 1, i + 1).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.types import Image

GREY: Final = 127
"""What fills the part of a network's input that the picture leaves free."""


def crop_square(image: Image, boxes: NDArray[np.floating], margin: float, size: int) -> Image:
    """Cuts a square around each box and brings it to one size.

    The square is centred on the box and `margin` times as wide as the box's longer side. It is placed
    to a fraction of a pixel, because for a face of ten pixels half a pixel is much. What lies outside
    the picture repeats the picture's edge.

    Args:
        image: (h, w, 3) uint8.
        boxes: (n, 4) x1, y1, x2, y2 in pixels; they may reach out of the picture.
        margin: Side of the square as a multiple of the box's longer side.
        size: Side of the crops in pixels.

    Returns:
        (n, size, size, 3) uint8, colours as in `image`.
    """
    crops = np.empty((len(boxes), size, size, 3), np.uint8)
    for crop, (x1, y1, x2, y2) in zip(crops, np.asarray(boxes, np.float64), strict=True):
        side = max(margin * max(x2 - x1, y2 - y1), 1.0)
        left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
        if side > 2 * size:
            _shrink_square(image, left, top, side, crop)
        else:
            _sample_square(image, left, top, side, crop)
    return crops


def _sample_square(image: Image, left: float, top: float, side: float, crop: Image) -> None:
    """Enlarges the square or shrinks it by up to 2, by linear interpolation."""
    # Only the part that is needed is handed over: OpenCV refuses to warp pictures beyond 32767 pixels.
    x0, x1 = _span(left - 2, left + side + 2, image.shape[1])
    y0, y1 = _span(top - 2, top + side + 2, image.shape[0])
    step = side / crop.shape[0]
    matrix = np.array(
        [[step, 0, left - x0 + step / 2 - 0.5], [0, step, top - y0 + step / 2 - 0.5]], np.float64
    )
    cv2.warpAffine(
        image[y0:y1, x0:x1],
        matrix,
        (crop.shape[1], crop.shape[0]),
        dst=crop,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _shrink_square(image: Image, left: float, top: float, side: float, crop: Image) -> None:
    """Shrinks the square by averaging, to whole pixels: the square is large here."""
    # The part inside the picture is shrunk first and padded afterwards: no temporary of picture size.
    size = crop.shape[0]
    x0, x1 = _span(left, left + side, image.shape[1])
    y0, y1 = _span(top, top + side, image.shape[0])
    u0, u1 = _span((x0 - left) * size / side, (x1 - left) * size / side, size)
    v0, v1 = _span((y0 - top) * size / side, (y1 - top) * size / side, size)
    inside = cv2.resize(image[y0:y1, x0:x1], (u1 - u0, v1 - v0), interpolation=cv2.INTER_AREA)
    cv2.copyMakeBorder(inside, v0, size - v1, u0, size - u1, cv2.BORDER_REPLICATE, dst=crop)


def _span(start: float, stop: float, limit: int) -> tuple[int, int]:
    """The whole pixels nearest to [start, stop), at least one of them, inside [0, limit)."""
    first = min(max(round(start), 0), limit - 1)
    return first, max(first + 1, min(round(stop), limit))


def iou(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float32]:
    """Intersection over union of each box of `a` with each box of `b`.

    Args:
        a: (n, 4) boxes.
        b: (m, 4) boxes.

    Returns:
        (n, m) float32 in [0, 1]; 0 where a box is empty.
    """
    overlap, first, second = _overlap(a, b)
    return _ratio(overlap, first + second - overlap)


def containment(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float32]:
    """Intersection over the smaller area of each box of `a` and each box of `b`: 1 for one inside the other.

    Args:
        a: (n, 4) boxes.
        b: (m, 4) boxes.

    Returns:
        (n, m) float32 in [0, 1]; 0 where a box is empty.
    """
    overlap, first, second = _overlap(a, b)
    return _ratio(overlap, np.minimum(first, second))


def _overlap(
    a: NDArray[np.floating], b: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Areas (n, m) that each two boxes share, and their own, (n, 1) and (1, m)."""
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    corner = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides: NDArray[np.float32] = np.clip(corner - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    return sides[..., 0] * sides[..., 1], _areas(a)[:, None], _areas(b)[None, :]


def _ratio(part: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return result


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) areas; 0 for a box whose corners are swapped."""
    sides: NDArray[np.float32] = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return sides[:, 0] * sides[:, 1]


def nms(boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression.

    Args:
        boxes: (n, 4) boxes.
        scores: (n,) scores, all above 0.
        threshold: A box that overlaps a better one by more than this IoU goes.

    Returns:
        Row numbers of the boxes that stay, best first.
    """
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)  # x, y, width, height
    # OpenCV's is ten to forty times as fast as a loop in numpy. Its own score threshold is not used.
    kept = cv2.dnn.NMSBoxes(corners, scores, 0.0, threshold)  # type: ignore[arg-type]
    return np.asarray(kept, np.intp).reshape(-1)


_VOTED: Final = 64


def vote(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], kept: NDArray[np.intp], threshold: float
) -> NDArray[np.float32]:
    """Box voting: what was suppressed still helps to say where the face is.

    Each box that stayed becomes the mean, weighted by score, of all boxes that overlap it (Gidaris and
    Komodakis, arXiv 1505.01749, section 5).

    Args:
        boxes: (n, 4) boxes before suppression.
        scores: (n,) scores, all above 0.
        kept: (m,) row numbers of those that stayed, as from `nms`.
        threshold: IoU from which a box has a vote.

    Returns:
        (m, 4) boxes.
    """
    result = boxes[kept].astype(np.float32)
    # From left to right, so that each part of the boxes has to be compared with its neighbours alone.
    voters = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    centres = (boxes[voters, 0] + boxes[voters, 2]) / 2
    order = np.argsort(result[:, 0] + result[:, 2], kind="stable")
    for start in range(0, len(order), _VOTED):
        rows = order[start : start + _VOTED]
        part = result[rows]
        middle = (part[:, 0] + part[:, 2]) / 2
        # Boxes whose centres are further apart than their mean width do not touch, and at this overlap
        # neither is wider than 1 / threshold times the other.
        reach = float((part[:, 2] - part[:, 0]).max()) / max(threshold, 0.1)
        first = np.searchsorted(centres, middle.min() - reach)
        last = np.searchsorted(centres, middle.max() + reach, side="right")
        near = voters[first:last]
        votes = np.where(iou(part, boxes[near]) >= threshold, scores[near], np.float32(0))
        total = votes.sum(axis=1, keepdims=True)
        # An empty box overlaps nothing, not even itself.
        np.divide(votes @ boxes[near], total, out=part, where=total > 0)
        result[rows] = part
    return result


_COMPARED: Final = 256


def fade(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float, inside: float
) -> NDArray[np.float32]:
    """Soft suppression (Bodla and others, arXiv 1704.04503): copies and parts of better boxes lose score.

    Boxes that voting has moved onto one another are mostly two outlines of one face, and a box inside a
    better one is mostly a part of a face that is too large for the network at this size of the picture.

    Args:
        boxes: (n, 4) boxes.
        scores: (n,) scores, all above 0.
        threshold: IoU with a better box above which a score s becomes s (1 - IoU)^2.
        inside: Containment, in or of a better box, above which it becomes s (1 - containment)^2; infinity
            leaves parts alone.

    Returns:
        (n,) scores.
    """
    best = nms(boxes, scores, threshold)
    copies = np.setdiff1d(np.arange(len(boxes)), best)
    faded = scores.copy()
    if len(copies):
        faded[copies] *= (1 - iou(boxes[copies], boxes[best]).max(axis=1)) ** 2
    # Best first: each one is compared with those before it, some rows at a time for the sake of memory.
    whole = np.ones(len(best), np.bool_)
    for start in range(0, len(best), _COMPARED):
        rows = best[start : start + _COMPARED]
        shares = np.tril(containment(boxes[rows], boxes[best[: start + len(rows)]]), start - 1)
        for row in np.flatnonzero((shares > inside).any(axis=1)):
            # What is itself a part says nothing of others.
            share = shares[row, : start + row].max(where=whole[: start + row], initial=0)
            if share > inside:
                whole[start + row] = False
                faded[rows[row]] *= (1 - share) ** 2
    return faded


def clip(boxes: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """The parts of the boxes that lie inside a picture of `width` x `height` pixels."""
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, limits)


def fit(width: int, height: int, size: int, enlarge: float = 1.0) -> tuple[int, int]:
    """The size at which a picture's longer side measures `size` pixels, its aspect kept.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        size: Wanted longer side.
        enlarge: The most by which a small picture is enlarged; 1 never enlarges.

    Returns:
        Width and height, each at least 1.
    """
    scale = min(size / max(width, height), enlarge)
    return max(1, round(width * scale)), max(1, round(height * scale))


def snug(width: int, height: int, multiple: int, give: float = 0.03) -> tuple[int, int]:
    """A size that wastes less on padding to a multiple, at most `give` smaller, its aspect kept.

    640x360 would be padded to 640x384 where the multiple is 32: 626x352 is padded to 640x352, a twelfth
    less to compute for two per cent of size.
    """
    for side in sorted((width, height)):
        below = side // multiple * multiple
        if 0 < side - below <= give * side and below:
            factor = below / side
            return max(1, round(width * factor)), max(1, round(height * factor))
    return width, height


def ceil_to(value: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not below `value`."""
    return -(-value // multiple) * multiple
