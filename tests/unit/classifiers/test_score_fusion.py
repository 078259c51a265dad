import numpy as np
import pytest
from pydantic import ValidationError

from maskwatch.classifiers.score_fusion import LOWEST_DETECTOR_SCORE, ScoreFusion, score_thresholds
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
