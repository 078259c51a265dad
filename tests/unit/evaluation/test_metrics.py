from __future__ import annotations

import numpy as np
import pytest

from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE
from maskwatch.evaluation.metrics import (
    BINS,
    HEIGHTS,
    average_precision,
    calibration,
    confusion,
    precision_recall,
    threshold_for,
)

T, F, I = TRUE, FALSE, IGNORED  # noqa: E741


@pytest.mark.parametrize(
    ("outcome", "faces", "expected"),
    [
        ([T, T], 2, 1.0),
        ([T, T], 4, 0.5),
        ([F, T], 1, 0.5),
        # Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1: made monotone the steps are 1 and 2/3.
        ([T, F, T], 2, 0.5 + 0.5 * 2 / 3),
        # A late rise lifts what comes before it: precision 1/2, 1/2, 2/3, 3/4 at recall 1/4, ...
        ([F, T, T, T], 4, 0.75 * 0.75),
        ([T, I, I, T], 2, 1.0),
        ([F, F], 3, 0.0),
        ([], 3, 0.0),
    ],
)
def test_average_precision(outcome: list[int], faces: int, expected: float) -> None:
    scores = np.linspace(0.9, 0.1, len(outcome), dtype=np.float32)
    shuffled = np.random.default_rng(0).permutation(len(outcome))
    curve = precision_recall(scores[shuffled], np.array(outcome, np.int8)[shuffled], faces)
    assert average_precision(curve) == pytest.approx(expected)


def test_precision_and_recall_fall_and_rise() -> None:
    curve = precision_recall(np.array([0.9, 0.8, 0.7], np.float32), np.array([T, F, T], np.int8), 4)
    assert curve.precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3])
    assert curve.recall.tolist() == [0.25, 0.25, 0.5]
    assert curve.scores.tolist() == pytest.approx([0.9, 0.8, 0.7])


@pytest.mark.parametrize(("allowed", "kept"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 4)])
def test_a_threshold_keeps_to_the_allowed_false_faces(allowed: int, kept: int) -> None:
    scores = np.array([0.3, 0.95, 0.7, 0.5], np.float32)
    threshold = threshold_for(scores, allowed)
    assert np.count_nonzero(scores >= threshold) == kept


def test_equal_scores_pass_together_or_not_at_all() -> None:
    scores = np.array([0.9, 0.5, 0.5, 0.1], np.float32)
    assert np.count_nonzero(scores >= threshold_for(scores, 2)) == 1


def test_calibration() -> None:
    # 100 answers of 0.9 of which 70 are right, 100 of 0.5 of which 50 are: off by 0.2 half of the time.
    confidence = np.repeat(np.array([0.9, 0.5], np.float32), 100)
    right = np.concatenate([np.arange(100) < 70, np.arange(100) < 50])
    found = calibration(confidence, right)
    assert found is not None
    assert found.error == pytest.approx(0.1, abs=1e-6)
    assert found.count == [100, 100]
    assert found.accuracy == [0.5, 0.7]
    assert found.confidence == pytest.approx([0.5, 0.9])


def test_certainty_is_in_the_last_bin() -> None:
    found = calibration(np.ones(4, np.float32), np.ones(4, np.bool_))
    assert found is not None
    assert (found.error, found.count) == (0.0, [4])
    assert calibration(np.zeros(0, np.float32), np.zeros(0, np.bool_)) is None
    assert BINS == 15


def test_confusion() -> None:
    assert confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3).tolist() == [
        [1, 1, 0],
        [0, 1, 0],
        [1, 0, 0],
    ]


def test_the_classes_of_height() -> None:
    """Reports are compared with older ones: the borders are fixed."""
    assert dict(HEIGHTS) == {"<16": (0, 16), "16-32": (16, 32), "32-64": (32, 64), ">=64": (64, float("inf"))}


def test_equal_scores_keep_their_order_on_the_curve() -> None:
    scores = np.tile(np.array([0.25, 0.5], np.float32), 40)
    outcome = np.tile(np.array([F, F, F, T], np.int8), 20)  # of those with .5 every second one is true
    curve = precision_recall(scores, outcome, 20)
    assert curve.precision[:40].tolist() == pytest.approx([n // 2 / n for n in range(1, 41)])
    assert curve.recall[:40].tolist() == pytest.approx([n // 2 / 20 for n in range(1, 41)])


def test_a_curve_without_true_faces() -> None:
    curve = precision_recall(np.array([0.5, 0.4], np.float32), np.array([F, F], np.int8), 0)
    assert (curve.precision.tolist(), curve.recall.tolist()) == ([0, 0], [0, 0])
    assert average_precision(curve) == 0


@pytest.mark.parametrize(
    ("scores", "allowed", "threshold"),
    [
        ([], 0, 0.0),
        ([0.5], 1, 0.0),
        ([0.5], 2, 0.0),
        ([0.5, 0.25], 2, 0.0),
        ([0.5, 0.25], 1, np.nextafter(np.float32(0.25), np.float32(1))),
        ([0.5, 0.25], 0, np.nextafter(np.float32(0.5), np.float32(1))),
        ([1.0], 0, np.nextafter(np.float32(1), np.float32(2))),
    ],
)
def test_a_threshold_is_the_lowest_that_does(scores: list[float], allowed: int, threshold: float) -> None:
    assert threshold_for(np.array(scores, np.float32), allowed) == threshold


def test_the_bins_of_the_calibration_error() -> None:
    """Fifteen of equal width; 1 belongs to the last, and what is below 0 to the first."""
    confidence = np.array([1.0, 14.5 / 15, 13.5 / 15, 0.5 / 15, 0.0, -0.1, 1.5 / 15], np.float32)
    found = calibration(confidence, np.ones(7, np.bool_))
    assert found is not None
    assert found.count == [3, 1, 1, 2]
    assert found.accuracy == [1, 1, 1, 1]
    means = [(0.5 / 15 - 0.1) / 3, 0.1, 0.9, 29.5 / 30]
    assert found.confidence == pytest.approx(means, abs=1e-6)
    assert found.error == pytest.approx(
        sum(abs(1 - mean) * n for mean, n in zip(means, found.count, strict=True)) / 7
    )


def test_confusion_has_a_row_for_each_kind() -> None:
    assert confusion(np.array([1]), np.array([0]), 3).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert confusion(np.zeros(0, np.int64), np.zeros(0, np.int64), 2).tolist() == [[0, 0], [0, 0]]
    assert confusion(np.array([1]), np.array([2]), 4).shape == (4, 4)
