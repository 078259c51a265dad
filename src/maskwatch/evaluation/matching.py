"""Which found face is which true one. Pure."""

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
    """The faces found in one picture against the true ones.

    Attributes:
        scores: (n,) float32: scores of the found faces, best first.
        order: (n,) intp: row of each in what was found; `scores` is sorted by it.
        outcome: (n,) int8: `TRUE` found a true face, `FALSE` found none, `IGNORED` counts neither way.
        truth: (n,) intp: row of the true face that was found, -1 where none.
    """

    scores: NDArray[np.float32]
    order: NDArray[np.intp]
    outcome: NDArray[np.int8]
    truth: NDArray[np.intp]


def match(
    found: NDArray[np.float32],
    scores: NDArray[np.float32],
    true: NDArray[np.float32],
    ignore: NDArray[np.bool_],
    threshold: float = 0.5,
) -> Match:
    """Assigns found faces to true ones: best score first, each true face once.

    A found face takes the free true face that it overlaps most, if the IoU is at least `threshold`.
    One that finds none, but lies by at least `threshold` of its own area on an ignored box, is ignored:
    as COCO treats crowds, so that one ignored box may take many found faces.

    Args:
        found: (n, 4) boxes.
        scores: (n,) their scores.
        true: (m, 4) boxes.
        ignore: (m,) bool: true boxes that are neither face nor background.
        threshold: Smallest overlap that counts.
    """
    order = np.argsort(-scores, kind="stable")
    outcome = np.zeros(len(order), np.int8)
    truth = np.full(len(order), -1, np.intp)
    overlap = iou(found, true)
    overlap[:, ignore] = 0
    covered = covered_share(found, true[ignore]).max(axis=1, initial=0) >= threshold
    for place, row in enumerate(order):
        best = int(overlap[row].argmax()) if overlap.shape[1] else -1
        if best >= 0 and overlap[row, best] >= threshold:
            overlap[:, best] = 0  # taken
            outcome[place], truth[place] = TRUE, best
        elif covered[row]:
            outcome[place] = IGNORED
    return Match(scores[order], order, outcome, truth)
