"""Takes the census of a stream: people now and so far, by state, zone and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskwatch.counting import Counts
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.person import People, Person
from maskwatch.people.zones import Zone


class Census:
    """Counts the people of one stream.

    Args:
        zones: Zones that people are counted in, and lines that they cross; others are left alone.
    """

    def __init__(self, zones: Sequence[Zone] = ()) -> None:
        self._zones = tuple(zones)
        self._states: dict[int, str] = {}

    def update(self, persons: Sequence[Person], t: float, size: tuple[int, int]) -> People:
        """Takes everybody in view in the frame at `t` seconds, by number.

        Args:
            persons: Everybody; their `zones` are not filled yet.
            t: Seconds since the stream began.
            size: Width and height of the frame in pixels.

        Returns:
            The same people with their zones, and the counts.
        """
        # First version: no zones.
        for person in persons:
            self._states[person.track_id] = person.state if person.certain and person.state else ""
        people = tuple(replace(person, zones=()) for person in persons)
        return People(
            people,
            PeopleCounts(
                _counts([p.state if p.certain else None for p in people]),
                _counts(list(self._states.values())),
            ),
        )


def _counts(states: Sequence[str | None]) -> Counts:
    number = states.count
    masked, unmasked, wrong = number("with_mask"), number("without_mask"), number("mask_worn_incorrectly")
    return Counts(masked, unmasked, wrong, len(states) - masked - unmasked - wrong)
