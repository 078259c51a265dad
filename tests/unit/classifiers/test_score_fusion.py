import numpy as np
import pytest
from pydantic import ValidationError

from maskwatch.classifiers.score_fusion import LOWEST_DETECTOR_SCORE, ScoreFusion, logit, score_thresholds
from maskwatch.models.metadata import FusionWeights

FUSION = ScoreFusion(detector=0.5, face=1.2, bias=-0.3, threshold=0.5)


def test_both_opinions_raise_the_score() -> None:
    low, found, seen, both = FUSION(np.array([0.3, 0.9, 0.3, 0.9]), np.array([0.3, 0.3, 0.9, 0.9]))
    assert low < found < seen < both
    logits = 0.5 * np.log(0.9 / 0.1) + 1.2 * np.log(0.9 / 0.1) - 0.3
    assert both == pytest.approx(1 / (1 + np.exp(-logits)))


def test_utter_certainty_is_finite() -> None:
    assert FUSION(np.array([0.0, 1.0]), np.array([0.0, 1.0])).tolist() == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.parametrize("threshold", [0.3, 0.9, 0.99])
def test_nothing_under_the_floor_can_reach_the_threshold(threshold: float) -> None:
    sure = np.array([0.995])
    floor = FUSION.floor(threshold)
    assert LOWEST_DETECTOR_SCORE <= floor < 1
    if floor > LOWEST_DETECTOR_SCORE:
        assert FUSION(np.array([floor]), sure)[0] == pytest.approx(threshold, abs=1e-5)


def test_the_floor_is_never_lower_than_what_detectors_report() -> None:
    assert FUSION.floor(0.0) == LOWEST_DETECTOR_SCORE
    assert FUSION.floor(1.0) <= 1


def test_reads_the_metadata() -> None:
    entry = {"combine": "logistic", "detector": 0.5, "face": 1.2, "bias": -0.3, "threshold": 0.5}
    assert ScoreFusion.from_metadata(FusionWeights.model_validate(entry)) == FUSION
    with pytest.raises(ValidationError):
        FusionWeights.model_validate({"detector": 1.0})


def test_thresholds_of_an_engine() -> None:
    assert score_thresholds(None, None) == (None, None)
    assert score_thresholds(None, 0.4) == (0.4, 0.4)
    fusion = ScoreFusion(detector=1.0, face=0.2, bias=-1.0, threshold=0.5)
    assert score_thresholds(fusion, None) == (fusion.floor(0.5), 0.5)
    assert score_thresholds(fusion, 0.9) == (fusion.floor(0.9), 0.9)
    assert fusion.floor(0.9) > fusion.floor(0.5) > LOWEST_DETECTOR_SCORE


@pytest.mark.parametrize("threshold", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("bias", [-1.0, 0.0, 1.0])
def test_the_floor_is_the_score_that_the_surest_face_needs(threshold: float, bias: float) -> None:
    fusion = ScoreFusion(detector=2.0, face=0.5, bias=bias, threshold=0.5)
    floor = fusion.floor(threshold)
    assert LOWEST_DETECTOR_SCORE < floor < 0.95
    assert fusion(np.array([floor]), np.array([0.995]))[0] == pytest.approx(threshold, abs=1e-6)


def test_the_floor_of_a_detector_that_hardly_counts() -> None:
    """No number overflows: nothing is enough, or anything is."""
    assert ScoreFusion(0.001, 1.0, -9.0, 0.5).floor(0.99) == pytest.approx(1)
    assert ScoreFusion(0.001, 1.0, 9.0, 0.5).floor(0.01) == LOWEST_DETECTOR_SCORE


def test_scores_are_float32_whatever_is_given() -> None:
    for kind in (np.float32, np.float64):
        scores = FUSION(np.array([0.3], kind), np.array([0.6], kind))
        assert scores.dtype == np.float32


def test_log_odds_are_computed_in_float64() -> None:
    """In float32, 1 - 0.000001 is off by several per cent."""
    assert logit(np.array([0.0, 1.0], np.float32)).tolist() == pytest.approx(
        [np.log(1e-6 / (1 - 1e-6)), np.log((1 - 1e-6) / 1e-6)], rel=1e-9
    )
    assert logit(np.array([0.5, 0.75])).tolist() == pytest.approx([0, np.log(3)])
