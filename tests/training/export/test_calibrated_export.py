from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from maskwatch.evaluation.evaluation_set import EvaluationSet, Selection
from maskwatch.evaluation.matching import FALSE, TRUE
from maskwatch.training.export import calibrated_export
from maskwatch.training.export.calibrated_export import CalibrationTargets
from maskwatch.training.export.calibration import Temperatures
from maskwatch.training.export.candidates import Candidates


@pytest.mark.parametrize(("false", "combine"), [(0, "none"), (40, "logistic")])
def test_without_false_faces_the_scores_are_left_alone(
    false: int, combine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    count = 80 + false
    true = np.arange(count) < 80
    masked = rng.random(count) < 0.5
    candidates = Candidates(
        detector_score=np.where(true, rng.uniform(0.5, 1, count), rng.uniform(0, 0.4, count)),
        face=np.where(true, rng.uniform(0.7, 1, count), rng.uniform(0, 0.3, count)),
        outcome=np.where(true, TRUE, FALSE).astype(np.int8),
        probabilities=np.where(masked[:, None], [0.9, 0.05, 0.05], [0.05, 0.9, 0.05]),
        state=np.where(masked, 0, 1),
        side=np.full(count, 50.0),
        bare=np.zeros(count, np.bool_),
        portrait=np.zeros(count, np.bool_),
    )
    metadata = chosen_from(candidates, tmp_path, monkeypatch)
    assert metadata["score"]["combine"] == combine
    assert (metadata["thresholds"]["face"] == 0.3) == (combine == "none")
    assert (metadata["score"].keys() >= {"still", "live"}) == (combine == "logistic")
    assert metadata["calibration"]["faces"] >= 70


@pytest.mark.parametrize("crowd", [100, 20])
def test_easy_portraits_do_not_make_answers_about_crowds_certain(
    crowd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portraits = 600
    hard = np.arange(crowd + portraits) < crowd
    state = np.arange(crowd + portraits) % 2
    wrong = hard & (np.arange(crowd + portraits) % 25 == 0)
    # Whatever is wrong is less sure than the rest.
    sure = np.where(wrong, 0.6, np.where(hard, 0.9, 0.7))
    first = np.where(state ^ wrong, 1 - sure, sure)
    candidates = Candidates(
        detector_score=np.ones(len(state)),
        face=np.ones(len(state)),
        outcome=np.full(len(state), TRUE, np.int8),
        probabilities=np.stack([first * 0.99, 1 - first, first * 0.01], 1),
        state=state,
        side=np.full(len(state), 50.0),
        bare=np.zeros(len(state), np.bool_),
        portrait=~hard,
    )
    monkeypatch.setattr(calibrated_export, "apply", lambda probabilities, *_: probabilities)
    undecided = chosen_from(candidates, tmp_path, monkeypatch)["thresholds"]["undecided"]
    # Too few faces of crowds to choose by: the portraits have to do.
    assert (undecided["with_mask"] > 0.85) == (undecided["without_mask"] > 0.85) == (crowd == 100)


def chosen_from(candidates: Candidates, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Returns the metadata of the file if these were the candidates, live and in still pictures."""
    written: list[dict[str, Any]] = []

    class Network:
        def write(self, out: Path, metadata: dict[str, Any], *more: object) -> float:
            written.append(metadata)
            return 0.0

        def set_temperatures(self, temperatures: Temperatures) -> None:
            pass

    monkeypatch.setattr(calibrated_export, "trace_classifier", lambda saved: Network())
    monkeypatch.setattr(calibrated_export, "MobileNet", lambda path, still=False: None)
    monkeypatch.setattr(calibrated_export, "select", lambda selection: EvaluationSet())
    monkeypatch.setattr(calibrated_export, "load", lambda *_, **__: SimpleNamespace(detector=None))
    monkeypatch.setattr(
        calibrated_export, "collect_candidates", lambda models, *_: dict.fromkeys(models, candidates)
    )
    metadata = {"thresholds": {"face": 0.3, "too_small": 14}}
    calibrated_export.export_calibrated(
        folder / "c.pt", folder / "o.onnx", metadata, Selection(), "ssd", CalibrationTargets()
    )
    assert metadata == {"thresholds": {"face": 0.3, "too_small": 14}}
    return written[-1]
