"""Frames of a stream are searched by turns: as a whole, and in pieces."""

from __future__ import annotations

import numpy as np
import pytest

from maskwatch.detectors.fine_search import FineSearch, pieces
from maskwatch.types import Faces, Image


class Seen:
    """Finds one face of 20 x 20 pixels at the middle of what it is given, and remembers the sizes."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, image: Image) -> Faces:
        height, width = image.shape[:2]
        self.sizes.append((width, height))
        x, y = width / 2, height / 2
        box = np.array([[x - 10, y - 10, x + 10, y + 10]], np.float32)
        return Faces(box, np.array([0.9], np.float32))


def play(
    width: int, height: int, fps: float, frames: int, side: int | None = 608
) -> tuple[Seen, list[Faces]]:
    seen = Seen()
    search = FineSearch(seen, side)
    image = np.zeros((height, width, 3), np.uint8)
    return seen, [search.candidates(image, i / fps) for i in range(frames)]


@pytest.mark.parametrize(
    ("width", "height"), [(1280, 720), (1920, 1080), (720, 1280), (1000, 1000), (3840, 2160)]
)
def test_pieces_cover_the_frame_and_overlap(width: int, height: int) -> None:
    planned = pieces(width, height, 608)
    covered = np.zeros((height, width), int)
    for piece in planned:
        covered[piece.y1 : piece.y2, piece.x1 : piece.x2] += 1
        assert 0 <= piece.x1 < piece.x2 <= width
        assert 0 <= piece.y1 < piece.y2 <= height
    assert covered.min() == 1
    assert covered.max() >= 2
    assert 4 <= len(planned) <= 9
    assert len(set(planned)) == len(planned)


def test_a_face_in_the_overlap_is_whole_in_one_piece() -> None:
    planned = pieces(1280, 720, 608)
    for x in range(0, 1280 - 40, 7):
        box = np.array([[x, 340, x + 40, 380]], np.float32)
        inside = [p for p in planned if p.x1 <= x and x + 40 <= p.x2 and p.y1 <= 340 and p.y2 >= 380]
        assert any(piece.whole(box, 1280, 720)[0] for piece in inside)


@pytest.mark.parametrize(("width", "side"), [(640, 608), (790, 608), (608, 608), (64, 608)])
def test_small_frames_are_searched_as_a_whole(width: int, side: int) -> None:
    seen, _ = play(width, 100, 30, 10, side)
    assert seen.sizes == [(width, 100)] * 10


def test_a_detector_that_does_not_tell_its_size_searches_the_whole() -> None:
    seen, _ = play(1280, 720, 30, 10, None)
    assert seen.sizes == [(1280, 720)] * 10


@pytest.mark.parametrize(("fps", "whole", "searches"), [(30, 10, 30), (15, 8, 15), (5, 5, 9), (1, 1, 1)])
def test_the_whole_comes_every_tenth_of_a_second_or_every_second_frame(
    fps: int, whole: int, searches: int
) -> None:
    seen, _ = play(1280, 720, fps, fps)
    assert seen.sizes.count((1280, 720)) == whole
    assert len(seen.sizes) == searches
    assert seen.sizes[0] == (1280, 720)


def test_a_face_that_both_searches_find_is_one() -> None:
    def search(image: Image) -> Faces:
        whole = image.shape[:2] == (720, 1280)
        box = [60, 60, 90, 90] if whole else [61, 60, 91, 90]  # the first piece begins at 0, 0
        return Faces(np.array([box], np.float32), np.array([0.8 if whole else 0.9], np.float32))

    fine = FineSearch(search, 608)
    image = np.zeros((720, 1280, 3), np.uint8)
    fine.candidates(image, 0)
    found = fine.candidates(image, 0.2)
    assert found.boxes.tolist() == [[61, 60, 91, 90]]
    assert found.scores.tolist() == [pytest.approx(0.9)]


def test_every_piece_has_its_turn_within_half_a_second() -> None:
    seen, found = play(1280, 720, 30, 15)
    assert len(seen.sizes) == 15
    corners = {tuple(faces.boxes[0].tolist()) for faces in found}
    assert len(corners) == 5  # the middle of the whole, and of each of the four pieces


def test_boxes_are_those_of_the_frame() -> None:
    _, found = play(1280, 720, 30, 3)
    piece = pieces(1280, 720, 608)[0]
    x, y = (piece.x1 + piece.x2) / 2, (piece.y1 + piece.y2) / 2
    assert found[1].boxes[0] == pytest.approx([x - 10, y - 10, x + 10, y + 10], abs=1)


def test_what_a_piece_cuts_is_left_to_the_others() -> None:
    piece = pieces(1280, 720, 608)[0]

    def cut(image: Image) -> Faces:
        width = image.shape[1]
        box = np.array([[width - 20, 100, width, 120]], np.float32)
        return Faces(box, np.array([0.9], np.float32))

    search = FineSearch(cut, 608)
    image = np.zeros((720, 1280, 3), np.uint8)
    assert len(search.candidates(image, 0)) == 1
    assert piece.x2 < 1280
    assert len(search.candidates(image, 1 / 30)) == 0


def test_a_stream_that_changes_its_size_or_its_clock_goes_on() -> None:
    seen = Seen()
    search = FineSearch(seen, 608)
    for t, size in (
        (0.0, (720, 1280)),
        (0.03, (720, 1280)),
        (0.06, (480, 640)),
        (0.01, (1080, 1920)),
        (0.01, (9, 9)),
    ):
        search.candidates(np.zeros((*size, 3), np.uint8), t)
    assert len(seen.sizes) == 5
