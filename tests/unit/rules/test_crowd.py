"""The alert for too many people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from maskwatch.people.person import People, Person
from maskwatch.rules import CrowdRule
from maskwatch.rules.spell import Patience
from maskwatch.types import Event
from people import person, still


def crowd(number: int, **others: Any) -> list[Person]:
    return [person(1 + i, **others) for i in range(number)]


def events(rule: CrowdRule, *moments: Iterable[tuple[float, People]]) -> list[Event]:
    return [event for part in moments for t, seen in part for event in rule.update(seen, t)]


def told(rule: CrowdRule, *moments: Iterable[tuple[float, People]]) -> list[float]:
    return [event.t for event in events(rule, *moments)]


def test_one_event_with_all_that_it_holds() -> None:
    assert events(CrowdRule(5), still(0, 1.5, *crowd(5)), still(2, 20, *crowd(7))) == [
        Event("crowded", 5, "More than 5 people in view for 3 seconds: 7", zone="", since=2)
    ]


def test_as_many_as_are_allowed_are_no_news() -> None:
    assert told(CrowdRule(5), still(0, 20, *crowd(5))) == []
    assert told(CrowdRule(5), still(0, 20, *crowd(6))) == [3]
    assert told(CrowdRule(0), still(0, 20)) == []
    assert told(CrowdRule(0), still(0, 20, *crowd(1))) == [3]


@pytest.mark.parametrize(
    "others", [{"state": None}, {"state": "without_mask"}, {"reason": "dark"}, {"seen": False}]
)
def test_everybody_counts(others: dict[str, Any]) -> None:
    assert told(CrowdRule(2), still(0, 20, *crowd(3, **others))) == [3]


def test_only_the_zone_counts() -> None:
    inside, outside = crowd(2, zones=("door",)), [person(8), person(9, zones=("hall",))]
    assert told(CrowdRule(2, zone="door"), still(0, 20, *inside, *outside)) == []
    (event,) = events(CrowdRule(1, zone="door"), still(0, 20, *inside, *outside))
    assert (event.t, event.zone) == (3, "door")
    assert event.message == "More than 1 person in zone door for 3 seconds: 2"


def test_a_face_that_drops_out_for_a_moment_changes_nothing() -> None:
    seen = [*still(0, 1, *crowd(6)), *still(1.5, 1.5, *crowd(5)), *still(2, 20, *crowd(6))]
    assert told(CrowdRule(5), seen) == [3]


def test_nor_does_one_who_is_there_for_a_moment() -> None:
    seen = [*still(0, 1, *crowd(6)), *still(1.5, 2, *crowd(5)), *still(2.5, 4, *crowd(6)), *still(4.5, 9)]
    assert told(CrowdRule(5), seen) == []


@pytest.mark.parametrize(("back", "expected"), [(65, [3]), (65.5, [3, 68.5])])
def test_it_is_news_again_after_a_minute_with_fewer(back: float, expected: list[float]) -> None:
    seen = [*still(0, 5, *crowd(6)), *still(5.5, back - 0.5, *crowd(5)), *still(back, 80, *crowd(6))]
    assert told(CrowdRule(5), seen) == expected


def test_reminders() -> None:
    found = events(CrowdRule(5, remind=60), still(0, 120, *crowd(6)))
    assert [(event.t, event.reminder, event.message) for event in found] == [
        (3, 0, "More than 5 people in view for 3 seconds: 6"),
        (63, 1, "Reminder: more than 5 people in view for 1 minute: 6"),
    ]


def test_a_time_with_a_fraction() -> None:
    (event,) = events(CrowdRule(5, after=1.5), still(0, 9, *crowd(6)))
    assert event.message == "More than 5 people in view for 1.5 seconds: 6"


def test_at_once() -> None:
    (event,) = events(CrowdRule(5, after=0), still(0, 9, *crowd(6)))
    assert (event.t, event.message) == (0, "More than 5 people in view: 6")


def test_a_stream_that_begins_anew() -> None:
    assert told(CrowdRule(5), still(100, 110, *crowd(6)), still(0, 10, *crowd(6))) == [103, 3]
    # The frame of the same time is of the same stream.
    assert told(CrowdRule(5, after=0), still(5, 5, *crowd(6)), still(5, 9, *crowd(6))) == [5]


def test_what_is_usual_and_what_is_set() -> None:
    assert CrowdRule(5).patience == Patience(after=3, gap=1, again_after=60, remind=None)
    rule = CrowdRule(5, 1, 2, zone="door", again_after=3, remind=4)
    assert (rule.most, rule.patience, rule.zone) == (5, Patience(1, 2, 3, 4), "door")
