"""Takes the census of a stream: people now and so far, by state, zone and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np

from maskwatch.counting import counts_of
from maskwatch.labels import Label
from maskwatch.people.counts import PeopleCounts, ZoneCounts
from maskwatch.people.history import History
from maskwatch.people.person import People, Person
from maskwatch.people.presence import Gate, Presence, Sighting
from maskwatch.people.zones import Zone, check_zones

KEPT: Final = 300.0
"""Seconds for which somebody who is out of view is remembered: longer than any track may be hidden.

After that the person is in the sums alone, so that the memory does not grow with the days.
"""


@dataclass(slots=True)
class _Met:
    """Somebody who has been counted.

    Attributes:
        came: Seconds at which the person was first in view.
        last: Seconds at which the person was last in view.
        state: The last one that was certain; None before any was.
        zones: All those that the person has been in.
    """

    came: float
    last: float
    state: Label | None
    zones: set[str] = field(default_factory=set)


class Census:
    """Counts the people of one stream.

    Args:
        zones: Zones that people are counted in, and lines that they cross; others are left alone.
        start: See `maskwatch.people.history.History`.

    Attributes:
        history: People by minute, hour and day.

    Raises:
        ConfigError: There are too many zones, or two have the same name.
    """

    def __init__(self, zones: Sequence[Zone] = (), start: datetime | None = None) -> None:
        zones = check_zones(zones)
        self._zones = {zone.name: Presence(zone) for zone in zones if zone.kind == "zone"}
        self._lines = {zone.name: Gate(zone) for zone in zones if zone.kind == "line"}
        self._places: tuple[Presence | Gate, ...] = (*self._zones.values(), *self._lines.values())
        self._met: dict[int, _Met] = {}  # who was in view last comes last
        self._so_far: Counter[Label | None] = Counter()
        self._zones_so_far: dict[str, Counter[Label | None]] = {name: Counter() for name in self._zones}
        self.history = History(start)

    def update(self, persons: Sequence[Person], t: float, size: tuple[int, int]) -> People:
        """Takes everybody in view in the frame at `t` seconds, by number.

        Args:
            persons: Everybody; their `zones` are not filled yet. Who is not seen in this frame stays in the
                zones of the last one.
            t: Seconds since the stream began.
            size: Width and height of the frame in pixels.

        Returns:
            The same people with their zones, and the counts.
        """
        self._look(persons, size)
        people = []
        for person in persons:
            zones = tuple(name for name, presence in self._zones.items() if person.track_id in presence)
            self._count(person, zones, t)
            people.append(replace(person, zones=zones) if zones else person)
        self._forget(t)
        self.history.view(t, len(people))
        return People(tuple(people), self._counts(people))

    def _look(self, persons: Sequence[Person], size: tuple[int, int]) -> None:
        """Tells zones and lines who was found where."""
        found = [person for person in persons if person.seen]
        boxes = np.array([person.box for person in found], np.float64).reshape(-1, 4)
        sighting = Sighting([person.track_id for person in found], boxes, size)
        for place in self._places:
            place.update(sighting)

    def _count(self, person: Person, zones: Sequence[str], t: float) -> None:
        """Counts somebody who is new, or in a zone for the first time, or in another state than before."""
        state = _known(person)
        met = self._met.pop(person.track_id, None)
        if met is None:
            met = _Met(t, t, state)
            self._so_far[state] += 1
            self.history.came(t, state)
        elif state is not None and state != met.state:
            for sums in (self._so_far, *(self._zones_so_far[name] for name in met.zones)):
                sums[met.state] -= 1
                sums[state] += 1
            self.history.changed(met.came, met.state, state)
            met.state = state
        for name in zones:
            if name not in met.zones:
                met.zones.add(name)
                self._zones_so_far[name][met.state] += 1
        met.last = t
        self._met[person.track_id] = met

    def _forget(self, t: float) -> None:
        gone = []
        for number, met in self._met.items():
            if t - met.last <= KEPT:
                break
            gone.append(number)
        for number in gone:
            del self._met[number]
            for place in self._places:
                place.forget(number)

    def _counts(self, people: Sequence[Person]) -> PeopleCounts:
        return PeopleCounts(
            counts_of(Counter(_known(person) for person in people)),
            counts_of(self._so_far),
            {
                name: ZoneCounts(
                    counts_of(Counter(_known(person) for person in people if name in person.zones)),
                    counts_of(self._zones_so_far[name]),
                )
                for name in self._zones
            },
            {name: gate.counts for name, gate in self._lines.items()},
        )


def _known(person: Person) -> Label | None:
    """Returns the state of a person if it is certain."""
    return person.state if person.certain else None
