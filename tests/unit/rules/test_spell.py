"""When something that lasts is told: branch by branch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from maskwatch.rules.spell import Patience, Spell, interrupted


def told(patience: Patience, holds: Sequence[float], frames: Sequence[float]) -> list[tuple[float, int]]:
    """When it is told and as which reminder, if it holds at some of the frames and counts from each anew."""
    spell: Spell | None = None
    before, found = -math.inf, []
    for t in frames:
        if t in holds:
            spell = spell or Spell(t, t)
            number = spell.goes_on(t, before, t, patience)
            if number is not None:
                found.append((t, number))
        before = t
    return found


def seconds(*ranges: tuple[int, int]) -> list[float]:
    """Every second of each range, both ends included."""
    return [float(t) for first, last in ranges for t in range(first, last + 1)]


@pytest.mark.parametrize(
    ("last", "before", "t", "broken"),
    [
        (5.0, 5.0, 9.0, False),  # it held in the frame before: slow frames are no pause
        (5.0, 6.0, 7.0, False),  # exactly the longest pause
        (5.0, 6.0, 7.25, True),
        (-math.inf, 1.0, 2.0, True),  # it never held, though there were frames
        (-math.inf, -math.inf, 2.0, False),  # there was no frame
    ],
)
def test_what_a_pause_is(last: float, before: float, t: float, broken: bool) -> None:
    assert interrupted(last, before, t, 2.0) is broken


@pytest.mark.parametrize(
    ("patience", "holds", "expected"),
    [
        (Patience(after=3), seconds((2, 9)), [(5, 0)]),
        (Patience(after=0), seconds((2, 9)), [(2, 0)]),
        (Patience(after=3), seconds((2, 4)), []),
        # Pauses: one of 2 seconds is forgiven, one of 3 begins it anew.
        (Patience(after=4, gap=2), seconds((0, 1), (3, 9)), [(4, 0)]),
        (Patience(after=4, gap=2), seconds((0, 1), (4, 9)), [(8, 0)]),
        # Told once; news only after more than again_after.
        (Patience(after=1, gap=1, again_after=6), seconds((0, 2), (8, 12)), [(1, 0)]),
        (Patience(after=1, gap=1, again_after=6), seconds((0, 2), (9, 12)), [(1, 0), (10, 0)]),
        # A forgiven pause is never news, however short again_after is.
        (Patience(after=1, gap=5, again_after=0), seconds((0, 2), (6, 12)), [(1, 0)]),
        # Reminders count from the telling, stop with it and go on with it.
        (Patience(after=1, remind=4), seconds((0, 14)), [(1, 0), (5, 1), (9, 2), (13, 3)]),
        (Patience(after=1, gap=1, remind=4), seconds((0, 2), (8, 11)), [(1, 0), (9, 1)]),
        (
            Patience(after=1, gap=1, again_after=3, remind=4),
            seconds((0, 6), (11, 16)),
            [(1, 0), (5, 1), (12, 0), (16, 1)],
        ),
    ],
)
def test_when_it_is_told(patience: Patience, holds: list[float], expected: list[tuple[float, int]]) -> None:
    assert told(patience, holds, seconds((0, 16))) == expected


def test_frames_that_come_slowly_are_no_pause() -> None:
    """A picture every two minutes, each of them of the same: told once, not each time."""
    frames = [120.0 * number for number in range(9)]
    assert told(Patience(after=3, gap=1), frames, frames) == [(120, 0)]


def test_it_counts_from_the_time_that_is_given() -> None:
    spell = Spell(start=1.0, last=2.0)
    assert spell.goes_on(3.0, 2.0, 99.0, Patience(after=3)) is None
    assert spell == Spell(start=1.0, last=3.0)  # it went on: the given time does not matter
    assert spell.goes_on(9.0, 8.0, 7.0, Patience(after=3)) is None
    assert spell == Spell(start=7.0, last=9.0)
    assert spell.goes_on(10.0, 9.0, 99.0, Patience(after=3)) == 0
    assert spell == Spell(start=7.0, last=10.0, told=10.0)


def test_what_is_usual() -> None:
    assert Patience() == Patience(after=0, gap=0, again_after=60, remind=None)
