"""Precision and recall, average precision, calibration, confusion. Pure: arrays in, numbers out."""

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


def height_classes(heights: NDArray[np.float32]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Returns the classes of face height, each with the (n,) bool of the faces in it.

    Args:
        heights: (n,) float32: heights in pixels.
    """
    return [(name, (heights >= low) & (heights < high)) for name, (low, high) in HEIGHTS.items()]


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall as the score threshold falls.

    Attributes:
        scores: (n,) float32: the thresholds, falling.
        precision: (n,) float64: part of the detections at and above each that are true.
        recall: (n,) float64: part of the true faces that they match.
    """

    scores: NDArray[np.float32]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def precision_recall(scores: NDArray[np.float32], outcome: NDArray[np.int8], faces: int) -> Curve:
    """Returns the curve of detections with their outcomes (see `maskwatch.evaluation.matching`).

    Args:
        scores: (n,) float32: scores of detections of any number of pictures, in any order.
        outcome: (n,) int8: `TRUE`, `FALSE` or `IGNORED`.
        faces: Number of true faces, the ignored ones not counted.
    """
    counted = outcome != IGNORED
    scores, outcome = scores[counted], outcome[counted]
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(outcome[order] == TRUE)
    detections = np.arange(1, len(order) + 1)
    return Curve(scores[order], hits / np.maximum(detections, 1), hits / max(faces, 1))


def average_precision(curve: Curve) -> float:
    """Returns the area under the curve, precision made monotone, over all points.

    As in Everingham et al., The Pascal visual object classes challenge, since its edition of 2010.
    """
    if not len(curve.recall):
        return 0.0
    best_from_here = np.maximum.accumulate(curve.precision[::-1])[::-1]
    steps = np.diff(curve.recall, prepend=0.0)
    return float(np.sum(steps * best_from_here))


def threshold_for(false_scores: NDArray[np.float32], allowed: int) -> float:
    """Returns the lowest threshold that at most `allowed` false faces reach.

    Args:
        false_scores: (n,) float32: scores of the false faces, in any order.
        allowed: How many of them may reach it.
    """
    if len(false_scores) <= allowed:
        return 0.0
    worst = np.sort(false_scores)[::-1][allowed]
    return float(np.nextafter(worst, np.float32(2)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well stated probabilities agree with how often the answers were right.

    Attributes:
        error: Expected calibration error: mean distance of confidence and accuracy, by bin.
        confidence: Mean confidence of each bin that is not empty.
        accuracy: Part of right answers in each of these bins.
        count: Number of answers in each of these bins.
    """

    error: float
    confidence: list[float]
    accuracy: list[float]
    count: list[int]


def calibration(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> Calibration | None:
    """Returns the expected calibration error with `BINS` equal bins (Guo et al., arXiv 1706.04599).

    Args:
        confidence: (n,) float32: probability of the given answer.
        right: (n,) bool: whether that answer is right.

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


def confusion(true: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Returns (classes, classes) counts: row the true class, column the predicted one.

    Args:
        true: (n,) int64: true classes, from 0.
        predicted: (n,) int64: predicted classes.
        classes: Number of classes.
    """
    return np.bincount(true * classes + predicted, minlength=classes * classes).reshape(classes, classes)
