"""Rules on the state of a person: who is told, when, with what, and what is no news."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pytest

from maskwatch.labels import Label, Reason
from maskwatch.people.person import People, Person
from maskwatch.rules.spell import Patience
from maskwatch.rules.state import StateRule, Wording
from maskwatch.types import Event
from people import people, person, still

BARE: Final[Label] = "without_mask"
HALL, DOOR, BOTH = ("hall",), ("door",), ("hall", "door")

Moments = list[tuple[float, People]]


def rule(
    after: float = 3, gap: float = 1, again_after: float = 60, remind: float | None = None, zone: str = ""
) -> StateRule:
    words = Wording("is bare", "has been bare")
    return StateRule("bare", BARE, words, Patience(after, gap, again_after, remind), zone)


def bare(track_id: int = 1, since: float = 0.0, **others: Any) -> Person:
    return person(track_id, BARE, since=since, **others)


def events(watching: StateRule, *moments: Iterable[tuple[float, People]]) -> list[Event]:
    return [event for part in moments for t, seen in part for event in watching.update(seen, t)]


def told(watching: StateRule, *moments: Iterable[tuple[float, People]]) -> list[float]:
    return [event.t for event in events(watching, *moments)]


def test_one_event_with_all_that_it_holds() -> None:
    votes: dict[Label, int] = {BARE: 6}
    assert events(rule(), still(10, 20, bare(4, since=10, votes=votes))) == [
        Event(
            "bare",
            13,
            "Person 4 has been bare for 3 seconds",
            track_id=4,
            zone="",
            state=BARE,
            since=10,
            votes=votes,
            reminder=0,
        )
    ]


# When the time begins ---------------------------------------------------------------------------------------


def test_the_time_runs_from_when_the_state_began() -> None:
    """The person was believed bare before it became certain."""
    late = [*still(0, 3.5, bare(reason="blurred")), *still(4, 9, bare())]
    assert [(event.t, event.since) for event in events(rule(), late)] == [(4, 0)]


def test_and_not_from_when_the_person_was_first_seen() -> None:
    taken_off = bare(since=10, first_seen=0)
    assert told(rule(), [*still(0, 9.5, person()), *still(10, 20, taken_off)]) == [13]
    assert told(rule(), still(10, 20, taken_off)) == [13]


@pytest.mark.parametrize(("after", "expected"), [(0, [5]), (0.5, [5.5]), (3, [8]), (100, [])])
def test_not_before_the_time_is_over(after: float, expected: list[float]) -> None:
    assert told(rule(after), still(5, 20, bare(since=5))) == expected


def test_not_before_the_person_came_into_the_zone() -> None:
    walk = [*still(0, 9.5, bare(zones=HALL)), *still(10, 20, bare(zones=BOTH))]
    (event,) = events(rule(zone="door"), walk)
    assert (event.t, event.since, event.zone) == (13, 10, "door")
    assert event.message == "Person 1 has been bare for 3 seconds in zone door"


def test_who_is_first_seen_in_the_zone_was_in_it_since_then() -> None:
    (event,) = events(rule(zone="door"), still(10, 20, bare(since=8, zones=DOOR)))
    assert (event.t, event.since) == (11, 8)


def test_so_was_who_is_first_seen_in_it_later() -> None:
    seen = [*still(0, 9.5, bare(2)), *still(10, 20, bare(2), bare(since=8, zones=DOOR))]
    assert [(event.t, event.since) for event in events(rule(zone="door"), seen)] == [(11, 8)]


def test_the_state_may_begin_after_the_zone() -> None:
    walk = [*still(0, 4.5, bare(zones=HALL)), *still(5, 9.5, person(zones=DOOR))]
    assert told(rule(zone="door"), [*walk, *still(10, 20, bare(since=10, zones=DOOR))]) == [13]


# Who counts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["too_small", "blurred", "dark", "turned_away", "undecided"])
def test_who_is_not_certain_is_never_told(reason: Reason) -> None:
    assert told(rule(), still(0, 20, bare(reason=reason))) == []


@pytest.mark.parametrize("state", ["with_mask", "mask_worn_incorrectly", None])
def test_other_states_are_never_told(state: Label | None) -> None:
    assert told(rule(), still(0, 20, person(1, state))) == []


def test_who_is_out_of_sight_is_not_told_until_seen_again() -> None:
    hidden = [*still(0, 2, bare()), *still(2.5, 2.5, bare(seen=False)), *still(3, 3, bare())]
    assert told(rule(), hidden) == [3]
    hidden = [*still(0, 2.5, bare()), *still(3, 3, bare(seen=False)), *still(3.5, 9, bare())]
    assert told(rule(), hidden) == [3.5]


@pytest.mark.parametrize("zones", [(), HALL])
def test_who_is_elsewhere_is_never_told(zones: tuple[str, ...]) -> None:
    assert told(rule(zone="door"), still(0, 20, bare(zones=zones))) == []


def test_the_whole_picture_holds_all_zones() -> None:
    assert told(rule(), still(0, 20, bare(zones=HALL))) == [3]


def test_each_person_is_told_and_nobody_silences_another() -> None:
    later = bare(2, since=4)
    seen = [*still(0, 3.5, bare(1)), *still(4, 9, bare(1), later, person(3))]
    assert [(event.t, event.track_id) for event in events(rule(), seen)] == [(3, 1), (7, 2)]
    both = events(rule(), still(0, 9, bare(1), bare(2)))
    assert [(event.t, event.track_id) for event in both] == [(3, 1), (3, 2)]


def test_zones_are_told_each_by_itself() -> None:
    walk = [*still(0, 4.5, bare(zones=HALL)), *still(5, 9.5, bare(zones=BOTH))]
    assert told(rule(zone="hall"), walk) == [3]
    assert told(rule(zone="door"), walk) == [8]


# Pauses -----------------------------------------------------------------------------------------------------

OTHERWISE: Final = {
    "masked": [person()],
    "undecided": [person(1, None)],
    "not certain": [bare(reason="dark")],
    "out of sight": [bare(seen=False)],
    "away": [],
}


@pytest.mark.parametrize("between", OTHERWISE.values(), ids=OTHERWISE)
def test_a_short_pause_is_forgiven(between: list[Person]) -> None:
    """Also where the state began anew after it."""
    seen = [*still(0, 1, bare()), *still(1.5, 1.5, *between), *still(2, 9, bare(since=2))]
    assert [(event.t, event.since) for event in events(rule(), seen)] == [(3, 0)]


@pytest.mark.parametrize("between", OTHERWISE.values(), ids=OTHERWISE)
def test_after_a_longer_pause_it_begins_anew(between: list[Person]) -> None:
    seen = [*still(0, 1, bare()), *still(1.5, 2, *between), *still(2.5, 9, bare(since=2.5))]
    assert [(event.t, event.since) for event in events(rule(), seen)] == [(5.5, 2.5)]


@pytest.mark.parametrize("between", [[], [bare(seen=False)]], ids=["away", "out of sight"])
def test_nobody_knows_how_it_was_while_the_person_was_not_seen(between: list[Person]) -> None:
    """The state is still that of before; the time runs anew all the same."""
    seen = [*still(0, 1, bare()), *still(1.5, 2, *between), *still(2.5, 9, bare(since=0))]
    assert [(event.t, event.since) for event in events(rule(), seen)] == [(5.5, 2.5)]


def test_while_the_person_was_seen_the_state_says_how_it_was() -> None:
    seen = [*still(0, 1, bare()), *still(1.5, 3.5, bare(reason="blurred")), *still(4, 9, bare(since=0))]
    assert [(event.t, event.since) for event in events(rule(), seen)] == [(4, 0)]


def test_a_step_out_of_the_zone() -> None:
    short = [*still(0, 1, bare(zones=DOOR)), *still(1.5, 1.5, bare()), *still(2, 9, bare(zones=DOOR))]
    assert told(rule(zone="door"), short) == [3]
    longer = [*still(0, 1, bare(zones=DOOR)), *still(1.5, 2, bare()), *still(2.5, 9, bare(zones=DOOR))]
    assert told(rule(zone="door"), longer) == [5.5]


def test_who_is_first_not_seen_and_then_in_the_zone_came_into_it() -> None:
    seen = [*still(0, 4.5, bare(zones=DOOR, seen=False)), *still(5, 9, bare(zones=DOOR))]
    assert told(rule(zone="door"), seen) == [8]


def test_frames_that_come_slowly_are_no_pause() -> None:
    assert told(rule(), still(0, 1200, bare(), step=120)) == [120]


# What is no news --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [*OTHERWISE.values(), [bare(2, since=9)]], ids=[*OTHERWISE, "another"])
@pytest.mark.parametrize(("back", "expected"), [(65, []), (65.5, [68.5])])
def test_who_comes_back_within_a_minute_is_no_news(
    between: list[Person], back: float, expected: list[float]
) -> None:
    seen = [*still(0, 5, bare()), *still(5.5, back - 0.5, *between), *still(back, 80, bare(since=back))]
    assert [event.t for event in events(rule(), seen) if event.track_id == 1] == [3, *expected]


def test_nor_who_comes_back_into_the_zone() -> None:
    for back, expected in ((65, [3]), (65.5, [3, 68.5])):
        inside, outside = bare(zones=DOOR), bare(zones=HALL)
        seen = [*still(0, 5, inside), *still(5.5, back - 0.5, outside), *still(back, 80, inside)]
        assert told(rule(zone="door"), seen) == expected


def test_many_short_absences_are_no_news() -> None:
    seen = [moment for start in range(0, 600, 60) for moment in still(start, start + 20, bare(), step=1)]
    assert told(rule(), seen) == [3]


def test_who_comes_back_within_the_longest_hiding_is_remembered() -> None:
    """`again_after` may be short; the time still runs from the coming back, not from the state of before."""
    for gap, again_after in ((1, 0), (20, 0), (1, 20)):
        watching = rule(gap=gap, again_after=again_after)
        seen = [*still(0, 5, bare()), *still(5.5, 60 + max(gap, again_after), bare(2, since=99))]
        back = seen[-1][0] + 0.5
        both = [*seen, *still(back, back + 9, bare(), step=0.25)]
        assert [event.t for event in events(watching, both) if event.track_id == 1] == [3, back + 3]


# Reminders --------------------------------------------------------------------------------------------------


def test_reminders_while_it_lasts() -> None:
    reminders = events(rule(remind=60), still(0, 200, bare(7)))
    assert [(event.t, event.reminder, event.message) for event in reminders] == [
        (3, 0, "Person 7 has been bare for 3 seconds"),
        (63, 1, "Reminder: person 7 has been bare for 1 minute"),
        (123, 2, "Reminder: person 7 has been bare for 2 minutes"),
        (183, 3, "Reminder: person 7 has been bare for 3 minutes"),
    ]
    assert {event.since for event in reminders} == {0}


def test_no_reminder_while_the_person_is_masked_or_away() -> None:
    for between in ([person()], []):
        seen = [*still(0, 50, bare()), *still(50.5, 99.5, *between), *still(100, 150, bare(since=100))]
        found = events(rule(remind=60), seen)
        # Back within a minute: no news, but the reminder that is due, once it has lasted long enough.
        assert [(event.t, event.reminder, event.since) for event in found] == [(3, 0, 0), (103, 1, 100)]
        assert found[1].message == "Reminder: person 1 has been bare for 3 seconds"


def test_a_new_event_has_reminders_of_its_own() -> None:
    seen = [*still(0, 70, bare()), *still(70.5, 140, person()), *still(140.5, 220, bare(since=140.5))]
    found = events(rule(remind=60), seen)
    assert [(event.t, event.reminder) for event in found] == [(3, 0), (63, 1), (143.5, 0), (203.5, 1)]


# Words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "zone", "message"),
    [
        (0, "", "Person 1 is bare"),
        (0, "door", "Person 1 is bare in zone door"),
        (0.5, "", "Person 1 has been bare for 0.5 seconds"),
        (1, "", "Person 1 has been bare for 1 second"),
        (3.0, "door", "Person 1 has been bare for 3 seconds in zone door"),
        (90, "", "Person 1 has been bare for 1 minute 30 seconds"),
    ],
)
def test_messages(after: float, zone: str, message: str) -> None:
    (event,) = events(rule(after, zone=zone), still(0, 120, bare(zones=DOOR)))
    assert event.message == message


# Streams ----------------------------------------------------------------------------------------------------


def test_a_stream_that_begins_anew_has_other_people() -> None:
    assert told(rule(), still(100, 110, bare(since=100)), still(0, 10, bare())) == [103, 3]
    # Also in the very next frame: person 1 of the other stream is somebody else.
    assert told(rule(zone="door"), still(100, 110, bare(zones=HALL)), still(5, 10, bare(zones=DOOR))) == [5]


def test_people_long_gone_are_forgotten() -> None:
    watching = rule(gap=1, again_after=60)
    for number in range(2000):
        watching.update(people(bare(number, since=number)), number)
    assert len(watching._memory) == 121  # those of the last two minutes
