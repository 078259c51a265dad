import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.data.sample import UNKNOWN
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE
from maskwatch.training.export.candidates import Candidates
from maskwatch.training.export.operating_point import best_f2, cheapest, choose_fusion, raise_threshold


def candidates() -> Candidates:
    rng = np.random.default_rng(0)
    parts = []
    for bare in [False] * 100 + [True] * 40:
        true = rng.random(4) < (0.0 if bare else 0.6)
        outcome = np.where(true, TRUE, FALSE).astype(np.int8)
        scores = np.where(true, rng.uniform(0.3, 1, 4), rng.uniform(0, 0.6, 4))
        face = np.where(true, rng.uniform(0.5, 1, 4), rng.uniform(0, 0.7, 4))
        parts.append(made(outcome, scores, face, bare))
    return Candidates.concatenate(parts)


def made(outcome: np.ndarray, scores: np.ndarray, face: np.ndarray, bare: bool) -> Candidates:
    count = len(outcome)
    return Candidates(
        detector_score=scores,
        face=face,
        outcome=outcome,
        probabilities=np.zeros((count, 3)),
        state=np.full(count, UNKNOWN),
        side=np.zeros(count),
        bare=np.full(count, bare),
        portrait=np.zeros(count, np.bool_),
    )


def test_the_threshold_keeps_to_the_false_faces_that_are_allowed() -> None:
    given = candidates()
    for allowed in (0, 3):
        fusion, remaining = choose_fusion(given, allowed)
        scores = fusion(given.detector_score, given.face)
        assert np.count_nonzero(scores[given.bare] >= fusion.threshold) <= remaining <= allowed
        found = scores[given.outcome == TRUE] >= fusion.threshold
        assert found.mean() > 0.7


def test_ignored_places_teach_nothing() -> None:
    given = candidates()
    usual = choose_fusion(given, 3)
    ignored = made(np.full(50, IGNORED, np.int8), np.full(50, 0.99), np.full(50, 0.01), False)
    assert choose_fusion(Candidates.concatenate([given, ignored]), 3) == usual


def test_best_f2() -> None:
    scores, true = np.array([0.9, 0.8, 0.7, 0.6, 0.2]), np.array([True, True, False, True, False])
    assert best_f2(scores, true) == 0.6  # F1 is .8 at .8 and .86 at .6
    assert best_f2(scores[:3], true[:3]) == 0.8


def test_a_false_face_fewer_is_worth_a_few_faces_but_not_many() -> None:
    false = np.array([0.9, 0.5, 0.1], np.float32)
    sure = np.full(1000, 0.85)
    for missed, kept in ((3, 1), (30, 2)):  # of 1,000 faces, between the second and the third false one
        threshold, left = cheapest(np.concatenate([sure, np.full(missed, 0.3)]), false, 2)
        assert left == kept == np.count_nonzero(false >= threshold)
    assert cheapest(sure + 0.1, false, 2)[1] == 0
    assert cheapest(sure, false[:0], 2) == (0.0, 2)


def test_what_is_met_in_use_decides_in_the_end() -> None:
    """A false face that scores higher in use than when all candidates were looked at."""
    in_use = np.array([0.8, 0.6, 0.3], np.float32)
    asked = []

    def scored(fusion: ScoreFusion) -> NDArray[np.floating]:
        asked.append(fusion.threshold)
        return in_use[in_use >= fusion.threshold]

    chosen = ScoreFusion(1.0, 1.0, 0.0, 0.55)
    assert raise_threshold(chosen, 2, scored) == chosen
    raised = raise_threshold(chosen, 1, scored)
    assert 0.6 < raised.threshold < 0.602
    assert (raised.detector, raised.face, raised.bias) == (1.0, 1.0, 0.0)
    assert asked == [0.55, 0.55, raised.threshold]
    assert raise_threshold(chosen, 0, lambda fusion: np.ones(1)).threshold == 0.999  # there is no end to it


def test_best_f2_is_neither_f1_nor_f3() -> None:
    scores = np.linspace(0.9, 0.1, 9)
    late = np.array([1, 1, 0, 0, 0, 1, 0, 0, 0], np.bool_)
    # F1 is .8 at the second and .67 at the sixth; F2 is .71 and .83.
    assert best_f2(scores, late) == scores[5]
    later = np.array([1, 1, 0, 0, 0, 0, 0, 0, 1], np.bool_)
    # F2 is .714 both at the second and at the last, and the higher threshold wins; F3 is .69 and .83.
    assert best_f2(scores, later) == scores[1]
    shuffled = np.random.default_rng(0).permutation(9)
    assert best_f2(scores[shuffled], late[shuffled]) == scores[5]


def test_best_f2_of_nothing_and_of_no_face() -> None:
    assert best_f2(np.zeros(0), np.zeros(0, np.bool_)) == 0.5
    assert best_f2(np.array([0.3, 0.7]), np.zeros(2, np.bool_)) == 0.7
