"""Boxes of each frame become stable numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.people.tracking import Tracker

SIZE = (1280, 720)

Found = tuple[float, float, float, float]  # x and y of the centre, side, score


def frame(found: Sequence[Found]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns boxes and scores."""
    rows = np.array(found, np.float32).reshape(-1, 4)
    half = rows[:, 2:3] / 2
    return np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1), rows[:, 3]


def update(tracker: Tracker, t: float, *found: Found) -> list[int]:
    """Gives the tracker a frame."""
    numbers = tracker.update(*frame(found), t, SIZE)
    assert numbers.dtype == np.int64
    assert numbers.shape == (len(found),)
    assert all(tracker.tracks[n].seen for n in numbers.tolist() if n > 0)
    return [int(n) for n in numbers]


def times(rate: float, start: float, stop: float) -> list[float]:
    """Returns the times of frames from `start`, before `stop`."""
    return [start + i / rate for i in range(round((stop - start) * rate))]


def standing(tracker: Tracker, seconds: float = 1.0, *, x: float = 600.0, score: float = 0.9) -> float:
    """Shows a face that stands still; returns the time of the last frame."""
    frames = times(10, 0, seconds)
    for t in frames:
        update(tracker, t, (x, 300, 40, score))
    return frames[-1]


def test_first_faces_get_numbers_from_1_by_score() -> None:
    assert update(Tracker(0.3), 0.0, (100, 100, 30, 0.5), (400, 100, 30, 0.9), (700, 100, 30, 0.7)) == [
        3,
        1,
        2,
    ]


def test_a_track_tells_what_is_known_of_it() -> None:
    tracker = Tracker(0.3)
    for t in times(10, 5, 6):
        update(tracker, t, (300 + 100 * (t - 5), 300, 40, 0.9))
    track = tracker.tracks[1]
    assert (track.number, track.seen, track.hits) == (1, True, 10)
    assert track.first_seen == 5.0
    assert track.last_seen == pytest.approx(5.9)
    assert track.velocity == pytest.approx([100, 0], abs=10)
    np.testing.assert_allclose(track.box, [370, 280, 410, 320], atol=0.1)
    update(tracker, 6.0)
    assert not track.seen
    assert track.hits == 10
    assert track.last_seen == pytest.approx(5.9)
    assert track.box.dtype == np.float32
    np.testing.assert_allclose(track.box, [380, 280, 420, 320], atol=3)


@pytest.mark.parametrize(("hidden", "kept"), [(1.9, True), (2.1, False)])
@pytest.mark.parametrize("rate", [30, 15, 10, 5])
def test_hidden_for_two_seconds_keeps_the_number(rate: float, hidden: float, kept: bool) -> None:
    tracker = Tracker(0.3, hidden=2.0)
    last = standing(tracker)
    for t in times(rate, last, last + hidden)[1:]:
        update(tracker, t)
    assert update(tracker, last + hidden, (610, 302, 41, 0.8)) == [1 if kept else 2]


def test_hidden_for_exactly_the_time_keeps_the_number() -> None:
    tracker = Tracker(0.3, hidden=0.3)
    update(tracker, 0.1, (600, 300, 40, 0.9))
    assert update(tracker, 0.1 + 0.1 + 0.1 + 0.1, (600, 300, 40, 0.9)) == [1]


def test_a_walker_is_expected_further_on() -> None:
    tracker = Tracker(0.3)
    for t in times(10, 0, 1):
        update(tracker, t, (300 + 200 * t, 300, 40, 0.9))
    for t in times(10, 1, 2):
        update(tracker, t)
    # One second later two faces appear: where the walker must be by now, and where nobody was going.
    assert update(tracker, 2.0, (640, 300, 40, 0.9), (160, 300, 40, 0.9)) == [1, 2]


@pytest.mark.parametrize(
    ("later", "widths", "same"),
    [(0.1, 0.5, True), (0.1, 2, False), (0.5, 2, True), (0.5, 6, False), (1.9, 5, True), (1.9, 20, False)],
)
def test_how_far_somebody_who_stood_may_have_gone(later: float, widths: float, same: bool) -> None:
    tracker = Tracker(0.3)
    last = standing(tracker, x=200)
    assert update(tracker, last + later, (200 + widths * 40, 300, 40, 0.9)) == [1 if same else 2]


def test_a_face_of_quite_another_size_is_somebody_else() -> None:
    tracker = Tracker(0.3)
    last = standing(tracker)
    assert update(tracker, last + 0.1, (600, 300, 120, 0.9)) == [2]


class TestUnsureBoxes:
    """They keep tracks, but begin none."""

    def test_never_begin_a_track(self) -> None:
        tracker = Tracker(0.3)
        for t in times(10, 0, 3):
            assert update(tracker, t, (600, 300, 40, 0.29)) == [-1]
        assert not tracker.tracks

    def test_keep_a_track(self) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker)
        for t in times(10, last + 0.1, last + 4):
            assert update(tracker, t, (602, 300, 40, 0.15)) == [1]
        assert tracker.tracks[1].hits > 40

    def test_yield_to_sure_ones(self) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker)
        assert update(tracker, last + 0.1, (600, 300, 40, 0.2), (612, 303, 41, 0.5)) == [-1, 1]

    @pytest.mark.parametrize(("hidden", "number"), [(0.6, 1), (1.5, -1)])
    def test_bring_back_only_who_was_seen_a_moment_ago(self, hidden: float, number: int) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker)
        for t in times(10, last + 0.1, last + hidden):
            update(tracker, t)
        assert update(tracker, last + hidden, (600, 300, 40, 0.2)) == [number]
        assert update(tracker, last + hidden + 0.1, (600, 300, 40, 0.9)) == [1]

    def test_bring_back_whoever_was_in_the_frame_before(self) -> None:
        tracker = Tracker(0.3)
        standing(tracker, 1.0)
        assert update(tracker, 1.9 + 0.3, (600, 300, 40, 0.2)) == [1], "1.3 s without a frame"

    @pytest.mark.parametrize(("widths", "number"), [(0.5, 1), (0.95, -1)])
    def test_must_be_nearer_than_sure_ones(self, widths: float, number: int) -> None:
        for score, expected in ((0.2, number), (0.9, 1)):
            tracker = Tracker(0.3)
            last = standing(tracker)
            assert update(tracker, last + 0.1, (600 + widths * 40, 300, 40, score)) == [expected]


class TestEdge:
    """Who walks out of the frame is not waited for."""

    @pytest.mark.parametrize(("gone", "kept"), [(0.4, True), (0.7, False)])
    @pytest.mark.parametrize(
        ("side", "speed"), [("left", 400), ("right", 400), ("right", 120), ("top", 120), ("bottom", 120)]
    )
    def test_leaving(self, side: str, speed: float, gone: float, kept: bool) -> None:
        """The face, 80 pixels wide, has touched the edge when it is last found at 1.4 s."""
        tracker = Tracker(0.3)
        last = 1.4
        for t in times(10, 0, last + 0.1):
            left = speed * (last - t) + 35
            x, y = {
                "left": (left, 300),
                "right": (SIZE[0] - left, 300),
                "top": (600, left),
                "bottom": (600, SIZE[1] - left),
            }[side]
            assert update(tracker, t, (x, y, 80, 0.9)) == [1]
        for t in times(10, last + 0.1, last + gone + 0.05):
            update(tracker, t)
        assert (1 in tracker.tracks) is kept

    def test_standing_at_the_edge_is_not_leaving(self) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker, x=10)
        for t in times(10, last + 0.1, last + 1.8):
            update(tracker, t)
        assert update(tracker, last + 1.8, (12, 300, 40, 0.9)) == [1]

    def test_coming_in_is_not_leaving(self) -> None:
        tracker = Tracker(0.3)
        for t in times(10, 0, 0.4):
            update(tracker, t, (5 + 60 * t, 300, 40, 0.9))
        for t in times(10, 0.4, 1.2):
            update(tracker, t)
        assert update(tracker, 1.2, (50, 300, 40, 0.9)) == [1]

    def test_the_very_next_frame_counts_however_late_it_comes(self) -> None:
        tracker = Tracker(0.3)
        for t in (0.0, 0.7, 1.4):
            numbers = update(tracker, t, (1120 + 120 * t, 300, 80, 0.9))
        assert numbers == [1]


def rates_and_drops() -> Iterable[tuple[float, float]]:
    """Returns frames a second with the share of them that is dropped."""
    return [(30, 0.0), (30, 0.6), (15, 0.0), (15, 0.6), (10, 0.3), (5, 0.0)]


@pytest.mark.parametrize(("rate", "dropped"), rates_and_drops())
@pytest.mark.parametrize("seed", range(3))
def test_a_walker_keeps_the_number(rate: float, dropped: float, seed: int) -> None:
    """Seven widths a second; 15 % of the frames miss the face, boxes are placed with an error of 5 %."""
    rng = np.random.default_rng(seed)
    tracker = Tracker(0.3)
    given = set()
    for t in times(rate, 0, 4):
        if rng.uniform() < dropped and t > 0:
            continue
        x, y, side = np.array([100 + 280 * t, 300, 40]) + rng.normal(0, 2, 3)
        given.update(update(tracker, t, *([(x, y, side, 0.8)] if rng.uniform() > 0.15 else [])))
    assert given == {1}


@pytest.mark.parametrize(("rate", "dropped"), rates_and_drops())
@pytest.mark.parametrize("seed", range(3))
def test_people_who_cross_keep_their_numbers(rate: float, dropped: float, seed: int) -> None:
    """Two walk past one another; the one behind is not found where less than a width is between them."""
    rng = np.random.default_rng(seed)
    tracker = Tracker(0.3)
    first: list[int] = []
    for t in times(rate, 0, 4):
        if rng.uniform() < dropped and t > 0:
            continue
        left, right = 300 + 150 * t, 900 - 150 * t
        found = [(left, 300.0, 50.0, 0.9)]
        if abs(left - right) > 50:
            found.append((right, 310.0, 44.0, 0.8))
        found = [(x + rng.normal(0, 1.5), y + rng.normal(0, 1.5), side, score) for x, y, side, score in found]
        numbers = update(tracker, t, *found)
        first = first or numbers
        assert numbers == first[: len(numbers)]


class TestTimes:
    """Whatever the times of the frames, nothing breaks."""

    def test_equal_and_nearly_equal(self) -> None:
        tracker = Tracker(0.3)
        for t in (0.0, 0.0, 0.0, 1e-9, 0.1, 0.1):
            assert update(tracker, t, (600, 300, 40, 0.9)) == [1]
        assert np.isfinite(tracker.tracks[1].box).all()
        assert np.isfinite(tracker.tracks[1].velocity).all()

    def test_backwards(self) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker)
        assert update(tracker, last - 30, (600, 300, 40, 0.9)) == [1]

    def test_a_long_gap_drops_all(self) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker)
        assert update(tracker, last + 3600, (600, 300, 40, 0.9)) == [2]
        assert list(tracker.tracks) == [2]

    def test_a_stream_may_begin_late(self) -> None:
        assert update(Tracker(0.3), 1e6, (600, 300, 40, 0.9)) == [1]


def test_frames_without_boxes() -> None:
    tracker = Tracker(0.3)
    for t in times(10, 0, 1):
        assert update(tracker, t) == []
    standing(tracker)
    update(tracker, 1.0)
    assert list(tracker.tracks) == [1]


class TestDoubles:
    """One face has one track."""

    @pytest.mark.parametrize(
        "double",
        [pytest.param((613, 300, 40, 0.5), id="shifted"), pytest.param((600, 306, 20, 0.5), id="part")],
    )
    def test_a_second_box_on_a_face_begins_no_track(self, double: Found) -> None:
        tracker = Tracker(0.3)
        assert update(tracker, 0.0, double, (600, 300, 40, 0.9)) == [-1, 1]
        assert update(tracker, 0.1, (600, 300, 40, 0.9), double) == [1, -1]

    def test_the_younger_of_two_tracks_that_come_to_lie_on_one_face_is_dropped(self) -> None:
        tracker = Tracker(0.3)
        for t in times(10, 0, 1):
            update(tracker, t, (600, 300, 60, 0.9), (680 - 70 * t, 300, 60, 0.9))
        assert update(tracker, 1.0, (612, 300, 60, 0.9), (600, 300, 60, 0.9))
        assert list(tracker.tracks) == [1]

    def test_neighbours_are_no_doubles(self) -> None:
        tracker = Tracker(0.3)
        for t in times(10, 0, 1):
            assert update(tracker, t, (600, 300, 40, 0.9), (624, 300, 40, 0.8)) == [1, 2]


def test_drop_forgets_one_track_alone() -> None:
    tracker = Tracker(0.3)
    assert update(tracker, 0.0, (200, 300, 40, 0.9), (600, 300, 40, 0.8), (900, 300, 40, 0.7)) == [1, 2, 3]
    tracker.drop(2)
    tracker.drop(7)
    assert list(tracker.tracks) == [1, 3]
    assert update(tracker, 0.1, (200, 300, 40, 0.9), (600, 300, 40, 0.8), (900, 300, 40, 0.7)) == [1, 4, 3]


@pytest.mark.parametrize("rate", [30, 10])
def test_fifty_people(rate: float) -> None:
    """They move at random, a tenth is missed in each frame, and boxes come in any order."""
    rng = np.random.default_rng(0)
    places = np.stack(np.meshgrid(np.arange(10) * 120 + 80, np.arange(5) * 130 + 90), axis=-1).reshape(-1, 2)
    sides = rng.uniform(18, 36, 50)
    velocity = np.zeros((50, 2))
    now = places.astype(np.float64)
    tracker = Tracker(0.3)
    numbers = np.zeros(50, np.int64)
    for t in times(rate, 0, 3):
        velocity = 0.9 * velocity + rng.normal(0, 0.3, (50, 2)) * sides[:, None]
        now = now + velocity / rate + (places - now) / rate
        order = rng.permutation(50)[: 45 if t else 50]
        found = [
            (*(now[i] + rng.normal(0, 0.05 * sides[i], 2)), sides[i], rng.uniform(0.3, 1)) for i in order
        ]
        given = np.array(update(tracker, t, *found))
        if not t:
            numbers[order] = given
        np.testing.assert_array_equal(given, numbers[order])
    assert len(tracker.tracks) == 50


def test_what_lies_inside_a_larger_face_is_a_part_of_it() -> None:
    tracker = Tracker(0.5)
    face, mouth = [100, 100, 200, 220], [120, 160, 170, 210]
    for i in range(5):
        boxes = np.array([face] if i % 2 == 0 else [mouth], np.float32)  # a piece of the frame cuts the face
        numbers = tracker.update(boxes, np.array([0.9], np.float32), i / 30, (640, 480))
        assert numbers.tolist() == ([1] if i % 2 == 0 else [-1])
    assert list(tracker.tracks) == [1]


def test_a_part_that_came_first_is_forgotten_for_the_face() -> None:
    tracker = Tracker(0.5)
    for i, box in enumerate([[120, 160, 170, 210], [100, 100, 200, 220], [100, 100, 200, 220]]):
        tracker.update(np.array([box], np.float32), np.array([0.9], np.float32), i / 30, (640, 480))
    assert [track.box.tolist() for track in tracker.tracks.values()] == [[100, 100, 200, 220]]


def test_a_hidden_person_is_not_found_in_the_face_in_front() -> None:
    tracker = Tracker(0.5)
    behind, front, mouth = [150, 110, 210, 190], [100, 100, 210, 230], [140, 165, 195, 215]
    scores = np.array([0.9], np.float32)
    for i in range(10):
        tracker.update(np.array([behind], np.float32), scores, i / 30, (640, 480))
    for i in range(10, 16):
        tracker.update(np.array([front if i % 2 else mouth], np.float32), scores, i / 30, (640, 480))
    assert not tracker.tracks[1].seen or tracker.tracks[1].box.tolist() != mouth


@pytest.mark.parametrize(("gap", "number"), [(2.4, 1), (4.9, 1), (5.1, 2)])
def test_time_without_frames_is_not_time_without_a_face(gap: float, number: int) -> None:
    tracker = Tracker(0.5)
    box, score = np.array([[100, 100, 160, 180]], np.float32), np.array([0.9], np.float32)
    for t in (0.0, 0.1, 0.2, 0.2 + gap):
        numbers = tracker.update(box, score, t, (640, 480))
    assert numbers.tolist() == [number]


def test_tracks_move_with_a_picture_that_changes_its_size() -> None:
    tracker = Tracker(0.5)
    score = np.array([0.9], np.float32)
    for i in range(20):
        box = np.array([[100 + 3 * i, 100, 160 + 3 * i, 180]], np.float32)
        tracker.update(box, score, i / 10, (640, 480))
    box = np.array([[3 * 160, 3 * 100, 3 * 220, 3 * 180]], np.float32)
    assert tracker.update(box, score, 2.0, (1920, 1440)).tolist() == [1]
    assert tracker.tracks[1].velocity[0] == pytest.approx(90, abs=25)


def test_what_turned_out_to_be_no_face_hides_nobody() -> None:
    tracker = Tracker(0.5)
    poster, face = [150, 100, 450, 400], [250, 200, 300, 250]
    for i in range(5):
        tracker.update(np.array([poster], np.float32), np.array([0.9], np.float32), i / 10, (640, 480))
    both, scores = np.array([poster, face], np.float32), np.array([0.9, 0.8], np.float32)
    assert tracker.update(both, scores, 0.5, (640, 480)).tolist() == [1, -1]
    assert tracker.update(both, scores, 0.6, (640, 480), no_faces={1}).tolist() == [1, 2]


class TestExpected:
    def test_a_walker_is_expected_further_on_and_nothing_moves(self) -> None:
        tracker = Tracker(0.3)
        for t in times(30, 0, 1):
            update(tracker, t, (300 + 200 * t, 300, 40, 0.9), (900, 300, 40, 0.9))
        before = tracker.tracks[1].box.copy()
        expected = tracker.expected(29 / 30 + 0.1, 0.5)
        assert expected[:, 0] == pytest.approx([300 + 200 * (29 / 30 + 0.1) - 20, 880], abs=4)
        np.testing.assert_array_equal(tracker.tracks[1].box, before)

    @pytest.mark.parametrize(("hidden", "number"), [(0.4, 1), (0.6, 0)])
    def test_only_who_was_found_lately(self, hidden: float, number: int) -> None:
        tracker = Tracker(0.3)
        last = standing(tracker)
        update(tracker, last + 0.05)
        assert len(tracker.expected(last + hidden, 0.5)) == number

    def test_not_what_is_no_face(self) -> None:
        tracker = Tracker(0.3)
        update(tracker, 0, (300, 300, 40, 0.9), (900, 300, 40, 0.8))
        assert tracker.expected(0.1, 0.5, {1})[:, 0] == pytest.approx([880], abs=1)

    def test_nobody_at_first(self) -> None:
        assert Tracker(0.3).expected(0.0, 0.5).shape == (0, 4)
