from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest

from maskwatch.sources.frame_clock import FrameClock


def run(times: Sequence[float | None], interval: float = 0.04, shown: float = 0.0) -> tuple[list[float], int]:
    clock = FrameClock(interval)
    return [clock(time, shown) for time in times], clock.jumps


def steady(count: int, interval: float = 0.04, start: float = 0.0) -> list[float]:
    return [start + number * interval for number in range(count)]


def test_good_times_stay_as_they_are() -> None:
    times = [0.0, 0.04, 0.08, 0.5, 0.54, 9.0, 9.04]
    got, jumps = run(times)
    assert got == pytest.approx(times)
    assert jumps == 0


def test_a_video_may_begin_a_little_late_but_not_at_noon() -> None:
    assert run([0.3, 0.34])[0] == pytest.approx([0.3, 0.34])
    assert run([43_200.0, 43_200.04])[0] == pytest.approx([0.0, 0.04])
    assert run([-2.0, -1.96])[0] == pytest.approx([0.0, 0.04])


@pytest.mark.parametrize("second", [0.0, 3600.0, 95_443.7, -95_443.7])
def test_a_clock_that_jumps_is_followed_at_the_usual_pace(second: float) -> None:
    times, jumps = run([*steady(125), *steady(150, start=second)])
    assert times == pytest.approx(steady(275))
    assert jumps == 1


def test_after_a_seek_any_first_time_is_believed() -> None:
    clock = FrameClock(0.04, latest_start=float("inf"))
    assert [clock(time) for time in (43_200.0, 43_200.04)] == pytest.approx([43_200.0, 43_200.04])


def test_every_jump_is_mended() -> None:
    times, jumps = run([*steady(50), *steady(50), *steady(50, start=500.0), *steady(50)])
    assert times == pytest.approx(steady(200))
    assert jumps == 3


def test_without_times_the_rate_counts() -> None:
    assert run([None] * 5, 0.1)[0] == pytest.approx(steady(5, 0.1))
    assert run([None] * 3, 0.0)[0] == pytest.approx(steady(3))  # nobody says a rate: 25 frames a second


def test_single_frames_without_a_time_follow_the_one_before() -> None:
    assert run([0.0, None, 0.08, 0.12])[0] == pytest.approx(steady(4))


def test_equal_and_slightly_earlier_times_still_grow() -> None:
    assert run([0.0, 0.0, 0.08, 0.08, 0.16, 0.16])[0] == pytest.approx(steady(6))
    times, jumps = run([0.0, 0.04, 0.08, 0.07, 0.16, 0.2])
    assert all(a < b for a, b in pairwise(times))
    assert times[-1] == pytest.approx(0.2)
    assert jumps == 0


def test_the_pace_after_a_jump_is_the_usual_one_not_the_last() -> None:
    times, _ = run([*steady(20, 0.1), 5.0, 500.0], interval=0.1)
    assert times[-1] - times[-2] == pytest.approx(0.1)


def test_a_slide_show_is_believed() -> None:
    """Its file says how long each picture stands."""
    slides = steady(5, 30.0)
    times, jumps = run(slides, interval=30.0, shown=30.0)
    assert times == pytest.approx(slides)
    assert jumps == 0
    assert run(slides, interval=0.04)[1] == 4


def test_times_grow_whatever_comes() -> None:
    clock = FrameClock(0.04)
    wild: list[float | None] = [5.0, None, -3.0, 1e9, 0.0, 0.001, None, -1e9, -1e9 + 0.04]
    times = [clock(time) for time in wild]
    assert all(0 < b - a <= 10 for a, b in pairwise(times))


def test_times_that_are_no_numbers_count_as_not_said() -> None:
    """One of them would be in the pace of all frames after it."""
    odd = [math.nan, math.inf, -math.inf, 1e18, -1e18]
    for time in odd:
        times, jumps = run([0.0, 0.04, time, 0.12, 0.16])
        assert times == pytest.approx(steady(5))
        assert jumps == 0
        assert run([time, 0.04, 0.08])[0] == pytest.approx([0.0, 0.04, 0.08])


def test_a_frame_that_is_shown_for_years_is_not_believed() -> None:
    times, jumps = run([0.0, 1e9, 1e9 + 0.04], shown=1e9)
    assert times == pytest.approx(steady(3))
    assert jumps == 1
