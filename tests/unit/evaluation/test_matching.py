from __future__ import annotations

import numpy as np
import pytest

from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE, match

A, B = (0, 0, 10, 10), (20, 0, 30, 10)
NEAR_A = (1, 0, 11, 10)  # IoU with A: 90 / 110
HALF_A = (0, 0, 10, 5)  # IoU with A: exactly 0.5
CROWD = (100, 0, 200, 100)
INSIDE = (110, 10, 120, 20)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    ("found", "scores", "true", "ignored", "outcome", "truth"),
    [
        ([A], [0.9], [A], [], [TRUE], [0]),
        ([A], [0.9], [B], [], [FALSE], [-1]),
        ([], [], [A], [], [], []),
        ([A], [0.9], [], [], [FALSE], [-1]),
        ([HALF_A], [0.9], [A], [], [TRUE], [0]),
        # Two of one face: the better score has it, though the other lies better.
        ([A, NEAR_A], [0.5, 0.9], [A], [], [TRUE, FALSE], [0, -1]),
        # A found face takes the true one it overlaps most.
        ([NEAR_A], [0.9], [A, NEAR_A], [], [TRUE], [1]),
        # An ignored box takes any number of found ones, and none from a true one.
        ([INSIDE, CROWD], [0.9, 0.8], [CROWD], [0], [IGNORED, IGNORED], [-1, -1]),
        ([A], [0.9], [A, NEAR_A], [1], [TRUE], [0]),
        ([A, NEAR_A], [0.9, 0.8], [A, NEAR_A], [1], [TRUE, IGNORED], [0, -1]),
        # Much larger than the ignored box: a false face all the same.
        ([(100, 0, 400, 300)], [0.9], [CROWD], [0], [FALSE], [-1]),
    ],
)
def test_outcomes(
    found: list[tuple[float, ...]],
    scores: list[float],
    true: list[tuple[float, ...]],
    ignored: list[int],
    outcome: list[int],
    truth: list[int],
) -> None:
    ignore = np.isin(np.arange(len(true)), ignored)
    result = match(boxes(*found), np.array(scores, np.float32), boxes(*true), ignore)
    assert result.outcome.tolist() == outcome
    assert result.truth.tolist() == truth
    assert result.scores.tolist() == pytest.approx(sorted(scores, reverse=True))


def test_the_threshold_decides() -> None:
    given = boxes(HALF_A), np.array([0.9], np.float32), boxes(A), np.zeros(1, np.bool_)
    assert match(*given, threshold=0.51).outcome.tolist() == [FALSE]
    assert match(*given, threshold=0.4).outcome.tolist() == [TRUE]


def test_the_order_leads_back_to_the_given_rows() -> None:
    result = match(
        boxes(B, A, INSIDE), np.array([0.2, 0.9, 0.5], np.float32), boxes(A, B), np.zeros(2, np.bool_)
    )
    assert result.order.tolist() == [1, 2, 0]
    assert result.truth.tolist() == [0, -1, 1]


def test_an_overlap_with_an_ignored_box_exactly_at_the_threshold_counts() -> None:
    half_inside = boxes((90, 0, 110, 10))
    for threshold, outcome in ((0.5, IGNORED), (0.51, FALSE)):
        result = match(half_inside, np.ones(1, np.float32), boxes(CROWD), np.ones(1, np.bool_), threshold)
        assert result.outcome.tolist() == [outcome]


def test_a_found_box_beside_an_ignored_one_is_false() -> None:
    """Beside it, below it, off its corner, and without any area: no share of it lies on the ignored box."""
    found = boxes((0, 0, 90, 90), (150, 200, 160, 220), (201, 101, 202, 102), (150, 50, 150, 50))
    result = match(found, np.linspace(1, 0.5, 4).astype(np.float32), boxes(CROWD), np.ones(1, np.bool_))
    assert result.outcome.tolist() == [FALSE] * 4


def test_a_box_of_less_than_a_pixel_is_ignored_like_any_other() -> None:
    found = boxes((150, 50, 150.25, 50.25))
    assert match(found, np.ones(1, np.float32), boxes(CROWD), np.ones(1, np.bool_)).outcome.tolist() == [
        IGNORED
    ]


def test_the_better_covering_of_several_ignored_boxes_counts() -> None:
    true = boxes((0, 0, 4, 10), (4, 0, 10, 10))
    result = match(boxes(A), np.ones(1, np.float32), true, np.ones(2, np.bool_))
    assert result.outcome.tolist() == [IGNORED]
    result = match(boxes(A), np.ones(1, np.float32), true, np.ones(2, np.bool_), threshold=0.7)
    assert result.outcome.tolist() == [FALSE]


def test_equal_scores_keep_their_order() -> None:
    scores = np.tile(np.array([0.25, 0.5], np.float32), 20)
    result = match(boxes(*[A] * 40), scores, boxes(A), np.zeros(1, np.bool_))
    assert result.order.tolist() == [*range(1, 40, 2), *range(0, 40, 2)]
    assert result.outcome.tolist() == [TRUE] + [FALSE] * 39
    assert (result.outcome.dtype, result.truth.dtype) == (np.dtype(np.int8), np.dtype(np.intp))


def test_a_true_face_is_taken_once() -> None:
    result = match(boxes(A, A, A), np.ones(3, np.float32), boxes(A, NEAR_A), np.zeros(2, np.bool_))
    assert result.truth.tolist() == [0, 1, -1]
