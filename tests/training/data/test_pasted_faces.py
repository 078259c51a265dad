"""A pasted face has the box that it is given, where nothing else was; the rest of the picture stays."""

from __future__ import annotations

import numpy as np
import pytest

from maskwatch.training.data.pasted_faces import cut_head, paste_face
from maskwatch.types import Image

NO_BOXES = np.zeros((0, 4), np.float32)


def picture() -> Image:
    """Grey, with a bright face of 30 x 40 pixels."""
    image = np.full((200, 300, 3), 90, np.uint8)
    image[60:100, 100:130] = 220
    return image


FACE = np.array([100, 60, 130, 100], np.float32)


def test_a_head_is_cut_out_with_what_is_around_its_face() -> None:
    part, face = cut_head(picture(), FACE)
    assert part.shape == (68, 52, 3)
    x1, y1, x2, y2 = face.astype(int)
    assert (x2 - x1, y2 - y1) == (30, 40)
    assert part[y1:y2, x1:x2].min() == 220
    assert part[: y1 - 1].max() == 90


def test_a_face_that_reaches_out_of_its_picture_is_cut_at_the_edge() -> None:
    part, face = cut_head(picture(), np.array([-10, -5, 20, 30], np.float32))
    assert face.tolist() == [0, 0, 20, 30]
    assert part.shape[:2] == (41, 27)
    assert min(cut_head(picture(), np.array([300, 10, 330, 50], np.float32))[0].shape[:2]) == 0


@pytest.mark.parametrize("height", [40.0, 20.0, 12.0])
def test_the_box_is_where_the_face_is(height: float) -> None:
    part, face = cut_head(picture(), FACE)
    below = np.full((320, 320, 3), 90, np.uint8)
    image, box = paste_face(below, NO_BOXES, part, face, height, np.random.default_rng(1))
    assert box is not None
    assert box[3] - box[1] == pytest.approx(height, abs=0.5)
    assert below.max() == 90  # not changed
    y, x = np.nonzero(image[..., 0].astype(int) - 90 > 30)
    assert [x.min(), y.min(), x.max() + 1, y.max() + 1] == pytest.approx(box.tolist(), abs=2.5)


def test_a_face_is_never_enlarged() -> None:
    below, rng = np.zeros((320, 320, 3), np.uint8), np.random.default_rng(0)
    _, box = paste_face(below, NO_BOXES, *cut_head(picture(), FACE), 90.0, rng)
    assert box is not None
    assert box[3] - box[1] == 40


def test_it_covers_no_other_face_and_is_left_out_where_there_is_no_room() -> None:
    part, face = cut_head(picture(), FACE)
    left, rng = np.array([[0, 0, 160, 320]], np.float32), np.random.default_rng(0)
    below = np.zeros((320, 320, 3), np.uint8)
    placed = [paste_face(below, left, part, face, 40.0, rng)[1] for _ in range(50)]
    boxes = [box for box in placed if box is not None]
    assert len(boxes) > 25
    assert min(float(box[0]) for box in boxes) > 160
    image, box = paste_face(below, np.array([[0, 0, 320, 320]], np.float32), part, face, 40.0, rng)
    assert box is None
    assert image is below
    assert paste_face(below[:60, :60], NO_BOXES, part, face, 40.0, rng)[1] is None


def test_it_takes_on_half_of_the_brightness_of_its_place() -> None:
    part, face = cut_head(picture(), FACE)
    dark, bright = (
        paste_face(np.full((320, 320, 3), v, np.uint8), NO_BOXES, part, face, 40.0, np.random.default_rng(2))
        for v in (20, 160)
    )
    assert dark[1] is not None
    x, y = ((dark[1][:2] + dark[1][2:]) / 2).astype(int)
    assert int(bright[0][y, x, 0]) - int(dark[0][y, x, 0]) == pytest.approx(70, abs=3)
