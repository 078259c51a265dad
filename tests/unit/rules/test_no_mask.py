"""The alert for people without a mask."""

from __future__ import annotations

import pytest

from maskwatch.labels import LABELS
from maskwatch.rules import NoMaskRule, Rule, SilenceRule
from maskwatch.rules.spell import Patience
from people import person, still


def test_it_tells_of_a_person_without_a_mask() -> None:
    rule: Rule = NoMaskRule(after=2, gap=1, zone="door", remind=60)
    bare = person(3, "without_mask", since=1, zones=("door",))
    events = [event for t, seen in still(1, 70, bare) for event in rule.update(seen, t)]
    assert [(event.kind, event.t, event.track_id, event.state, event.message) for event in events] == [
        ("no_mask", 3, 3, "without_mask", "Person 3 has been without a mask for 2 seconds in zone door"),
        (
            *("no_mask", 63, 3, "without_mask"),
            "Reminder: person 3 has been without a mask for 1 minute in zone door",
        ),
    ]


@pytest.mark.parametrize("state", [label for label in LABELS if label != "without_mask"])
def test_and_of_nobody_else(state: str) -> None:
    rule = NoMaskRule(after=2)
    assert not [e for t, seen in still(0, 9, person(1, state)) for e in rule.update(seen, t)]  # type: ignore[arg-type]


def test_at_once() -> None:
    ((t, seen),) = still(0, 0, person(3, "without_mask"))
    (event,) = NoMaskRule(after=0).update(seen, t)
    assert event.message == "Person 3 is without a mask"


def test_what_is_usual() -> None:
    assert NoMaskRule().patience == Patience(after=3, gap=1, again_after=60, remind=None)
    assert NoMaskRule().zone == ""


def test_what_is_set() -> None:
    rule = NoMaskRule(1, 2, zone="door", again_after=3, remind=4)
    assert (rule.patience, rule.zone) == (Patience(1, 2, 3, 4), "door")


def test_it_needs_no_silence() -> None:
    assert not isinstance(NoMaskRule(), SilenceRule)
