"""The measures themselves. Pure: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.evaluation.matching import IGNORED, TRUE

HEIGHTS: Final[dict[str, tuple[float, float]]] = {
    "<16": (0, 16),
    "16-32": (16, 32),
    "32-64": (32, 64),
    ">=64": (64, float("inf")),
}
"""Classes of face height in pixels of the picture: name -> from, to (not included)."""

BINS: Final = 15
"""Bins of the calibration error."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall as the score threshold falls.

    Attributes:
        scores: (n,) the thresholds, falling.
        precision: (n,) share of the found faces that are true.
        recall: (n,) share of the true faces that are found.
    """

    scores: NDArray[np.float32]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def precision_recall(scores: NDArray[np.float32], outcome: NDArray[np.int8], faces: int) -> Curve:
    """The curve of found faces with their outcomes (see `matching`).

    Args:
        scores: (n,) scores of found faces of any number of pictures, in any order.
        outcome: (n,) `TRUE`, `FALSE` or `IGNORED`.
        faces: Number of true faces, the ignored ones not counted.
    """
    counted = outcome != IGNORED
    scores, outcome = scores[counted], outcome[counted]
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(outcome[order] == TRUE)
    found = np.arange(1, len(order) + 1)
    return Curve(scores[order], hits / np.maximum(found, 1), hits / max(faces, 1))


def average_precision(curve: Curve) -> float:
    """Area under the curve, precision made monotone, over all points (as Pascal VOC does since 2010)."""
    if not len(curve.recall):
        return 0.0
    best_from_here = np.maximum.accumulate(curve.precision[::-1])[::-1]
    steps = np.diff(curve.recall, prepend=0.0)
    return float(np.sum(steps * best_from_here))


def threshold_for(false_scores: NDArray[np.float32], allowed: int) -> float:
    """The lowest threshold at which at most `allowed` of the false faces have a score above or at it."""
    if len(false_scores) <= allowed:
        return 0.0
    worst = np.sort(false_scores)[::-1][allowed]
    return float(np.nextafter(worst, np.float32(2)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well stated probabilities agree with what happened.

    Attributes:
        error: Expected calibration error: mean distance of confidence and accuracy, by bin.
        confidence: Mean confidence of each bin that is not empty.
        accuracy: Share of right answers in each.
        count: Number of answers in each.
    """

    error: float
    confidence: list[float]
    accuracy: list[float]
    count: list[int]


def calibration(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> Calibration | None:
    """The expected calibration error with `BINS` equal bins (Guo et al., arXiv 1706.04599).

    Args:
        confidence: (n,) probability of the given answer.
        right: (n,) bool.

    Returns:
        None if there is no answer.
    """
    if not len(confidence):
        return None
    place = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    used = count > 0
    means = np.bincount(place, confidence, BINS)[used] / count[used]
    rights = np.bincount(place, right, BINS)[used] / count[used]
    error = float(np.sum(np.abs(means - rights) * count[used]) / len(confidence))
    return Calibration(error, means.tolist(), rights.tolist(), count[used].tolist())


def confusion(true: NDArray[np.int64], said: NDArray[np.int64], kinds: int) -> NDArray[np.int64]:
    """(kinds, kinds) counts: row the true kind, column the answer."""
    return np.bincount(true * kinds + said, minlength=kinds * kinds).reshape(kinds, kinds)
