"""A face that is found in the picture and in the mirrored one is one face, in the picture's pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from fakes import BLUE, CELL, GREEN, scene
from maskwatch.detectors.ssd import SSD
from maskwatch.errors import ModelError
from maskwatch.image_files import save_image
from maskwatch.training.data.mirrored_search import MirroredSearch, search_pictures
from maskwatch.training.data.picture_cache import cache
from maskwatch.types import Faces, Image


class Sees:
    """Stands in for the detector at one of the sizes: finds one box, or none."""

    def __init__(self, *rows: tuple[float, float, float, float, float]) -> None:
        table = np.array(rows, np.float32).reshape(-1, 5)
        self.faces, self.images = Faces(table[:, :4], table[:, 4]), list[Image]()

    def detect(self, image: Image) -> Faces:
        self.images.append(image)
        return self.faces


def search(model: Path, upright: Sees, mirrored: Sees, monkeypatch: pytest.MonkeyPatch) -> Faces:
    looking = MirroredSearch(model)
    monkeypatch.setattr(looking, "_upright", upright)
    monkeypatch.setattr(looking, "_mirrored", mirrored)
    image = np.zeros((50, 100, 3), np.uint8)
    image[:, :30] = 255
    return looking.detect(image)


def test_the_mirrored_picture_is_searched_and_its_boxes_turned_back(
    fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored = Sees((10, 5, 30, 25, 0.6))
    found = search(fake_models.detector, Sees(), mirrored, monkeypatch)
    assert found.boxes.tolist() == [[70, 5, 90, 25]]
    assert mirrored.images[0][0, :, 0].tolist() == [0] * 70 + [255] * 30


def test_both_views_of_a_face_place_its_box_together(
    fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright, mirrored = Sees((70, 5, 90, 25, 0.6), (5, 5, 20, 25, 0.2)), Sees((12, 5, 32, 25, 0.6))
    found = search(fake_models.detector, upright, mirrored, monkeypatch)
    np.testing.assert_allclose(found.boxes, [[69, 5, 89, 25], [5, 5, 20, 25]])
    np.testing.assert_allclose(found.scores, [0.6, 0.2])


def test_pictures_are_searched_with_a_real_model(fake_models: FakeModels, tmp_path: Path) -> None:
    """At the larger sizes the fake finds parts of the squares, too: it knows one size of face only."""
    image = scene({(1, 2): BLUE, (7, 3): GREEN})
    assert len(SSD(fake_models.detector, 320).detect(image)) == 2
    save_image(tmp_path / "a.png", image)
    (tmp_path / "b.png").write_text("no picture")
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    pictures, _ = cache(paths, tmp_path / "cache")
    found = search_pictures(paths, pictures, fake_models.detector, tmp_path / "cache")
    assert [*found] == paths[:1]
    label = found[paths[0]]
    assert np.isnan(label.landmarks).all()
    assert label.landmarks.shape == (len(label.boxes), 5, 2)
    centres = (label.boxes[:, :2] + label.boxes[:, 2:]) / 2 // CELL
    assert {(1, 2), (7, 3)} <= {(int(x), int(y)) for x, y in centres}


def test_what_is_no_model_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"m\.onnx"):
        MirroredSearch(tmp_path / "m.onnx")
