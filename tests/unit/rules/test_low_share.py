"""The alert for a low share of people who wear their mask right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from maskwatch.labels import Label
from maskwatch.people.person import People, Person
from maskwatch.rules import LowShareRule
from maskwatch.types import Event
from people import people, person, still

BARE: Label = "without_mask"


def group(masked: int, bare: int, first: int = 1, **others: Any) -> list[Person]:
    """People with numbers from `first` on."""
    return [person(first + i, "with_mask" if i < masked else BARE, **others) for i in range(masked + bare)]


def events(rule: LowShareRule, *moments: Iterable[tuple[float, People]]) -> list[Event]:
    return [event for part in moments for t, seen in part for event in rule.update(seen, t)]


def told(rule: LowShareRule, *moments: Iterable[tuple[float, People]]) -> list[float]:
    return [event.t for event in events(rule, *moments)]


def test_one_event_with_all_that_it_holds() -> None:
    assert events(LowShareRule(0.5, 300, 10), still(7, 60, *group(4, 8))) == [
        Event(
            "low_share",
            7,
            "4 of 12 people wore their mask right in the last 5 minutes: 33 %, below 50 %",
            zone="",
            since=7,
        )
    ]


@pytest.mark.parametrize(
    ("masked", "bare", "below", "low"),
    [
        (5, 5, 0.5, False),  # exactly as many as asked for
        (4, 6, 0.5, True),
        (7, 93, 7 / 100, False),  # no rounding makes it less
        (6, 94, 7 / 100, True),
        (10, 0, 1.0, False),
        (9, 1, 1.0, True),
        (0, 10, 0.01, True),
    ],
)
def test_when_a_share_is_low(masked: int, bare: int, below: float, low: bool) -> None:
    assert bool(told(LowShareRule(below), still(0, 0, *group(masked, bare)))) is low


def test_too_few_people_say_nothing() -> None:
    assert told(LowShareRule(0.5), still(0, 60, *group(0, 9))) == []
    assert told(LowShareRule(0.5), still(0, 60, *group(0, 10))) == [0]
    assert told(LowShareRule(0.5, least=0), still(0, 60)) == []
    assert told(LowShareRule(0.5, least=0), still(0, 60, *group(0, 1))) == [0]


def test_wrong_is_not_right() -> None:
    wrong = [person(i, "mask_worn_incorrectly") for i in range(1, 11)]
    assert told(LowShareRule(0.5), still(0, 60, *wrong)) == [0]


@pytest.mark.parametrize("others", [{"reason": "dark"}, {"seen": False}, {"zones": ("hall",)}])
def test_who_is_not_certain_not_seen_or_elsewhere_does_not_count(others: dict[str, Any]) -> None:
    rule = LowShareRule(0.5, zone="door")
    masked, bare = group(5, 0, zones=("door",)), group(0, 9, first=6, **{"zones": ("door",), **others})
    assert told(rule, still(0, 60, *masked, *bare)) == []
    assert told(rule, still(61, 61, *group(0, 6, first=20, zones=("door",)))) == [61]


def test_undecided_people_do_not_count() -> None:
    undecided = [person(i, None) for i in range(6, 20)]
    assert told(LowShareRule(0.5), still(0, 60, *group(0, 5), *undecided)) == []


def test_shares_are_rounded_down() -> None:
    """So that no message says "100 %, below 100 %"."""
    for masked, below, words in ((80, 0.5, "40 %, below 50 %"), (199, 1.0, "99 %, below 100 %")):
        (event,) = events(LowShareRule(below), still(0, 0, *group(masked, 200 - masked)))
        assert event.message.endswith(f"in the last 10 minutes: {words}")


def test_the_zone_is_told() -> None:
    (event,) = events(LowShareRule(0.25, 90, 3, zone="door"), still(0, 9, *group(0, 3, zones=("door",))))
    assert (event.zone, event.message) == (
        "door",
        "0 of 3 people in zone door wore their mask right in the last 1 minute 30 seconds: 0 %, below 25 %",
    )


def test_people_are_counted_once_by_their_newest_state() -> None:
    rule = LowShareRule(0.5, over=600, least=2)
    one, two = person(1), person(2)
    # Twenty frames with both masked, and one with both bare: two people, both bare.
    assert told(rule, still(0, 10, one, two), still(11, 20, person(1, BARE), person(2, BARE))) == [11]
    # One who is undecided now keeps the last state.
    rule = LowShareRule(0.5, over=600, least=2)
    assert told(rule, still(0, 10, *group(0, 2)), still(11, 20, person(1, None), two)) == [0]


def test_different_people_add_up_over_the_time() -> None:
    rule = LowShareRule(0.5, over=100, least=4)
    arrivals = [(10.0 * number, people(person(number, BARE))) for number in range(1, 9)]
    assert told(rule, arrivals) == [40]


def test_who_was_seen_longer_ago_does_not_count() -> None:
    for over, expected in ((59, [60]), (60, [])):
        rule = LowShareRule(0.5, over=over, least=4)
        assert told(rule, still(0, 0, *group(4, 0)), still(60, 60, *group(0, 4, first=5))) == expected


def test_the_share_is_that_of_those_who_count() -> None:
    """Those who are forgotten take their masks with them."""
    rule = LowShareRule(0.5, over=50, least=4)
    moments = [*still(0, 0, *group(4, 0)), *still(60, 60, *group(2, 2, first=5))]
    assert told(rule, moments, still(61, 61, *group(0, 1, first=9))) == [61]


def test_it_is_news_again_only_after_the_whole_time_without_a_low_share() -> None:
    low, high = group(4, 6), group(6, 4)
    for again, expected in ((159, [0]), (160, [0, 160])):
        seen = [*still(0, 59, *low, step=1), *still(60, again - 1, *high, step=1)]
        assert told(LowShareRule(0.5, over=100), seen, still(again, 300, *low, step=1)) == expected


def test_too_few_people_for_the_whole_time_make_it_news_again() -> None:
    """Who was there until 59 counts until 159."""
    for again, expected in ((259, [0]), (260, [0, 260])):
        seen = [*still(0, 59, *group(0, 10), step=1), *still(60, again - 1, step=1)]
        late = still(again, 300, *group(0, 10, first=11), step=1)
        assert told(LowShareRule(0.5, over=100), seen, late) == expected


def test_a_stream_that_begins_anew() -> None:
    rule = LowShareRule(0.5)
    assert told(rule, still(100, 110, *group(4, 6)), still(0, 10, *group(4, 6))) == [100, 0]
    assert told(rule, still(5, 5, *group(9, 0, first=20))) == []


def test_what_is_usual_and_what_is_set() -> None:
    rule = LowShareRule(0.5)
    assert (rule.below, rule.over, rule.least, rule.zone) == (0.5, 600, 10, "")
    rule = LowShareRule(0.4, 60, 5, zone="door")
    assert (rule.below, rule.over, rule.least, rule.zone) == (0.4, 60, 5, "door")


def test_people_long_gone_are_forgotten() -> None:
    rule = LowShareRule(0.5, over=100)
    for number in range(2000):
        rule.update(people(person(number)), 10.0 * number)
        assert len(rule._memory) <= 11
    assert rule._right == 11
