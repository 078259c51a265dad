"""The alert for people whose mask leaves nose or mouth uncovered."""

from __future__ import annotations

import pytest

from maskwatch.labels import LABELS
from maskwatch.rules import Rule, WornWronglyRule
from maskwatch.rules.spell import Patience
from people import person, still


def test_it_tells_of_a_person_who_wears_it_wrongly() -> None:
    rule: Rule = WornWronglyRule(after=2, gap=1, zone="door", remind=60)
    wrong = person(3, "mask_worn_incorrectly", since=1, zones=("door",))
    events = [event for t, seen in still(1, 70, wrong) for event in rule.update(seen, t)]
    assert [(event.kind, event.t, event.track_id, event.message) for event in events] == [
        ("worn_wrongly", 3, 3, "Person 3 has worn the mask wrongly for 2 seconds in zone door"),
        ("worn_wrongly", 63, 3, "Reminder: person 3 has worn the mask wrongly for 1 minute in zone door"),
    ]
    assert {event.state for event in events} == {"mask_worn_incorrectly"}


@pytest.mark.parametrize("state", [label for label in LABELS if label != "mask_worn_incorrectly"])
def test_and_of_nobody_else(state: str) -> None:
    rule = WornWronglyRule(after=2)
    assert not [e for t, seen in still(0, 9, person(1, state)) for e in rule.update(seen, t)]  # type: ignore[arg-type]


def test_at_once() -> None:
    ((t, seen),) = still(0, 0, person(3, "mask_worn_incorrectly"))
    (event,) = WornWronglyRule(after=0).update(seen, t)
    assert event.message == "Person 3 wears the mask wrongly"


def test_what_is_usual() -> None:
    assert WornWronglyRule().patience == Patience(after=5, gap=1, again_after=60, remind=None)
    assert WornWronglyRule().zone == ""


def test_what_is_set() -> None:
    rule = WornWronglyRule(1, 2, zone="door", again_after=3, remind=4)
    assert (rule.patience, rule.zone) == (Patience(1, 2, 3, 4), "door")
