"""The filter that says where faces are going."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.people.kalman import BoxFilter, Motion


def box(x: float, y: float, side: float = 40.0) -> NDArray[np.float32]:
    """Returns a square box (1, 4) around a centre."""
    return np.array([[x - side / 2, y - side / 2, x + side / 2, y + side / 2]], np.float32)


def follow(speed: float, rate: float, seconds: float = 2.0, side: float = 40.0) -> BoxFilter:
    """Follows one face that moves to the right at `speed` pixels a second from x = 100."""
    walker = BoxFilter()
    walker.add(box(100, 200, side))
    for i in range(1, round(seconds * rate) + 1):
        walker.predict(1 / rate)
        walker.update(np.array([0]), box(100 + speed * i / rate, 200, side))
    return walker


@pytest.mark.parametrize("rate", [30, 15, 10, 5])
@pytest.mark.parametrize("side", [12.0, 120.0])
def test_learns_the_speed_at_any_rate_and_size(rate: float, side: float) -> None:
    walker = follow(5 * side, rate, side=side)
    assert walker.velocities[0, 0] == pytest.approx(5 * side, rel=0.15)
    assert walker.velocities[0, 1] == pytest.approx(0, abs=0.1 * side)


def test_foresees_the_next_frame() -> None:
    walker = follow(200, 5)
    walker.predict(0.2)
    np.testing.assert_allclose(walker.boxes, box(100 + 200 * 2.2, 200), atol=10)  # of 40 that it moves


def test_one_long_step_equals_many_short_ones_where_nothing_moves() -> None:
    once, often = BoxFilter(), BoxFilter()
    for tracks in (once, often):
        tracks.add(box(100, 200))
    once.predict(1.5)
    for _ in range(15):
        often.predict(0.1)
    seen = np.concatenate([box(x, 200) for x in (100, 150, 300)])
    np.testing.assert_allclose(once.surprise(seen), often.surprise(seen), rtol=1e-6)


def test_a_prediction_does_not_run_away() -> None:
    walker = follow(400, 15)
    walker.predict(60)
    assert 900 < walker.boxes[0, 0] < 100 + 400 * 2 + 400
    assert walker.velocities[0, 0] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(walker.boxes[0, 2:] - walker.boxes[0, :2], [40, 40], rtol=0.05)


def test_size_follows_somebody_who_comes_closer() -> None:
    walker = BoxFilter()
    walker.add(box(100, 100, 20))
    for i in range(1, 31):
        walker.predict(0.1)
        walker.update(np.array([0]), box(100, 100, 20 + 2 * i))
    x1, y1, x2, y2 = walker.boxes[0]
    assert x2 - x1 == pytest.approx(80, rel=0.12)
    assert y2 - y1 == pytest.approx(80, rel=0.12)


def test_surprise_grows_with_distance_and_shrinks_with_time_unseen() -> None:
    tracks = BoxFilter()
    tracks.add(box(100, 200))
    tracks.predict(0.1)
    near, far = tracks.surprise(np.concatenate([box(105, 200), box(300, 200)]))[0]
    assert near < 0 < far
    tracks.predict(1.0)
    later_near, later_far = tracks.surprise(np.concatenate([box(105, 200), box(300, 200)]))[0]
    assert later_far < far
    assert later_near > near, "who was unseen for long must not take a face from who was seen just now"


def spread(tracks: BoxFilter, x: float) -> float:
    """Returns the variance in which the only face, expected at `x`, may be found, from left to right."""
    here, aside = tracks.surprise(np.concatenate([box(x, 200), box(x + 40, 200)]))[0]
    return float(
        40**2 / (4 * np.expm1((aside - here) / 4))
    )  # Student's distribution: 4 degrees, 4 coordinates


def test_spread_is_that_of_a_filter_in_small_steps() -> None:
    """The textbook's filter with 2 x 2 matrices, in steps of 0.1 ms, for a face that stands still."""
    motion, area = Motion(), 40.0**2
    noise = motion.place**2 * area + motion.pixels**2
    p = np.diag([noise, motion.newcomer**2 * area])
    rate, step = np.array([[0, 1], [0, -1 / motion.memory]]), 1e-4
    push = np.diag([0, 2 / motion.memory * motion.drift**2 * area])
    tracks = BoxFilter(motion)
    tracks.add(box(100, 200))
    for seconds in (0.1, 0.4, 0.1):
        for _ in range(round(seconds / step)):
            p = p + step * (rate @ p + p @ rate.T + push)
        tracks.predict(seconds)
        assert spread(tracks, 100) == pytest.approx(p[0, 0] + noise, rel=0.01)
        gain = p[:, 0] / (p[0, 0] + noise)
        p = p - np.outer(gain, p[0])
        tracks.update(np.array([0]), box(100, 200))


def test_somebody_who_walks_may_change_more_than_somebody_who_stands() -> None:
    walker, stander = follow(300, 10), follow(0, 10)
    for tracks in (walker, stander):
        tracks.predict(1.0)
    expected = float(walker.boxes[0, [0, 2]].mean())
    assert spread(walker, expected) > 2 * spread(stander, 100)


def test_pixels_matter_for_small_faces() -> None:
    costs = []
    for side in (6, 60):
        tracks = BoxFilter()
        tracks.add(box(100, 200, side))
        right, wrong = tracks.surprise(np.concatenate([box(100, 200, side), box(100, 200, 1.4 * side)]))[0]
        costs.append(wrong - right)
    assert costs[0] < 0.9 * costs[1]


def test_surprise_does_not_depend_on_the_scale_of_the_picture() -> None:
    small, large = BoxFilter(), BoxFilter()
    small.add(box(1000, 2000, 400))
    large.add(box(4000, 8000, 1600))
    for tracks in (small, large):
        tracks.predict(0.3)
    one = small.surprise(box(1200, 2000, 420))
    np.testing.assert_allclose(one, large.surprise(box(4800, 8000, 1680)), atol=1e-2)


def test_boxes_do_not_influence_one_another() -> None:
    alone, together = BoxFilter(), BoxFilter()
    alone.add(box(100, 100))
    together.add(np.concatenate([box(500, 400, 80), box(100, 100)]))
    alone.predict(0.1)
    together.predict(0.1)
    alone.update(np.array([0]), box(110, 105))
    together.update(np.array([1, 0]), np.concatenate([box(110, 105), box(480, 400, 82)]))
    np.testing.assert_array_equal(alone.boxes[0], together.boxes[1])
    together.keep(np.array([False, True]))
    assert len(together) == 1
    np.testing.assert_array_equal(alone.boxes, together.boxes)
    np.testing.assert_array_equal(alone.velocities, together.velocities)


@pytest.mark.parametrize("strange", [[[5, 5, 5, 5]], [[9, 9, 3, 3]]])
def test_a_box_without_area_is_taken_for_one_pixel(strange: list[list[float]]) -> None:
    tracks = BoxFilter()
    tracks.add(np.array(strange, np.float32))
    tracks.predict(0.1)
    tracks.update(np.array([0]), np.array(strange, np.float32))
    sides = tracks.boxes[:, 2:] - tracks.boxes[:, :2]
    np.testing.assert_allclose(sides, 1, rtol=1e-3)


def test_nothing_is_followed_at_first() -> None:
    tracks = BoxFilter()
    tracks.predict(1.0)
    tracks.update(np.zeros(0, np.intp), np.zeros((0, 4), np.float32))
    assert len(tracks) == 0
    assert tracks.boxes.shape == (0, 4)
    assert tracks.surprise(box(1, 1)).shape == (0, 1)


@pytest.mark.parametrize("seconds", [0.0, 1 / 30, 0.2, 1.5])
def test_boxes_after_a_time_are_those_of_a_prediction_but_nothing_moves(seconds: float) -> None:
    walker = follow(200, 30)
    before = walker.boxes
    after = walker.boxes_after(seconds)
    np.testing.assert_array_equal(walker.boxes, before)
    walker.predict(seconds)
    np.testing.assert_array_equal(walker.boxes, after)
