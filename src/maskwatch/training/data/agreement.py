"""Pseudo-labels on which two detectors agree, for pictures that nobody labelled, or not completely.

What both find is a face. What only one finds is one if that one is very sure, else it is left alone:
neither face nor background. Hand-drawn boxes of heads, where there are some, bound both: a face lies inside
a head, and a head in which no face is found is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import containment, covered_share, iou
from maskwatch.training.data.pseudo_labels import DetectedFaces

_SAME_FACE_IOU: Final = 0.45

_SURE: Final = (0.7, 0.97)
"""Score from which what one of them finds alone is a face, by detector ..."""

_AGREED: Final = (0.5, 0.7)
"""... and scores from which what both find is one."""

_SURE_IN_HEAD: Final = (0.6, 0.8)
_AGREED_IN_HEAD: Final = (0.35, 0.35)
"""The same where it lies inside a head."""

_DOUBTFUL: Final = 0.3
"""Score from which anything else is left alone."""

_IN_HEAD: Final = 0.6
"""Share of a face that lies inside its head."""


@dataclass(frozen=True, slots=True)
class PseudoLabels:
    """The pseudo-labels of one picture.

    Attributes:
        boxes: (n, 4) float32 x1, y1, x2, y2 in pixels of the picture.
        scores: (n,) float32 in [0, 1]; of a head without a face 0.
        doubtful: (n,) bool: neither face nor background.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    doubtful: NDArray[np.bool_]


def agreed_faces(
    first: DetectedFaces, second: DetectedFaces, heads: NDArray[np.float32] | None = None
) -> PseudoLabels:
    """Joins the detections of two detectors in one picture.

    Args:
        first: Of one detector; no face twice. Where both find a face, this one's box is taken.
        second: Of the other; no face twice.
        heads: (k, 4) boxes of all heads in the picture; None where nobody drew them.
    """
    pairs = _pairs(first.boxes, second.boxes)
    new = np.delete(np.arange(len(second.boxes)), pairs[:, 1])
    boxes = np.concatenate([first.boxes, second.boxes[new]]).astype(np.float32)
    scores = np.zeros((len(boxes), 2), np.float32)
    scores[: len(first.boxes), 0] = first.scores
    scores[len(first.boxes) :, 1] = second.scores[new]
    scores[pairs[:, 0], 1] = second.scores[pairs[:, 1]]
    sure = _accepted(scores, _SURE, _AGREED)
    if heads is not None:
        sure = _one_a_head(boxes, scores.sum(1), _accepted(scores, _SURE_IN_HEAD, _AGREED_IN_HEAD), heads)
    kept = sure | (scores.max(1) >= _DOUBTFUL)
    boxes, sure, best = boxes[kept], sure[kept], scores[kept].max(1)
    if heads is not None and len(heads):
        taken = covered_share(heads, boxes[sure]).max(1, initial=0)
        empty = heads[taken == 0]
        boxes = np.concatenate([boxes, empty]).astype(np.float32)
        best = np.concatenate([best, np.zeros(len(empty), np.float32)])
        sure = np.concatenate([sure, np.zeros(len(empty), np.bool_)])
    return PseudoLabels(boxes, best, ~sure)


def _accepted(
    scores: NDArray[np.float32], alone: tuple[float, float], agreed: tuple[float, float]
) -> NDArray[np.bool_]:
    """Returns which boxes (n,) are faces, by the scores (n, 2) of both detectors; 0 is of none."""
    return np.asarray((scores >= alone).any(1) | (scores >= agreed).all(1))


def without_labelled(labels: PseudoLabels, boxes: NDArray[np.float32], same: float = 0.3) -> PseudoLabels:
    """Leaves out the pseudo-labels of faces that are labelled already.

    Args:
        labels: Of one picture.
        boxes: (n, 4) the labelled boxes of that picture, ignored ones as well.
        same: IoU from which two boxes are of the same face; one that lies mostly inside the other is, too.
    """
    if not len(boxes) or not len(labels.boxes):
        return labels
    inside = containment(labels.boxes, boxes).max(1)
    new = (iou(labels.boxes, boxes).max(1) < same) & (inside < _IN_HEAD)
    return PseudoLabels(labels.boxes[new], labels.scores[new], labels.doubtful[new])


def _pairs(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.intp]:
    """Pairs the boxes that are each other's best: (m, 2) rows of `first` and of `second`."""
    if not len(first) or not len(second):
        return np.zeros((0, 2), np.intp)
    overlap = iou(first, second)
    best = overlap.argmax(1)
    mutual = (overlap[:, best].argmax(0) == np.arange(len(first))) & (overlap.max(1) >= _SAME_FACE_IOU)
    return np.stack([np.flatnonzero(mutual), best[mutual]], 1)


def _one_a_head(
    boxes: NDArray[np.float32],
    ranks: NDArray[np.floating],
    likely: NDArray[np.bool_],
    heads: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Returns which boxes (n,) are the best likely face of a head."""
    chosen = np.zeros(len(boxes), np.bool_)
    if not len(heads) or not len(boxes):
        return chosen
    inside = covered_share(boxes, heads)
    free = np.ones(len(heads), np.bool_)
    for row in np.argsort(-ranks, kind="stable"):
        if not likely[row]:
            continue
        share = np.where(free, inside[row], 0)
        head = int(share.argmax())
        if share[head] >= _IN_HEAD:
            chosen[row], free[head] = True, False
    return chosen
