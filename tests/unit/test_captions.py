from __future__ import annotations

import numpy as np
import pytest

from maskwatch.annotate import STYLES, annotate
from maskwatch.captions import covers, place
from maskwatch.types import Faces

PICTURE = (200, 200)
SIZE = (40, 20)
BOX = (80, 80, 120, 120)


def test_what_touches_is_not_covered() -> None:
    assert not covers((80, 60, 120, 80), [BOX, (0, 0, 80, 80)])
    assert covers((80, 60, 120, 80), [(0, 0, 9, 9), (119, 79, 130, 90)])


def test_above_is_the_usual_place() -> None:
    assert place(SIZE, BOX, PICTURE) == (80, 60, 120, 80)


def test_below_where_a_face_is_above() -> None:
    assert place(SIZE, BOX, PICTURE, [(80, 30, 120, 78)]) == (80, 120, 120, 140)
    assert place(SIZE, (80, 0, 120, 40), PICTURE) == (80, 40, 120, 60)  # no room above


def test_aside_of_a_neighbour_that_is_half_in_the_way() -> None:
    wide, neighbour = (60, 20), (125, 40, 160, 78)
    assert place(wide, BOX, PICTURE, [neighbour]) == (60, 60, 120, 80)  # ends where the face ends


def test_inside_between_faces_and_captions() -> None:
    others = [(0, 30, 200, 80), (0, 120, 200, 170)]
    assert place((30, 10), BOX, PICTURE, others, [(80, 80, 110, 90)]) == (50, 80, 80, 90)  # beside it
    walls = [*others, (0, 80, 80, 120), (120, 80, 200, 120)]
    assert place((40, 10), BOX, PICTURE, walls) == (80, 80, 120, 90)


@pytest.mark.parametrize(
    "box", [(-9, -9, 20, 20), (180, 180, 220, 220), (0, 0, 200, 200), (50, 195, 60, 200)]
)
def test_always_inside_the_picture(box: tuple[int, int, int, int]) -> None:
    x1, y1, x2, y2 = place(SIZE, box, PICTURE, [(0, 0, 200, 100)])
    assert 0 <= x1 < x2 <= 200
    assert 0 <= y1 < y2 <= 200


def test_a_drawn_caption_covers_no_other_face() -> None:
    boxes = np.array([[100, 100, 180, 180], [100, 10, 180, 96]], np.float32)
    probabilities = np.tile(np.array([0.9, 0.05, 0.05], np.float32), (2, 1))
    image = np.full((300, 300, 3), 127, np.uint8)
    drawn = annotate(image, Faces(boxes, np.array([0.9, 0.8], np.float32), probabilities))
    filled = (drawn == STYLES["with_mask"].colour).all(axis=2)
    for x1, y1, x2, y2 in boxes.astype(int):
        assert filled[y1 + 5 : y2 - 5, x1 + 5 : x2 - 5].mean() < 0.01
