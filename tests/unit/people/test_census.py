from __future__ import annotations

from typing import Any

import pytest

from maskwatch.counting import Counts
from maskwatch.errors import ConfigError
from maskwatch.labels import Label, Reason
from maskwatch.people.census import KEPT, Census
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts
from maskwatch.people.person import People, Person
from maskwatch.people.zones import Zone
from maskwatch.proportion import Proportion

SIZE = (1000, 500)
LEFT = Zone("left", "zone", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
ALL = Zone("all", "zone", ((0, 0), (1, 0), (1, 1), (0, 1)))
DOOR = Zone("door", "line", ((0.5, 1), (0.5, 0)))
POSTER = Zone("poster", "ignore", LEFT.points)

MASK: Label = "with_mask"
NONE: Label = "without_mask"
WRONG: Label = "mask_worn_incorrectly"


def person(
    number: int, state: Label | None = None, x: float = 100, seen: bool = True, reason: Reason | None = None
) -> Person:
    return Person(number, (x - 20, 225, x + 20, 275), state, reason=reason, seen=seen)


def take(census: Census, *frames: tuple[Person, ...]) -> People:
    """Takes frames, one a second."""
    people = People()
    for t, persons in enumerate(frames):
        people = census.update(persons, float(t), SIZE)
    return people


def test_nobody() -> None:
    assert Census().update((), 0.0, SIZE) == People()
    counts = Census([LEFT, DOOR, POSTER]).update((), 0.0, SIZE).counts
    assert counts == PeopleCounts(zones={"left": ZoneCounts()}, lines={"door": LineCounts()})


def test_people_now_and_so_far() -> None:
    counts = take(
        Census(),
        (person(1, MASK), person(2, NONE), person(3)),
        (person(2, NONE), person(4, WRONG), person(5, MASK, reason="dark")),
    ).counts
    assert counts.now == Counts(unmasked=1, wrong=1, uncertain=1)
    assert counts.so_far == Counts(masked=1, unmasked=1, wrong=1, uncertain=2)
    assert counts.share == Proportion(1, 3)


def test_the_last_state_that_was_certain_counts() -> None:
    counts = take(
        Census(),
        (person(1, None), person(2, NONE)),
        (person(1, MASK), person(2, MASK)),
        (person(1, NONE, reason="turned_away"), person(2, None)),
    ).counts
    assert counts.now == Counts(uncertain=2)
    assert counts.so_far == Counts(masked=2)


def test_nobody_is_counted_twice() -> None:
    census = Census([LEFT])
    for t in range(100):
        persons = (person(1, MASK),) if t % 3 else ()
        counts = census.update(persons, t / 10, SIZE).counts
    assert counts.so_far == Counts(masked=1)
    assert counts.zones["left"].so_far == Counts(masked=1)


def test_zones() -> None:
    census = Census([LEFT, ALL])
    people = census.update((person(1, MASK, x=100), person(2, NONE, x=900)), 0.0, SIZE)
    assert [one.zones for one in people] == [("left", "all"), ("all",)]
    assert people.counts.zones["left"] == ZoneCounts(Counts(masked=1), Counts(masked=1))
    people = census.update((person(1, MASK, x=900), person(2, NONE, x=900)), 1.0, SIZE)
    assert people.counts.zones["left"] == ZoneCounts(Counts(), Counts(masked=1))
    assert people.counts.zones["all"].now == Counts(masked=1, unmasked=1)
    assert people.counts.zones["all"].share == Proportion(1, 2)


def test_a_state_that_changes_later_changes_the_zones_that_somebody_has_been_in() -> None:
    counts = take(
        Census([LEFT, ALL]), (person(1, None, x=100),), (person(1, None, x=900),), (person(1, NONE, x=900),)
    ).counts
    assert counts.zones["left"] == ZoneCounts(Counts(), Counts(unmasked=1))
    assert counts.zones["all"].so_far == Counts(unmasked=1)


def test_who_is_not_seen_stays_in_the_zone_and_crosses_no_line() -> None:
    people = take(Census([LEFT, DOOR]), (person(1, MASK, x=400),), (person(1, MASK, x=600, seen=False),))
    assert people.persons[0].zones == ("left",)
    assert people.counts.zones["left"].now == Counts(masked=1)
    assert people.counts.lines["door"] == LineCounts()


def test_lines() -> None:
    census = Census([DOOR])
    frames = [(person(1, x=400), person(2, x=600)), (person(1, x=600), person(2, x=400)), (person(2, x=600),)]
    assert take(census, *frames).counts.lines == {"door": LineCounts(2, 1)}


def test_all_else_of_a_person_is_kept() -> None:
    before = Person(7, (1, 2, 3, 4), MASK, 0.8, None, 1, 2, 3, False, (0.8, 0.1, 0.1), {MASK: 4})
    (after,) = Census().update((before,), 5.0, SIZE)
    assert after == before


def test_the_memory_does_not_grow() -> None:
    census = Census([LEFT, DOOR])
    for number in range(1, 1001):
        t = 10.0 * number
        census.update((person(number, MASK, x=400),), t, SIZE)
        people = census.update((person(number, MASK, x=600),), t + 1, SIZE)
    assert people.counts.so_far == Counts(masked=1000)
    assert people.counts.zones["left"].so_far == Counts(masked=1000)
    assert people.counts.lines["door"] == LineCounts(1000, 0)
    assert _size(census) < 3000, "things that are held"


def test_somebody_out_of_view_is_remembered_for_minutes() -> None:
    census = Census([LEFT])
    census.update((person(1, MASK), person(2, MASK)), 0.0, SIZE)
    counts = census.update((person(1, NONE),), KEPT, SIZE).counts
    assert counts.so_far == Counts(masked=1, unmasked=1)
    assert counts.zones["left"].so_far == Counts(masked=1, unmasked=1)
    counts = census.update((person(2, NONE),), KEPT, SIZE).counts
    assert counts.so_far == Counts(unmasked=2), "still known"
    counts = census.update((person(1, NONE), person(2, NONE)), 2 * KEPT + 1, SIZE).counts
    assert counts.so_far == Counts(unmasked=2), "who is in view is never forgotten"
    counts = census.update((), 4 * KEPT, SIZE).counts
    counts = census.update((person(2, MASK),), 4 * KEPT, SIZE).counts
    assert counts.so_far == Counts(masked=1, unmasked=2), "now somebody new"


def test_a_state_counts_in_the_minute_in_which_somebody_came() -> None:
    census = Census()
    census.update((person(1, None),), 50.0, SIZE)
    census.update((person(1, MASK), person(2, None)), 70.0, SIZE)
    assert [span.came for span in census.history.minutes] == [Counts(masked=1), Counts(uncertain=1)]


def test_the_history_is_kept_beside() -> None:
    census = Census()
    take(census, (person(1, None), person(2, NONE)), (person(1, MASK),))
    (minute,) = census.history.minutes
    assert minute.came == Counts(masked=1, unmasked=1)
    assert minute.most == 2


def test_names_must_differ() -> None:
    with pytest.raises(ConfigError, match="'left'"):
        Census([LEFT, LEFT])


def test_counts_speak() -> None:
    counts = take(Census(), (person(1, MASK), person(2, NONE)), (person(2, NONE),)).counts
    assert str(counts) == (
        "now 1 person: 0 masked, 1 unmasked, 0 worn wrongly, 0 uncertain;"
        " so far 2 people: 1 masked, 1 unmasked, 0 worn wrongly, 0 uncertain"
    )


def _size(thing: Any, seen: set[int] | None = None) -> int:
    """Number of objects that can be reached."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    inner: list[Any] = []
    if isinstance(thing, dict):
        inner = [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple | set):
        inner = list(thing)
    else:
        inner = [*getattr(thing, "__dict__", {}).values()]
        inner += [getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())]
    return 1 + sum(_size(one, seen) for one in inner)
