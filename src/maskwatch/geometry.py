"""Boxes and crops: overlap, suppression, voting, resized sizes. Pure functions on numpy arrays.

Boxes are (n, 4) arrays of x1, y1, x2, y2 in pixels of the picture. The pixel in row i and column j covers
the square from (j, i) to (j + 1, i + 1).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.types import Image

GREY: Final = 127
"""Value of the padding in a network's input, where the picture does not fill it."""

_VOTING_BLOCK: Final = 64  # kept boxes that are compared with their neighbours at once: bounds the memory
_SKIPS: Final = 2.2  # reduction from which linear interpolation skips pixels
_CONTAINMENT_BLOCK: Final = 256  # the same for `containment` in `soft_nms`


def crop_square(image: Image, boxes: NDArray[np.floating], margin: float, size: int) -> Image:
    """Cuts a square around each box and resizes it to `size` pixels.

    The square is centred on the box. Its side is `margin` times the box's longer side. It is placed to a
    fraction of a pixel, because half a pixel matters for a face of ten pixels. Outside the picture, the
    edge of the picture is repeated.

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
    """Enlarges the square, or shrinks it by up to 2, by linear interpolation. Writes into `crop`."""
    # Only the needed part of the picture is passed: OpenCV cannot warp pictures beyond 32767 pixels.
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
    """Shrinks the square by area averaging. Writes into `crop`.

    The borders are rounded to whole pixels, which does not matter for a square this large.
    """
    # The part inside the picture is shrunk first and padded afterwards: no temporary of picture size.
    size = crop.shape[0]
    x0, x1 = _span(left, left + side, image.shape[1])
    y0, y1 = _span(top, top + side, image.shape[0])
    u0, u1 = _span((x0 - left) * size / side, (x1 - left) * size / side, size)
    v0, v1 = _span((y0 - top) * size / side, (y1 - top) * size / side, size)
    inside = cv2.resize(image[y0:y1, x0:x1], (u1 - u0, v1 - v0), interpolation=cv2.INTER_AREA)
    cv2.copyMakeBorder(inside, v0, size - v1, u0, size - u1, cv2.BORDER_REPLICATE, dst=crop)


def _span(start: float, stop: float, limit: int) -> tuple[int, int]:
    """Rounds [start, stop) to whole pixels inside [0, limit); the result has at least one pixel."""
    first = min(max(round(start), 0), limit - 1)
    return first, max(first + 1, min(round(stop), limit))


def iou(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float32]:
    """Computes the intersection over union of each box of `a` with each box of `b`.

    Args:
        a: (n, 4) boxes.
        b: (m, 4) boxes.

    Returns:
        (n, m) float32 in [0, 1]; 0 where a box is empty.
    """
    intersection = intersection_area(a, b)
    return _ratio(intersection, areas(a)[:, None] + areas(b)[None, :] - intersection)


def containment(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float32]:
    """Computes intersection over the smaller of both areas: 1 where one box lies inside the other.

    Args and result are those of `iou`.
    """
    return _ratio(intersection_area(a, b), np.minimum(areas(a)[:, None], areas(b)[None, :]))


def covered_share(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float32]:
    """Computes intersection over the area of `a`: which share of it each box of `b` covers.

    COCO compares detections with crowd regions in this way. Args and result are those of `iou`.
    """
    intersection = intersection_area(a, b)
    return _ratio(intersection, np.broadcast_to(areas(a)[:, None], intersection.shape))


def mutual_best(
    a: NDArray[np.floating], b: NDArray[np.floating], threshold: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs the boxes of two sets that overlap each other more than any other of either set.

    Args:
        a: (n, 4) boxes.
        b: (m, 4) boxes.
        threshold: Smallest IoU of a pair.

    Returns:
        (k,) row numbers of `a`, rising, and (k,) row numbers of `b` that belong to them.
    """
    if not len(a) or not len(b):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    overlap = iou(a, b)
    best = overlap.argmax(1)
    mutual = (overlap[:, best].argmax(0) == np.arange(len(a))) & (overlap.max(1) >= threshold)
    return np.flatnonzero(mutual), best[mutual]


def intersection_area(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float32]:
    """Computes the area that each box of `a` shares with each box of `b`.

    Args:
        a: (n, 4) boxes.
        b: (m, 4) boxes.

    Returns:
        (n, m) float32, square pixels.
    """
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    # One axis after the other: arrays of pairs (n, m, 2) take twice as long.
    width = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0])
    height = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1])
    area: NDArray[np.float32] = np.maximum(width, 0) * np.maximum(height, 0)
    return area


def _ratio(part: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divides; 0 where `whole` is 0."""
    result: NDArray[np.float32] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return result


def areas(boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """Computes areas (n,); 0 for a box whose corners are swapped."""
    boxes = np.asarray(boxes, np.float32)
    sides: NDArray[np.float32] = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return sides[:, 0] * sides[:, 1]


def nms(boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float) -> NDArray[np.intp]:
    """Applies greedy non-maximum suppression.

    Args:
        boxes: (n, 4) boxes.
        scores: (n,) scores, all above 0.
        threshold: A box whose IoU with a better one is above this value is suppressed.

    Returns:
        (m,) row numbers of the boxes that are kept, best first.
    """
    corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)  # x, y, width, height
    # OpenCV's is ten to forty times as fast as a loop in numpy. Its own score threshold is not used.
    kept = cv2.dnn.NMSBoxes(corners, scores, 0.0, threshold)  # type: ignore[arg-type]
    return np.asarray(kept, np.intp).reshape(-1)


def box_voting(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], kept: NDArray[np.intp], threshold: float
) -> NDArray[np.float32]:
    """Refines boxes by box voting (Gidaris and Komodakis, arXiv 1505.01749, section 5).

    Each kept box becomes the mean of all boxes that overlap it, weighted by their scores. So the boxes that
    suppression removed still help to place the face.

    Args:
        boxes: (n, 4) boxes before suppression.
        scores: (n,) scores, all above 0.
        kept: (m,) row numbers of the kept boxes, from `nms`.
        threshold: Smallest IoU at which a box votes.

    Returns:
        (m, 4) float32 boxes, in the order of `kept`.
    """
    result = boxes[kept].astype(np.float32)
    # Sorted from left to right, so that each block is compared with its neighbours only.
    voters = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    centres = (boxes[voters, 0] + boxes[voters, 2]) / 2
    order = np.argsort(result[:, 0] + result[:, 2], kind="stable")
    for start in range(0, len(order), _VOTING_BLOCK):
        rows = order[start : start + _VOTING_BLOCK]
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


def soft_nms(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], threshold: float, inside: float
) -> NDArray[np.float32]:
    """Lowers the scores of duplicates and parts of better boxes, after soft-NMS (arXiv 1704.04503).

    Two boxes that voting has moved onto one another are mostly two outlines of one face. A box inside a
    better one is mostly a part of a face that is too large for the network at this size of the picture.

    Args:
        boxes: (n, 4) boxes.
        scores: (n,) scores, all above 0.
        threshold: A score s becomes s (1 - IoU)^2 where the IoU with a better box is above this value.
        inside: A score s becomes s (1 - c)^2 where the `containment` c with a better box is above this
            value; infinity leaves parts alone.

    Returns:
        (n,) decayed scores, in the order of `scores`.
    """
    best = nms(boxes, scores, threshold)
    duplicates = np.setdiff1d(np.arange(len(boxes)), best)
    decayed = scores.copy()
    if len(duplicates):
        decayed[duplicates] *= (1 - iou(boxes[duplicates], boxes[best]).max(axis=1)) ** 2
    if inside >= 1:  # a share is never above it: live video is searched at one size, and saves the time
        return decayed
    # Best first: each box is compared with the better ones, a block at a time to save memory.
    whole = np.ones(len(best), np.bool_)
    for start in range(0, len(best), _CONTAINMENT_BLOCK):
        rows = best[start : start + _CONTAINMENT_BLOCK]
        shares = np.tril(containment(boxes[rows], boxes[best[: start + len(rows)]]), start - 1)
        for row in np.flatnonzero((shares > inside).any(axis=1)):
            # A box that is itself a part does not make other boxes parts.
            share = shares[row, : start + row].max(where=whole[: start + row], initial=0)
            if share > inside:
                whole[start + row] = False
                decayed[rows[row]] *= (1 - share) ** 2
    return decayed


def clip(boxes: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Cuts boxes (n, 4) at the borders of a picture of `width` x `height` pixels."""
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, limits)


def letterbox_size(width: int, height: int, size: int, enlarge: float = 1.0) -> tuple[int, int]:
    """Returns the size of a picture after resizing its longer side to `size` pixels, aspect kept.

    Args:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        size: Longer side after resizing, pixels.
        enlarge: Largest factor by which a small picture is enlarged; 1 never enlarges.

    Returns:
        Width and height in pixels, each at least 1.
    """
    scale = min(size / max(width, height), enlarge)
    return max(1, round(width * scale)), max(1, round(height * scale))


def snap_to_multiple(width: int, height: int, multiple: int, tolerance: float = 0.03) -> tuple[int, int]:
    """Shrinks a size a little, aspect kept, so that less padding to a multiple is needed.

    Example: at a multiple of 32, 640x360 would be padded to 640x384. 626x352 is padded to 640x352. That is a
    twelfth less to compute, for two per cent of size.

    Args:
        width: Of the resized picture, pixels.
        height: Of the resized picture, pixels.
        multiple: Both sides of the network's input are multiples of this.
        tolerance: Largest share by which the sides may shrink.

    Returns:
        Width and height in pixels; unchanged where the tolerance does not suffice.
    """
    for side in sorted((width, height)):
        below = side // multiple * multiple
        if 0 < side - below <= tolerance * side and below:
            factor = below / side
            return max(1, round(width * factor)), max(1, round(height * factor))
    return width, height


def ceil_to(value: int, multiple: int) -> int:
    """Rounds up to a multiple of `multiple`."""
    return -(-value // multiple) * multiple


def resize_into(image: Image, target: Image) -> None:
    """Resizes a picture as networks see it: fast, and without losing small faces.

    Args:
        image: (h, w, 3) uint8.
        target: (height, width, 3) uint8; is filled.
    """
    height, width = target.shape[:2]
    if (height, width) == image.shape[:2]:
        target[:] = image
        return
    if image.shape[1] >= _SKIPS * width and image.shape[0] >= _SKIPS * height:
        # Linear interpolation skips pixels when it shrinks by much more than 2, and small faces with them.
        # Averaging over areas avoids that. At any ratio it costs as much as the network's first layers, but
        # at exactly 2 nearly nothing.
        source = np.asarray(
            cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR), np.uint8
        )
        cv2.resize(source, (width, height), dst=target, interpolation=cv2.INTER_AREA)
    else:
        cv2.resize(image, (width, height), dst=target, interpolation=cv2.INTER_LINEAR)
