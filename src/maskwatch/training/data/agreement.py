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

from maskwatch.geometry import containment, covered_share, iou, mutual_best
from maskwatch.training.data.pseudo_labels import DetectedFaces

_SAME_FACE_IOU: Final = 0.45
"""IoU from which both detectors mean the same face."""

_LABELLED_IOU: Final = 0.3
"""IoU from which a pseudo-label and a labelled box mean the same face."""

_IN_HEAD: Final = 0.6
"""Share of a face that lies inside its head, or of a pseudo-label that lies inside a labelled box."""

_DOUBTFUL: Final = 0.3
"""Score from which what is not accepted is left alone; with less it is background."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """From which scores on a detection is a face. Each pair has the first detector's and the second's.

    Attributes:
        alone: Where only that detector finds it.
        agreed: Where both find it: each reaches its own.
    """

    alone: tuple[float, float]
    agreed: tuple[float, float]

    def accepted(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns which detections (n,) are faces, by the scores (n, 2) of both, 0 where one finds none."""
        return np.asarray((scores >= self.alone).any(1) | (scores >= self.agreed).all(1))


_ANYWHERE: Final = Acceptance(alone=(0.7, 0.97), agreed=(0.5, 0.7))
"""For YuNet and then a detector of maskwatch, which is surer of itself."""

_INSIDE_A_HEAD: Final = Acceptance(alone=(0.6, 0.8), agreed=(0.35, 0.35))
"""The same where somebody drew a head around it."""


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
    boxes, scores = _joined(first, second)
    if heads is None:
        sure, empty = _ANYWHERE.accepted(scores), np.zeros((0, 4), np.float32)
    else:
        sure, empty = _one_a_head(boxes, scores.sum(1), _INSIDE_A_HEAD.accepted(scores), heads)
    kept = sure | (scores.max(1) >= _DOUBTFUL)
    return PseudoLabels(
        np.concatenate([boxes[kept], empty]).astype(np.float32),
        np.concatenate([scores[kept].max(1), np.zeros(len(empty))]).astype(np.float32),
        np.concatenate([~sure[kept], np.ones(len(empty), np.bool_)]),
    )


def without_labelled(labels: PseudoLabels, boxes: NDArray[np.float32]) -> PseudoLabels:
    """Leaves out the pseudo-labels of faces that are labelled already, or that lie mostly inside such a box.

    Args:
        labels: Of one picture.
        boxes: (n, 4) the labelled boxes of that picture, ignored ones as well.
    """
    same = iou(labels.boxes, boxes).max(1, initial=0) >= _LABELLED_IOU
    inside = containment(labels.boxes, boxes).max(1, initial=0) >= _IN_HEAD
    new = ~(same | inside)
    return PseudoLabels(labels.boxes[new], labels.scores[new], labels.doubtful[new])


def _joined(first: DetectedFaces, second: DetectedFaces) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns the boxes (n, 4) of all faces that either detector finds, and the scores (n, 2) of both."""
    rows, columns = mutual_best(first.boxes, second.boxes, _SAME_FACE_IOU)
    new = np.delete(np.arange(len(second.boxes)), columns)
    boxes = np.concatenate([first.boxes, second.boxes[new]]).astype(np.float32)
    scores = np.zeros((len(boxes), 2), np.float32)
    scores[: len(first.boxes), 0] = first.scores
    scores[len(first.boxes) :, 1] = second.scores[new]
    scores[rows, 1] = second.scores[columns]
    return boxes, scores


def _one_a_head(
    boxes: NDArray[np.float32],
    ranks: NDArray[np.floating],
    likely: NDArray[np.bool_],
    heads: NDArray[np.float32],
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Gives each head the best likely face inside it.

    Returns:
        Which boxes (n,) are the face of a head, and the heads (m, 4) that have none.
    """
    chosen = np.zeros(len(boxes), np.bool_)
    free = np.ones(len(heads), np.bool_)
    if not len(heads):
        return chosen, heads
    inside = covered_share(boxes, heads)
    for row in np.argsort(-ranks, kind="stable"):
        share = np.where(free, inside[row], 0)
        head = int(share.argmax())
        if likely[row] and share[head] >= _IN_HEAD:
            chosen[row], free[head] = True, False
    return chosen, heads[free]
