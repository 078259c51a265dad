"""Who is looked at in which frame."""

from __future__ import annotations

import pytest

from maskwatch.people.looks import LookPlanner, Wish, stagger


def test_new_ones_are_looked_at_at_once() -> None:
    assert sorted(LookPlanner(rate=60, burst=16).plan([Wish(i, None, 0.5) for i in range(5)], 0)) == [
        0,
        1,
        2,
        3,
        4,
    ]


def test_settled_ones_wait_for_their_time() -> None:
    planner = LookPlanner(60, 16)
    assert planner.plan([Wish(1, 0.0, 0.5)], 0.4) == []
    assert planner.plan([Wish(1, 0.0, 0.5)], 0.5) == [1]


def test_the_most_urgent_go_first() -> None:
    planner = LookPlanner(rate=0, burst=2)
    wishes = [Wish(1, 0.9, 0.5), Wish(2, 0.0, 0.5), Wish(3, None, 0.5), Wish(4, 0.2, 0.5)]
    assert planner.plan(wishes, 1.0) == [3, 2]


def test_a_higher_weight_goes_first() -> None:
    assert LookPlanner(rate=0, burst=1).plan([Wish(1, 0.0, 0.5), Wish(2, 0.2, 0.5, weight=2)], 1.0) == [2]


@pytest.mark.parametrize("fps", [30, 15, 5])
def test_the_budget_is_one_a_second_whatever_the_frame_rate(fps: int) -> None:
    planner = LookPlanner(rate=60, burst=16)
    last: dict[int, float | None] = dict.fromkeys(range(50))
    looks, most = 0, 0
    for i in range(10 * fps):
        t = i / fps
        granted = planner.plan([Wish(n, last[n], stagger(n, 0.1)) for n in last], t)
        looks += len(granted)
        most = max(most, len(granted))
        last.update(dict.fromkeys(granted, t))
    assert 640 <= looks <= 660
    assert most <= 16
    ages = [10 - (at or 0) for at in last.values()]
    assert max(ages) < 1.3  # 50 people at 60 looks a second: nobody is forgotten


def test_what_is_spent_otherwise_is_missing() -> None:
    planner = LookPlanner(rate=0, burst=8)
    planner.spend(6)
    assert planner.saved == 2
    assert len(planner.plan([Wish(i, None, 0) for i in range(5)], 0)) == 2


def test_time_that_stands_still_brings_nothing() -> None:
    planner = LookPlanner(rate=0, burst=4)
    planner.plan([Wish(i, None, 0) for i in range(4)], 1.0)
    planner.plan([], 1.0)
    planner.plan([], 0.5)
    assert planner.saved == 0


def test_intervals_differ_but_little() -> None:
    intervals = [stagger(n, 0.5) for n in range(100)]
    assert min(intervals) >= 0.4
    assert max(intervals) <= 0.6
    assert len({round(interval, 3) for interval in intervals}) > 50


def test_a_frame_after_a_long_time_may_take_more() -> None:
    planner = LookPlanner(rate=60, burst=8)
    wishes = [Wish(i, None, 0) for i in range(50)]
    assert len(planner.plan(wishes, 0.0)) == 8
    assert len(planner.plan(wishes, 0.5)) == 30
    assert len(planner.plan(wishes, 9.0)) == 50
