from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from made.scenes import Place, scene
from maskwatch import load
from maskwatch.geometry import iou
from maskwatch.pipeline import Engine
from maskwatch.second_tries import Padding, Turning, bordered, joined, limited, resized, turned
from maskwatch.types import Faces, Image

PORTRAIT = scene([Place("correct", x=160, y=130, face=110)], size=(320, 320))


def faces(*rows: tuple[list[float], float], reason: str | None = None) -> Faces:
    """Masked faces from boxes and scores."""
    n = len(rows)
    return Faces(
        np.array([box for box, _ in rows], np.float32).reshape(-1, 4),
        np.array([score for _, score in rows], np.float32),
        np.tile(np.array([0.98, 0.01, 0.01], np.float32), (n, 1)),
        np.array([reason] * n, np.object_),
    )


def spot(image: Image) -> NDArray[np.float32]:
    """The box (1, 4) of what is white in a picture."""
    rows, columns = np.nonzero((image > 200).all(axis=2))
    return np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_boxes_come_back_from_every_orientation(quarters: int) -> None:
    image = np.zeros((60, 90, 3), np.uint8)
    image[10:25, 30:70] = 255
    view = turned(image, quarters)
    np.testing.assert_array_equal(view.image, np.rot90(image, quarters))
    assert view.back(spot(view.image)).tolist() == [[30, 10, 70, 25]]
    assert view.back(np.zeros((0, 4), np.float32)).shape == (0, 4)


def test_boxes_come_back_from_other_sizes_and_borders() -> None:
    image = np.zeros((60, 90, 3), np.uint8)
    image[10:20, 30:60] = 255
    view = bordered(image, 0.5)
    assert view.image.shape == (120, 180, 3)
    assert view.back(spot(view.image)).tolist() == [[30, 10, 60, 20]]
    assert view.back(np.array([[0, 0, 180, 120]], np.float32)).tolist() == [[0, 0, 90, 60]]
    for small in (resized(image, 45, 30), limited(image, 45)):
        assert small.image.shape == (30, 45, 3)
        assert small.back(spot(small.image)).tolist() == [[30, 10, 60, 20]]
    assert limited(image, 90).image is image


class Turnable:
    """Finds in a picture what belongs to its orientation, told by where the white corner is."""

    def __init__(self, *scores: float) -> None:
        self.scores = scores
        self.searches = 0

    def __call__(self, image: Image) -> Faces:
        self.searches += 1
        x, y = (int(v) for v in spot(image)[0, :2])
        quarters = {(False, False): 0, (False, True): 1, (True, True): 2, (True, False): 3}[x > 0, y > 0]
        score = self.scores[quarters]
        return faces(([x, y, x + 5, y + 5], score)) if score else Faces.empty()


def corner() -> Image:
    image = np.zeros((40, 60, 3), np.uint8)
    image[:5, :5] = 255
    return image


@pytest.mark.parametrize(
    ("scores", "expected", "searches"),
    [
        ((0.96, 0.99, 0.99, 0.99), 0.96, 1),  # convincing as it is
        ((0.8, 0, 0.95, 0), 0.95, 4),
        ((0.8, 0, 0.83, 0), 0.8, 4),  # too small a lead
        ((0.3, 0.59, 0, 0), 0.3, 4),
        ((0.3, 0.61, 0, 0), 0.61, 4),
        ((0, 0, 0, 0.89), 0, 4),  # nothing found upright: more is asked for
        ((0, 0, 0, 0.91), 0.91, 4),
        ((0.5, 0.7, 0.8, 0.9), 0.9, 4),
    ],
)
def test_the_best_orientation_wins(scores: tuple[float, ...], expected: float, searches: int) -> None:
    search = Turnable(*scores)
    image = corner()
    found = Turning()(image, search(image), search)
    assert found.scores.max(initial=0) == pytest.approx(expected)
    assert search.searches == searches
    if len(found):
        assert found.boxes.tolist() == [[0, 0, 5, 5]]


def test_an_uncertain_face_does_not_convince() -> None:
    image = corner()
    given = faces(([0, 0, 5, 5], 0.96), reason="turned_over")
    assert Turning()(image, given, Turnable(0.96, 0, 0.99, 0)).scores.tolist() == pytest.approx([0.99])


def test_a_border_finds_large_faces_only_and_keeps_the_others() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    far, part = ([2.0, 2, 12, 12], 0.4), ([40.0, 40, 70, 70], 0.5)
    given = faces(far, part, reason="undecided")

    def search(view: Image) -> Faces:
        assert view.shape == (200, 200, 3)
        return faces(([70, 70, 150, 150], 0.9), ([52, 52, 70, 70], 0.95))

    found = Padding()(image, given, search)
    assert found.boxes.tolist() == [[20, 20, 100, 100], [2, 2, 12, 12]]
    assert found.certain.tolist() == [True, False]
    certain = faces(far)
    assert Padding()(image, certain, search) is certain
    assert Padding(threshold=0.91)(image, given, search).boxes.tolist() == given.boxes.tolist()


def test_joined_keeps_all_columns() -> None:
    one, two = faces(([0, 0, 5, 5], 0.9)), faces(([9, 9, 15, 15], 0.8), reason="dark")
    both = joined(one, two)
    assert both.certain.tolist() == [True, False]
    assert both.probabilities is not None
    assert both.probabilities.shape == (2, 3)
    assert joined(Faces.empty(), two) is two
    bare = Faces(one.boxes, one.scores)
    assert joined(bare, bare).probabilities is None


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load()


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_portrait_is_found_and_judged_as_upright(engine: Engine, quarters: int) -> None:
    upright = engine.detect(PORTRAIT.image)
    assert upright.labels == ["with_mask"]
    view = turned(PORTRAIT.image, quarters)
    found = engine.detect(view.image)
    assert found.labels == ["with_mask"]
    assert found.certain.tolist() == upright.certain.tolist() == [True]
    assert iou(view.back(found.boxes), upright.boxes)[0, 0] > 0.9


def test_without_the_search_no_answer_on_a_turned_face_is_certain() -> None:
    image = turned(PORTRAIT.image, 2).image
    upright = load(upright=True)
    assert upright.turning is None
    assert not upright.detect(image).certain.any()


def test_a_face_that_overflows_the_picture_is_found(engine: Engine) -> None:
    x1, y1, x2, y2 = (round(float(v)) for v in PORTRAIT.boxes[0])
    cut = np.ascontiguousarray(PORTRAIT.image[y1 + 8 : y2 - 4, x1 + 8 : x2 - 8])
    image = np.asarray(cv2.resize(cut, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC), np.uint8)
    found = engine.detect(image)
    assert len(found) == 1
    sides = found.boxes[0, 2:] - found.boxes[0, :2]
    assert (sides > 0.6 * np.array(image.shape[1::-1])).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes[0, 2:] <= image.shape[1::-1]).all()


def test_pictures_without_people_stay_empty(engine: Engine) -> None:
    assert not len(engine.detect(scene([], size=(320, 240)).image))
