"""Frames are searched around known faces, and widely when it is due."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.detectors.fine_search import FineSearch, pieces
from maskwatch.detectors.mosaic import CELL
from maskwatch.detectors.tracked_search import MOST, TrackedSearch
from maskwatch.types import Faces, Image

SIZE = (1280, 720)
NOBODY = np.zeros((0, 4), np.float32)


def at(*centres: tuple[float, float], side: float = 30) -> NDArray[np.float32]:
    return np.array(
        [[x - side / 2, y - side / 2, x + side / 2, y + side / 2] for x, y in centres], np.float32
    ).reshape(-1, 4)


class Seen:
    """Finds a face in the middle of all that is searched, and remembers what that was."""

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.log: list[tuple[int, int] | list[list[int]]] = []

    def search(self, image: Image) -> Faces:
        self.log.append((image.shape[1], image.shape[0]))
        return self._faces(at((image.shape[1] / 2, image.shape[0] / 2)))

    def search_in(self, image: Image, squares: NDArray[np.int64]) -> Faces:
        self.log.append(squares.tolist())
        return self._faces(at(*[(x + side / 2, y + side / 2) for x, y, side in squares.tolist()]))

    def _faces(self, boxes: NDArray[np.float32]) -> Faces:
        return Faces(boxes, np.full(len(boxes), self.score, np.float32))

    def kinds(self) -> str:
        """W for a whole frame, p for a piece, s for squares; one letter a search."""
        return "".join(
            "s" if isinstance(entry, list) else "W" if entry == SIZE else "p" for entry in self.log
        )


def tracked(seen: Seen, side: int | None = 608, least: float = 0.4) -> TrackedSearch:
    return TrackedSearch(seen.search, seen.search_in, side, least)


def play(
    seen: Seen, times: list[float], expected: NDArray[np.float32] = NOBODY, side: int | None = 608
) -> list[Faces]:
    search = tracked(seen, side)
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    return [search.candidates(image, t, expected) for t in times]


def times(fps: float, frames: int) -> list[float]:
    return [i / fps for i in range(frames)]


FIRST = "Wps" * 4
"""The first eight frames: each of the four pieces has its turn, faces beside it are searched, too."""


@pytest.mark.parametrize(
    ("fps", "kinds"),
    [
        (30, FIRST + "ss" + "Wss" + "psss" + "Wss"),
        (15, FIRST + "s" + "Ws" + "pss" + "Ws"),
        (60, FIRST + "sssss" + "Wsssss" + "ps"),
        (10, "W" + "Wp" * 7),
    ],
)
def test_wide_searches_come_every_tenth_of_a_second(fps: float, kinds: str) -> None:
    seen = Seen()
    play(seen, times(fps, 20), at((400, 300)))
    assert seen.kinds()[: len(kinds)] == kinds


def test_every_piece_has_its_turn() -> None:
    seen = Seen()
    play(seen, times(30, 8))
    assert sorted(entry for entry in seen.log if isinstance(entry, tuple) and entry != SIZE) == sorted(
        (piece.x2 - piece.x1, piece.y2 - piece.y1) for piece in pieces(*SIZE, 608)
    )


def test_slow_frames_are_searched_as_without_tracking() -> None:
    seen, other = Seen(), Seen()
    fine = FineSearch(other.search, 608)
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    found = play(seen, times(5, 12), at((400, 300)))
    expected = [fine.candidates(image, t) for t in times(5, 12)]
    assert sorted(seen.log) == sorted(other.log)
    assert [f.boxes.tolist() for f in found] == [f.boxes.tolist() for f in expected]


def test_without_pieces_every_wide_search_is_one_of_the_whole() -> None:
    seen = Seen()
    play(seen, times(30, 9), at((400, 300)), side=None)
    assert seen.kinds() == "WssWssWss"


def test_squares_follow_the_expected_faces() -> None:
    seen = Seen()
    found = play(seen, times(30, 9), at((400, 300), (900, 500)))[-1]
    assert seen.log[-1] == [[368, 268, CELL], [868, 468, CELL]]
    assert sorted(found.boxes.tolist()) == at((400, 300), (900, 500)).tolist()


def test_squares_grow_with_the_time_between_two_frames() -> None:
    seen = Seen()
    for gap in (0.02, 0.06):
        play(seen, [0, gap], at((400, 300), side=100), side=None)
    sides = [entry[0][2] for entry in seen.log if isinstance(entry, list)]
    assert sides == [190, 230]


def test_the_first_frame_and_one_of_another_size_are_searched_as_a_whole() -> None:
    seen = Seen()
    search = tracked(seen, None)
    for t, size in ((0.0, SIZE), (0.03, SIZE), (0.05, (640, 360)), (0.07, (640, 360)), (0.09, SIZE)):
        search.candidates(np.zeros((size[1], size[0], 3), np.uint8), t, at((300, 200)))
    whole = [entry if isinstance(entry, tuple) else "squares" for entry in seen.log]
    assert whole == [SIZE, "squares", (640, 360), "squares", SIZE]


def test_whom_the_piece_shows_is_not_searched_again() -> None:
    seen = Seen()
    piece = pieces(*SIZE, 608)[0]
    inside = (piece.x1 + 100, piece.y1 + 100)
    beside = (piece.x2 + 100, piece.y1 + 100)
    at_the_edge = (piece.x2, piece.y1 + 200)
    play(seen, times(30, 2), at(inside, beside, at_the_edge))
    assert seen.kinds() == "Wps"
    assert seen.log[-1] == [
        [beside[0] - CELL // 2, beside[1] - CELL // 2, CELL],
        [at_the_edge[0] - CELL // 2, at_the_edge[1] - CELL // 2, CELL],
    ]


@pytest.mark.parametrize("centre", [(10, 300), (1270, 300), (400, 10), (400, 712)])
def test_whom_the_edge_cuts_is_left_to_the_wide_searches(centre: tuple[float, float]) -> None:
    seen = Seen()
    assert len(play(seen, times(30, 2), at(centre), side=None)[-1]) == 0
    assert seen.log[-1] == []


@pytest.mark.parametrize(("score", "found"), [(0.39, 0), (0.41, 1)])
def test_around_known_faces_only_sure_boxes_count(score: float, found: int) -> None:
    seen = Seen(score)
    whole, squares = play(seen, times(30, 2), at((400, 300)), side=None)
    assert (len(whole), len(squares)) == (1, found)


@pytest.mark.parametrize(("people", "frames"), [(MOST, 1), (MOST + 1, 2), (2 * MOST, 2), (50, 6)])
def test_of_many_faces_each_has_its_turn(people: int, frames: int) -> None:
    seen = Seen()
    centres = [(100 + 20 * i, 300.0) for i in range(people)]
    play(seen, [0, *(0.001 * (i + 1) for i in range(frames))], at(*centres), side=None)
    turns = [entry for entry in seen.log if isinstance(entry, list)]
    assert all(len(turn) <= MOST for turn in turns)
    searched = sorted(x + CELL // 2 for turn in turns for x, _, _ in turn)
    assert searched == [x for x, _ in centres]


def test_equal_times_give_equal_searches() -> None:
    jittered = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.1, 60)).tolist()
    logs = []
    for _ in range(2):
        seen = Seen()
        play(seen, jittered, at(*[(100 + 50 * i, 300) for i in range(14)]))
        logs.append(seen.log)
    assert logs[0] == logs[1]
