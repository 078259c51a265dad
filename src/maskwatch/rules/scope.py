"""The part of the picture that a rule watches: one zone, by its name, or all of it, ""."""

from __future__ import annotations

from maskwatch.people.person import Person


def inside(person: Person, zone: str) -> bool:
    """Says whether a person is in the part that is watched."""
    return not zone or zone in person.zones


def place(zone: str) -> str:
    """Returns words for the part, to be put behind others in a message; "" for the whole picture."""
    return f" in zone {zone}" if zone else ""
