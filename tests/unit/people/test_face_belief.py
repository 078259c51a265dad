"""Several looks make a track a face, or not."""

from __future__ import annotations

import pytest

from maskwatch.people.face_belief import Belief, BeliefRules, FaceBelief

RULES = BeliefRules.of_threshold(0.5)


def after(scores: list[float], every: float = 0.1) -> FaceBelief:
    belief = FaceBelief(RULES)
    for i, score in enumerate(scores):
        belief.observe(i * every, score)
    return belief


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], Belief.OPEN),
        ([0.99], Belief.OPEN),
        ([0.99, 0.99], Belief.FACE),
        ([0.55, 0.55], Belief.FACE),
        ([0.45] * 3, Belief.OPEN),
        ([0.45] * 4, Belief.FACE),  # below the threshold of a single frame, again and again
        ([0.35] * 50, Belief.OPEN),
        ([0.05], Belief.OPEN),
        ([0.05] * 2, Belief.NO_FACE),
        ([0.0] * 2, Belief.NO_FACE),
        ([0.05] * 2 + [0.9] * 12, Belief.FACE),  # somebody comes nearer
        ([0.9] * 5 + [0.3] * 20, Belief.FACE),  # turns away
        ([0.9] * 5 + [0.01] * 20, Belief.NO_FACE),
    ],
)
def test_beliefs(scores: list[float], expected: Belief) -> None:
    assert after(scores).belief is expected


def test_looks_in_one_moment_are_one_look() -> None:
    assert after([0.99] * 10, every=0).belief is Belief.OPEN
    assert after([0.99] * 10, every=0.005).belief is Belief.OPEN
    assert after([0.99] * 13, every=0.01).belief is Belief.FACE


def test_the_score_is_the_mean_of_the_log_odds_and_forgets() -> None:
    assert after([0.9]).score == pytest.approx(0.9)
    assert 0.45 < after([0.9, 0.1]).score < 0.5
    assert after([0.1, 0.9], every=6.0).score > after([0.1, 0.9]).score


def test_certain_scores_stay_finite() -> None:
    assert 0.4 < after([1.0, 0.0]).score < 0.5


@pytest.mark.parametrize(("score", "looks", "sure"), [(0.7, 4, True), (0.7, 3, False), (0.6, 20, False)])
def test_many_looks_leave_no_doubt(score: float, looks: int, sure: bool) -> None:
    assert after([score] * looks).sure is sure
