"""Counts of people: now, and since the start; each person once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskwatch.counting import Counts
from maskwatch.proportion import Proportion


@dataclass(frozen=True, slots=True)
class ZoneCounts:
    """People of one zone.

    Attributes:
        now: Those who are in it.
        so_far: Different people who have been in it since the start, by the last known state of each.
    """

    now: Counts = field(default_factory=Counts)
    so_far: Counts = field(default_factory=Counts)

    @property
    def share(self) -> Proportion:
        """The share that wears a mask right, among the people so far whose state is known."""
        return self.so_far.share


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Crossings of one line.

    Attributes:
        forward: From its left side to its right, as seen when walking from its first point to its last.
        backward: The other way.
    """

    forward: int = 0
    backward: int = 0


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """People of one stream; `str()` gives one line.

    Attributes:
        now: Those in view, by state; undecided ones are "uncertain".
        so_far: Different people since the start, by the last known state of each.
        zones: By name of the zone.
        lines: By name of the line.
    """

    now: Counts = field(default_factory=Counts)
    so_far: Counts = field(default_factory=Counts)
    zones: Mapping[str, ZoneCounts] = field(default_factory=dict)
    lines: Mapping[str, LineCounts] = field(default_factory=dict)

    @property
    def share(self) -> Proportion:
        """The share that wears a mask right, among the people so far whose state is known."""
        return self.so_far.share

    def __str__(self) -> str:
        return f"now {self.now.words('person', 'people')}; so far {self.so_far.words('person', 'people')}"
