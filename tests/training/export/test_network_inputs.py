from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from fakes import BLUE, CELL, scene
from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.errors import DataError
from maskwatch.training.export.network_inputs import network_inputs, pictures_of

FACES = [Square((1, 1), 0, 0), Square((4, 4), 1, 1)]


def test_a_detector_is_fed_padded_pictures(fake_models: FakeModels, tmp_path: Path) -> None:
    data = write_coco(tmp_path / "street", [FACES, FACES])
    (inputs, *more) = network_inputs(fake_models.detector, "detector", pictures_of(data, {}))
    assert len(more) == 1
    assert inputs.dtype == np.uint8
    assert inputs.shape[0] == 1
    assert inputs.shape[1] % 64 == inputs.shape[2] % 64 == 0


def test_a_classifier_is_fed_the_faces(fake_models: FakeModels, tmp_path: Path) -> None:
    data = write_coco(tmp_path / "street", [FACES])
    (crops,) = network_inputs(fake_models.classifier, "classifier", pictures_of(data, {}))
    assert crops.shape == (2, CELL, CELL, 3)
    np.testing.assert_array_equal(crops[0], scene({(0, 0): BLUE}, CELL, CELL)[None][0])
    people = write_crops(tmp_path / "people", [(0, 0), (1, 1), (2, 2)])
    assert len(network_inputs(fake_models.classifier, "classifier", pictures_of(people, {}, most=2))) == 2


def test_which_pictures(tmp_path: Path) -> None:
    write_crops(tmp_path / "people" / "train", [(0, 0), (1, 1)])
    write_crops(tmp_path / "people" / "val", [(0, 0)])
    people = tmp_path / "people"
    assert len(pictures_of(people, {}, "train").portraits) == 2
    assert len(pictures_of(people, {}).portraits) == 1
    undivided = write_coco(tmp_path / "street", [FACES])
    assert len(pictures_of(undivided, {}, "train").samples) == 1
    unlabelled = write_negatives(tmp_path / "none", [False, True])
    assert len(pictures_of(unlabelled, {}).negatives) == 2
    with pytest.raises(DataError, match="no such file or folder"):
        pictures_of(tmp_path / "nowhere", {}, "train")


def test_unreadable_pictures(fake_models: FakeModels, tmp_path: Path) -> None:
    none = write_negatives(tmp_path / "none", [False, False])
    (none / "0.png").write_text("no picture")
    pictures = pictures_of(none, {})
    assert len(network_inputs(fake_models.detector, "detector", pictures)) == 1
    (none / "1.png").write_text("no picture")
    with pytest.raises(DataError, match="not one of the pictures"):
        network_inputs(fake_models.detector, "detector", pictures)
