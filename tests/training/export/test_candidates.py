from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.data.sample import UNKNOWN
from maskwatch.detectors.ssd import SSD
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE
from maskwatch.sources.images import read_image
from maskwatch.training.export import candidates as module
from maskwatch.training.export import decoded_pictures
from maskwatch.training.export.candidates import Candidates, collect_candidates
from maskwatch.training.export.decoded_pictures import DecodedPictures
from maskwatch.training.export.network_inputs import pictures_of


@pytest.fixture
def pictures(tmp_path: Path) -> EvaluationSet:
    faces = [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 0, None)]
    scenes = pictures_of(write_coco(tmp_path / "street", [faces[:2], faces]), {})
    negatives = pictures_of(write_negatives(tmp_path / "none", [False, True]), {})
    portraits = pictures_of(write_crops(tmp_path / "people", [(2, 2)]), {})
    return EvaluationSet(scenes.samples, negatives.negatives, portraits.portraits)


@pytest.fixture
def models(fake_models: FakeModels) -> tuple[SSD, MobileNet]:
    return SSD(fake_models.detector, 320, 0.05), MobileNet(fake_models.classifier)


def test_every_candidate_is_matched_and_classified(
    pictures: EvaluationSet, models: tuple[SSD, MobileNet]
) -> None:
    found = collect_candidates({"still": models, "live": models}, pictures, (), DecodedPictures())
    assert found.keys() == {"still", "live"}
    still = found["still"]
    assert len(still) == len(still.face) == len(still.portrait)
    assert np.array_equal(still.face, found["live"].face)
    true = still[still.outcome == TRUE]
    assert true.state.tolist()[:2] in ([0, 1], [1, 0])
    assert still.portrait.tolist() == [False] * (len(still) - 1) + [True]
    assert (still.outcome[still.bare] == FALSE).all()
    assert still.bare.any()
    assert (still.state[still.bare] == UNKNOWN).all()
    classified = true[true.state != UNKNOWN]
    assert np.array_equal(classified.probabilities.argmax(axis=1), classified.state)


def test_where_faces_lack_a_box_nothing_is_false(
    pictures: EvaluationSet, models: tuple[SSD, MobileNet]
) -> None:
    source = pictures.samples[0].source
    found = collect_candidates({"live": models}, pictures, [source], DecodedPictures())["live"]
    usual = collect_candidates({"live": models}, pictures, (), DecodedPictures())["live"]
    of_scenes = ~usual.bare & ~usual.portrait
    assert set(found.outcome[of_scenes & (usual.outcome == FALSE)]) <= {IGNORED}
    assert np.array_equal(found.outcome[~of_scenes], usual.outcome[~of_scenes])


def test_each_picture_is_decoded_once(
    pictures: EvaluationSet, models: tuple[SSD, MobileNet], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Path] = []

    def noted(path: Path) -> np.ndarray:
        decoded.append(path)
        return read_image(path)

    monkeypatch.setattr(module, "read_image", noted)
    monkeypatch.setattr(decoded_pictures, "read_image", noted)
    negatives = DecodedPictures()
    collect_candidates({"still": models, "live": models}, pictures, (), negatives)
    again = negatives.read(pictures.negatives[0].path)
    assert len(decoded) == len(set(decoded)) == 2 + 2 + 1
    np.testing.assert_array_equal(again, read_image(pictures.negatives[0].path))


def test_what_does_not_fit_in_memory_is_decoded_again(pictures: EvaluationSet) -> None:
    first, second = (sample.path for sample in pictures.negatives)
    room = DecodedPictures(read_image(first).nbytes)
    assert room.read(first) is room.read(first)
    assert room.read(second) is not room.read(second)
    np.testing.assert_array_equal(room.read(second), read_image(second))


def test_no_pictures_have_no_candidates() -> None:
    assert len(Candidates.concatenate([])) == 0
