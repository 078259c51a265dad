"""Reports people who have been in one state for a while: what the rules about masks have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from maskwatch.labels import Label
from maskwatch.people.person import People, Person
from maskwatch.rules.memory import Memory
from maskwatch.rules.scope import inside, place
from maskwatch.rules.spell import Patience, Spell, interrupted
from maskwatch.rules.wording import lasted, reminding
from maskwatch.types import Event

_HIDDEN: Final = 60.0
"""Longest time in seconds for which somebody who is not seen can keep the number (`people.hidden`)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a state is told, behind "Person 3".

    Attributes:
        now: That it is so: "is without a mask".
        lasting: That it has been so, "for 3 seconds": "has been without a mask".
    """

    now: str
    lasting: str


@dataclass(slots=True)
class _Remembered:
    """What is remembered of a person.

    Attributes:
        here: Seconds at which the person was last seen in the zone; -inf for never.
        entered: Seconds at which the person came into it; -inf for one who was in it at first sight.
        spell: The state; None while the person was never in it.
    """

    here: float
    entered: float = -math.inf
    spell: Spell | None = None


class StateRule:
    """Reports each person who has certainly been in a state for a while, once, with reminders while it lasts.

    The time runs from the moment at which the person's state began, but not before the person came into the
    zone. While somebody is not seen, not certain, or in another state for up to `gap`, it runs on.

    Args:
        kind: Kind of the events.
        state: The state.
        wording: How it is told.
        patience: How long it takes until it is told, and told again.
        zone: Name of the zone that is watched; "" for the whole picture.
    """

    def __init__(self, kind: str, state: Label, wording: Wording, patience: Patience, zone: str = "") -> None:
        self.kind = kind
        self.state: Label = state
        self.patience = patience
        self.zone = zone
        self._wording = wording
        self._memory: Memory[_Remembered] = Memory(_HIDDEN + max(patience.gap, patience.again_after))

    def replaces(self, other: StateRule) -> bool:
        """Whether both watch the same state in the same zone."""
        return (self.kind, self.zone) == (other.kind, other.zone)

    def go_on_from(self, other: StateRule) -> None:
        """Takes over what another rule knows, whose settings this one replaces: what was told stays told."""
        self._memory = other._memory

    def update(self, people: People, t: float) -> list[Event]:
        """See `maskwatch.rules.base.Rule.update`."""
        self._memory.turn_to(t)
        events = (self._watch(person, t) for person in people)
        return [event for event in events if event is not None]

    def _watch(self, person: Person, t: float) -> Event | None:
        here = person.seen and inside(person, self.zone)
        known = self._memory.get(person.track_id) or _Remembered(t if here else -math.inf)
        self._memory.note(person.track_id, known)
        if not here:
            return None
        before = self._memory.before
        if interrupted(known.here, before, t, self.patience.gap):
            known.entered = t
        known.here = t
        if not person.certain or person.state != self.state:
            return None
        since = max(person.since, known.entered)
        known.spell = known.spell or Spell(since, t)
        reminder = known.spell.goes_on(t, before, since, self.patience)
        return None if reminder is None else self._event(person, t, known.spell.start, reminder)

    def _event(self, person: Person, t: float, since: float, reminder: int) -> Event:
        time = lasted(t - since, self.patience.after)
        what = f"{self._wording.lasting} for {time}" if time else self._wording.now
        message = reminding(f"Person {person.track_id} {what}{place(self.zone)}", reminder)
        return Event(
            self.kind,
            t,
            message,
            track_id=person.track_id,
            zone=self.zone,
            state=person.state,
            since=since,
            votes=person.votes,
            reminder=reminder,
        )
