"""Matches detections to the ground truth of one picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import covered_share, iou

TRUE: Final = 1
FALSE: Final = 0
IGNORED: Final = -1


@dataclass(frozen=True, slots=True)
class Match:
    """The detections of one picture, each with its outcome.

    Attributes:
        scores: (n,) float32: scores of the detections, best first.
        order: (n,) intp: row of each among the given detections; `scores` is sorted by it.
        outcome: (n,) int8: `TRUE` matches a true face, `FALSE` matches none, `IGNORED` counts neither way.
        truth: (n,) intp: row of the true face that it matches, -1 where there is none.
    """

    scores: NDArray[np.float32]
    order: NDArray[np.intp]
    outcome: NDArray[np.int8]
    truth: NDArray[np.intp]


def match(
    detections: NDArray[np.float32],
    scores: NDArray[np.float32],
    truth: NDArray[np.float32],
    ignore: NDArray[np.bool_],
    threshold: float = 0.5,
) -> Match:
    """Assigns detections to true faces: best score first, each true face once.

    A detection takes the free true face that it overlaps most, if the IoU is at least `threshold`.
    One that matches none, but lies by at least `threshold` of its own area on an ignored box, is ignored.
    COCO treats crowds the same way: one ignored box may take many detections.

    Args:
        detections: (n, 4) float32 boxes: x1, y1, x2, y2 in pixels.
        scores: (n,) float32: their scores.
        truth: (m, 4) float32 boxes, likewise.
        ignore: (m,) bool: true boxes that are neither face nor background.
        threshold: Smallest IoU that counts, from 0 to 1.
    """
    order = np.argsort(-scores, kind="stable")
    outcome = np.zeros(len(order), np.int8)
    matched = np.full(len(order), -1, np.intp)
    overlap = iou(detections, truth)
    overlap[:, ignore] = 0
    covered = covered_share(detections, truth[ignore]).max(axis=1, initial=0) >= threshold
    for place, row in enumerate(order):
        best = int(overlap[row].argmax()) if overlap.shape[1] else -1
        if best >= 0 and overlap[row, best] >= threshold:
            overlap[:, best] = 0  # taken
            outcome[place], matched[place] = TRUE, best
        elif covered[row]:
            outcome[place] = IGNORED
    return Match(scores[order], order, outcome, matched)
