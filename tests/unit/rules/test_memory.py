"""What a rule remembers, and for how long."""

from __future__ import annotations

import math

from maskwatch.rules.memory import Memory


def test_it_keeps_the_newest_value_of_each() -> None:
    memory: Memory[str] = Memory(keep=10)
    memory.turn_to(0)
    memory.note(1, "a")
    memory.note(2, "b")
    memory.note(1, "c")
    assert (memory.get(1), memory.get(2), memory.get(3), len(memory)) == ("c", "b", None, 2)


def test_who_was_not_noted_for_longer_is_forgotten() -> None:
    memory: Memory[str] = Memory(keep=10)
    for t, number, value in ((0.0, 1, "a"), (1.0, 2, "b"), (2.0, 1, "c")):
        assert memory.turn_to(t) == []
        memory.note(number, value)
    assert memory.turn_to(11.0) == []  # exactly as long
    assert memory.turn_to(11.5) == ["b"]
    assert memory.get(1) == "c"  # noted again in between
    assert memory.turn_to(12.5) == ["c"]
    assert len(memory) == 0


def test_when_time_goes_back_everybody_is_forgotten() -> None:
    memory: Memory[str] = Memory(keep=10)
    memory.turn_to(7)
    memory.note(1, "a")
    memory.note(2, "b")
    assert memory.turn_to(7) == []  # the same time is not back
    assert memory.turn_to(6) == ["a", "b"]
    assert (len(memory), memory.get(1), memory.before) == (0, None, -math.inf)


def test_it_knows_the_frame_before() -> None:
    memory: Memory[str] = Memory(keep=10)
    assert memory.before == -math.inf
    found = []
    for t in (3.0, 4.5, 9.0, 1.0, 2.0):
        memory.turn_to(t)
        found.append(memory.before)
    assert found == [-math.inf, 3.0, 4.5, -math.inf, 1.0]


def test_it_stays_small_over_months() -> None:
    memory: Memory[int] = Memory(keep=60)
    for number in range(100_000):
        memory.turn_to(number * 30.0)
        memory.note(number, number)
        assert len(memory) <= 3
