"""Squares of a picture are searched side by side, and what is found there is put back where it was."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.detectors.mosaic import CELL, Mosaic, search_squares, squares_around
from maskwatch.geometry import GREY
from maskwatch.types import Faces, Image

WIDTH, HEIGHT = 640, 480


def faces(*boxes: tuple[float, float, float, float], scores: tuple[float, ...] | None = None) -> Faces:
    array = np.array(boxes, np.float32).reshape(-1, 4)
    return Faces(array, np.array(scores or [0.9] * len(boxes), np.float32))


def squares(*rows: tuple[int, int, int]) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(-1, 3)


def noise(width: int = WIDTH, height: int = HEIGHT) -> Image:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


def white_boxes(image: Image) -> Faces:
    """Finds the box around all white pixels of each cell."""
    found = []
    for y in range(0, image.shape[0], CELL):
        for x in range(0, image.shape[1], CELL):
            rows, columns = np.nonzero(image[y : y + CELL, x : x + CELL].min(axis=2) > 250)
            if len(rows):
                found.append((x + columns.min(), y + rows.min(), x + columns.max() + 1, y + rows.max() + 1))
    return faces(*found)


def around(box: tuple[float, float, float, float]) -> list[list[int]]:
    planned: list[list[int]] = squares_around(faces(box).boxes, 2, WIDTH, HEIGHT).tolist()
    return planned


class TestSquares:
    def test_a_face_lies_in_the_middle_of_its_square(self) -> None:
        assert around((100, 200, 160, 260)) == [[70, 170, 120]]

    def test_the_longer_side_counts(self) -> None:
        assert around((100, 200, 140, 280)) == [[40, 160, 160]]

    def test_a_small_face_is_not_enlarged(self) -> None:
        assert around((100, 100, 110, 110)) == [[73, 73, CELL]]

    @pytest.mark.parametrize(
        ("box", "corner"),
        [
            ((2, 2, 32, 32), (0, 0)),
            ((605, 440, 635, 470), (WIDTH - CELL, HEIGHT - CELL)),
            ((2, 440, 32, 470), (0, HEIGHT - CELL)),
        ],
    )
    def test_a_square_at_the_border_lies_inside(
        self, box: tuple[float, float, float, float], corner: tuple[int, int]
    ) -> None:
        assert around(box) == [[*corner, CELL]]

    def test_a_square_larger_than_the_picture_keeps_its_face_in_the_middle(self) -> None:
        assert around((100, 100, 400, 400)) == [[0, -50, 600]]

    def test_none(self) -> None:
        assert squares_around(faces().boxes, 2, WIDTH, HEIGHT).shape == (0, 3)


class TestDrawing:
    @pytest.mark.parametrize(
        ("number", "size"), [(1, (64, 64)), (2, (128, 64)), (4, (128, 128)), (5, (192, 128)), (9, (192, 192))]
    )
    def test_cells_fill_a_small_picture(self, number: int, size: tuple[int, int]) -> None:
        drawn = Mosaic(squares(*[(10 * i, 0, CELL) for i in range(number)])).drawn(noise())
        assert (drawn.shape[1], drawn.shape[0]) == size

    def test_a_square_of_a_cells_size_is_copied(self) -> None:
        image = noise()
        drawn = Mosaic(squares((0, 0, CELL), (576, 416, CELL), (101, 57, CELL))).drawn(image)
        assert (drawn[:CELL, CELL:] == image[416:480, 576:640]).all()
        assert (drawn[CELL:, :CELL] == image[57:121, 101:165]).all()
        assert (drawn[CELL:, CELL:] == GREY).all()

    @pytest.mark.parametrize("side", [96, 128, 192, 256, 400])
    def test_a_larger_square_is_shrunk(self, side: int) -> None:
        image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        image[:, 100 + side // 2 :] = 200
        drawn = Mosaic(squares((100, 10, side))).drawn(image)
        assert (drawn[:, : CELL // 2 - 1] == 0).all()
        assert (drawn[:, CELL // 2 + 1 :] == 200).all()

    @pytest.mark.parametrize(("width", "height"), [(1, 1), (30, 700), (63, 63)])
    def test_a_square_may_reach_out_of_the_picture(self, width: int, height: int) -> None:
        image = np.full((height, width, 3), 90, np.uint8)
        drawn = Mosaic(squares_around(faces((0, 0, 20, 20)).boxes, 2, width, height)).drawn(image)
        assert drawn.shape == (CELL, CELL, 3)
        assert (drawn == 90).all()


class TestPlacing:
    @pytest.mark.parametrize("side", [CELL, 2 * CELL, 4 * CELL])
    def test_a_box_comes_back_to_its_place(self, side: int) -> None:
        image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        boxes = [(100, 40, 100 + side // 4, 40 + side // 2), (360, 60, 360 + side // 2, 60 + side // 4)]
        for x1, y1, x2, y2 in boxes:
            image[y1:y2, x1:x2] = 255
        planned = squares(*[(x1 - side // 8, y1 - side // 8, side) for x1, y1, _, _ in boxes])
        found = search_squares(white_boxes, image, planned)
        assert sorted(found.boxes.tolist()) == [list(map(float, box)) for box in boxes]

    def test_in_each_cell(self) -> None:
        planned = squares(*[(50 * i, 30 * i, CELL * (1 + i % 2)) for i in range(7)])
        columns = 3
        marks = faces(*[(64 * (i % columns) + 20, 64 * (i // columns) + 24, 64 * (i % columns) + 40,
                         64 * (i // columns) + 50) for i in range(7)])  # fmt: skip
        placed = Mosaic(planned).placed(marks, WIDTH, HEIGHT)
        expected = [
            [x + 20 * s / CELL, y + 24 * s / CELL, x + 40 * s / CELL, y + 50 * s / CELL]
            for x, y, s in planned.tolist()
        ]
        assert sorted(placed.boxes.tolist()) == sorted(expected)

    @pytest.mark.parametrize("box", [(1, 20, 30, 50), (20, 1, 50, 30), (40, 20, 63, 50), (20, 40, 50, 63)])
    def test_what_a_square_cuts_is_left_out(self, box: tuple[float, float, float, float]) -> None:
        assert len(Mosaic(squares((100, 100, CELL))).placed(faces(box), WIDTH, HEIGHT)) == 0

    @pytest.mark.parametrize(
        ("corner", "box"),
        [((0, 0), (0, 0, 30, 30)), ((WIDTH - CELL, HEIGHT - CELL), (40, 40, 64, 64))],
    )
    def test_what_the_border_of_the_picture_cuts_stays(
        self, corner: tuple[int, int], box: tuple[float, float, float, float]
    ) -> None:
        assert len(Mosaic(squares((*corner, CELL))).placed(faces(box), WIDTH, HEIGHT)) == 1

    def test_what_lies_in_no_cell_is_left_out(self) -> None:
        planned = squares((100, 100, CELL), (200, 100, CELL), (300, 100, CELL))
        assert len(Mosaic(planned).placed(faces((80, 80, 110, 110)), WIDTH, HEIGHT)) == 0

    def test_a_face_in_two_squares_is_one(self) -> None:
        found = faces((20, 20, 40, 40), (74, 20, 94, 40), scores=(0.7, 0.9))
        placed = Mosaic(squares((100, 100, CELL), (110, 100, CELL))).placed(found, WIDTH, HEIGHT)
        assert placed.boxes.tolist() == [[120, 120, 140, 140]]
        assert placed.scores.tolist() == [pytest.approx(0.9)]

    def test_no_squares_need_no_search(self) -> None:
        def search(image: Image) -> Faces:
            raise AssertionError("nothing to search")

        assert len(search_squares(search, noise(), squares())) == 0
