"""Views that are turned, filled by a face, or have faces pasted onto them: boxes stay where faces are."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.data.sample import Sample
from maskwatch.training.data import detector_dataset
from maskwatch.training.data.detector_dataset import Crop, CropRecipe, DetectorData
from maskwatch.training.data.picture_cache import PictureCache

SIZE = 128


@pytest.fixture(autouse=True)
def _dark_border(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside the picture it is as dark as in it."""
    monkeypatch.setattr(detector_dataset, "_draw_border", lambda rng: [30, 30, 30])


def with_face(width: int, height: int) -> tuple[Sample, NDArray[np.uint8]]:
    """A dark picture with a bright ellipse that fills the box of its face."""
    picture = np.full((300, 400, 3), 30, np.uint8)
    box = np.array([[200 - width / 2, 150 - height / 2, 200 + width / 2, 150 + height / 2]], np.float32)
    cv2.ellipse(picture, (200, 150), (width // 2, height // 2), 0, 0, 360, (230, 230, 230), -1)
    path = Path(f"{width}x{height}.png")
    return Sample(path, box, np.zeros(1, int), np.zeros(1, bool), source="made"), picture


def views(recipe: CropRecipe, *faces: tuple[Sample, NDArray[np.uint8]], count: int = 30) -> list[Crop]:
    """Views of the first picture; the others may be pasted onto it, and it is never drawn for that."""
    pictures = {sample.path: (picture, 1.0) for sample, picture in faces}
    samples = [sample for sample, _ in faces]
    data = DetectorData(samples[1:] or samples, [], cast(PictureCache, pictures), recipe, 1)
    return [data._crop(samples[0], SIZE, np.random.default_rng(seed)) for seed in range(count)]


def angle_of(image: NDArray[np.uint8]) -> float:
    """Which way the longer axis of the bright ellipse points: degrees from upright, -90 to 90."""
    moments = cv2.moments((image[..., 0] > 150).astype(np.uint8), binaryImage=True)
    angle = 0.5 * np.arctan2(2 * moments["mu11"], moments["mu20"] - moments["mu02"])
    return float((np.rad2deg(angle) + 180) % 180 - 90)


def angles_of(recipe: CropRecipe) -> list[float]:
    """The angles in those views in which the whole face can be seen."""
    shown = views(recipe, with_face(50, 100))
    return [angle_of(image) for image, boxes, _ in shown if boxes.min() > 0 and boxes.max() < SIZE]


@pytest.mark.parametrize("turn", [{"turned": 1.0}, {"tilt": 20.0}])
def test_the_box_encloses_the_turned_face(turn: dict[str, float]) -> None:
    whole = 0
    for image, boxes, _ in views(CropRecipe(faces=(50, 60), **turn), with_face(60, 100)):  # type: ignore[arg-type]
        y, x = np.nonzero(image[..., 0] > 130)
        seen = [x.min(), y.min(), x.max() + 1, y.max() + 1]
        assert boxes[0].tolist() == pytest.approx(seen, abs=2)
        whole += min(seen) > 0 and max(seen) < SIZE
    assert whole > 10


@pytest.mark.parametrize(
    ("recipe", "least", "most"),
    [(CropRecipe(faces=(50, 60)), 0, 1.5), (CropRecipe(faces=(50, 60), tilt=6.0), 2, 25)],
)
def test_views_tilt_as_far_as_asked(recipe: CropRecipe, least: float, most: float) -> None:
    angles = [abs(angle) for angle in angles_of(recipe)]
    assert least <= np.mean(angles) <= max(angles) <= most


def test_turned_views_point_anywhere() -> None:
    recipe = CropRecipe(faces=(50, 60), turned=1.0)
    angles = angles_of(recipe)
    assert {int((angle + 90) // 45) for angle in angles} == {0, 1, 2, 3}


@pytest.mark.parametrize(("filled", "least", "most"), [(1.0, 0.7, 1.4), (0.0, 0.08, 0.3)])
def test_a_face_fills_its_view_as_often_as_asked(filled: float, least: float, most: float) -> None:
    recipe = CropRecipe(faces=(20, 30), filled=filled)
    sample, picture = with_face(90, 120)
    pictures = cast(PictureCache, {sample.path: (picture, 1.0)})
    data = DetectorData([sample], [], pictures, recipe, 1)
    for seed in range(30):
        matrix = data._draw_view(sample, sample.boxes, picture.shape, SIZE, np.random.default_rng(seed))
        assert least <= 120 * matrix[1, 1] / SIZE <= most


def test_faces_of_another_picture_are_pasted_and_have_boxes() -> None:
    background, other = with_face(40, 40), with_face(60, 60)
    recipe = CropRecipe(faces=(20, 22), pasted=1.0)
    pasted = 0
    for image, boxes, ignore in views(recipe, background, other):
        assert len(boxes) == len(ignore) <= 2
        for box in boxes[1:]:
            pasted += 1
            x1, y1, x2, y2 = box.astype(int)
            middle = image[(y1 + y2) // 2, (x1 + x2) // 2, 0]
            assert middle > 60
            assert box.min() >= 0
            assert box.max() <= SIZE
            assert 7 <= box[3] - box[1] <= 57
    assert pasted > 20
    assert all(len(boxes) == 1 for _, boxes, _ in views(CropRecipe(faces=(20, 22)), background, other))


def test_pasted_faces_that_are_too_narrow_to_be_found_are_ignored() -> None:
    narrow = with_face(12, 60)
    smallest = CropRecipe().smallest
    seen = set()
    for _, boxes, ignore in views(CropRecipe(faces=(20, 22), pasted=1.0), with_face(40, 40), narrow):
        for box, ignored in zip(boxes[1:], ignore[1:], strict=True):
            assert ignored == (min(box[2:] - box[:2]) < smallest)
            seen.add(bool(ignored))
    assert seen == {True, False}


def test_small_faces_are_not_enlarged_to_be_pasted() -> None:
    tiny = with_face(6, 6)
    views_of_it = views(CropRecipe(faces=(20, 22), pasted=1.0), with_face(40, 40), tiny)
    assert all(len(boxes) == 1 for _, boxes, _ in views_of_it)
