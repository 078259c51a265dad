"""People as the pipeline hands them to rules, sinks and pages, in one line each."""

from __future__ import annotations

from typing import Any

from maskwatch.labels import Label, Reason
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.person import People, Person


def person(
    track_id: int = 1,
    state: Label | None = "with_mask",
    *,
    since: float = 0.0,
    zones: tuple[str, ...] = (),
    reason: Reason | None = None,
    **others: Any,
) -> Person:
    """Somebody in view; certain of the state where there is one and no reason speaks against it."""
    left = 50.0 * track_id
    known: dict[str, Any] = {
        "box": (left, 40.0, left + 40.0, 90.0),
        "confidence": 0.4 if state is None else 0.9,
        "first_seen": since,
        "last_seen": since,
    }
    if state is None and reason is None:
        reason = "undecided"
    return Person(track_id, state=state, since=since, zones=zones, reason=reason, **known | others)


def people(*persons: Person, counts: PeopleCounts | None = None) -> People:
    """Everybody in view at one moment, by number; counts are empty unless given."""
    return People(tuple(sorted(persons, key=lambda one: one.track_id)), counts or PeopleCounts())


def still(first: float, last: float, *persons: Person, step: float = 0.5) -> list[tuple[float, People]]:
    """Frames in which nobody changes: the time of each and everybody in it, both ends included."""
    frames = round((last - first) / step) + 1
    return [(first + step * number, people(*persons)) for number in range(frames)]
