"""A model looks at each picture once; another model looks anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maskwatch.data.sample import Sample
from maskwatch.training.data.label_cache import AutoLabel, Detect, detect_once
from maskwatch.training.data.picture_cache import PictureCache, cache
from maskwatch.types import Image

World = tuple[list[Sample], list[Sample], PictureCache]


class Models:
    """Loads detectors that find as many faces as the model's file says, each as wide as the picture."""

    def __init__(self) -> None:
        self.loaded = self.looks = 0

    def load(self, model: Path) -> Detect:
        self.loaded += 1
        count = int(model.read_text())

        def detect(image: Image) -> AutoLabel:
            self.looks += 1
            box = np.array([0, 0, image.shape[1], 10], np.float32)
            landmarks = np.full((count, 5, 2), image.shape[1], np.float32)
            return AutoLabel(np.tile(box, (count, 1)), np.ones(count, np.float32), landmarks)

        return detect


@pytest.fixture
def model(tmp_path: Path) -> Callable[[int], Path]:
    def write(count: int) -> Path:
        file = tmp_path / f"model{count}.onnx"
        file.write_text(str(count))
        return file

    return write


def test_each_picture_is_looked_at_once_by_each_model(
    world: World, tmp_path: Path, model: Callable[[int], Path]
) -> None:
    paths, models = [sample.path for sample in world[0]], Models()
    half = detect_once(paths[:4], world[2], model(1), tmp_path, models.load, "looking")
    all_of_them = detect_once(paths[:6], world[2], model(1), tmp_path, models.load, "looking")
    again = detect_once(paths[:4], world[2], model(1), tmp_path, models.load, "looking")
    assert (models.loaded, models.looks) == (2, 6)
    assert [*half] == [*again] == paths[:4]
    assert [*all_of_them] == paths[:6]
    np.testing.assert_array_equal(again[paths[0]].boxes, half[paths[0]].boxes)
    other = detect_once(paths[:4], world[2], model(2), tmp_path, models.load, "looking")
    assert [len(label.scores) for label in other.values()] == [2] * 4


def test_a_model_that_finds_nothing_is_remembered_too(
    world: World, tmp_path: Path, model: Callable[[int], Path]
) -> None:
    models = Models()
    for _ in range(2):
        found = detect_once([world[0][0].path], world[2], model(0), tmp_path, models.load, "looking")
        assert found[world[0][0].path].boxes.shape == (0, 4)
        assert found[world[0][0].path].landmarks.shape == (0, 5, 2)
    assert models.looks == 1


def test_faces_are_in_pixels_of_the_picture_and_the_unreadable_are_left_out(
    world: World, tmp_path: Path, model: Callable[[int], Path]
) -> None:
    """The cache shrinks pictures of 160 pixels to 40."""
    path, damaged = world[0][0].path, tmp_path / "damaged.png"
    damaged.write_text("no picture")
    pictures, unreadable = cache([path, damaged], tmp_path / "pixels", longest=40)
    assert len(unreadable) == 1
    found = detect_once([path, damaged], pictures, model(1), tmp_path, Models().load, "looking")
    assert [*found] == [path]
    assert found[path].boxes.tolist() == [[0, 0, 160, 40]]
    assert found[path].landmarks.max() == 160
