"""Reports that too many people are in view."""

from __future__ import annotations

import math

from maskwatch.people.person import People
from maskwatch.rules.scope import inside, place
from maskwatch.rules.spell import Patience, Spell
from maskwatch.rules.wording import amount, lasted, reminding
from maskwatch.types import Event


class CrowdRule:
    """Reports that there have been more people than allowed for a while: events of kind "crowded".

    Everybody in view counts, whatever the state; who is out of sight for a moment counts, too.

    Args:
        most: Number of people up to which nothing is reported.
        after: Seconds with more people before the event.
        gap: Longest pause in seconds that is forgiven.
        zone: Name of the zone that is watched; "" for the whole picture.
        again_after: Longest pause in seconds after which it is no news.
        remind: Seconds between reminders while it lasts; None for no reminders.
    """

    def __init__(
        self,
        most: int,
        after: float = 3.0,
        gap: float = 1.0,
        *,
        zone: str = "",
        again_after: float = 60.0,
        remind: float | None = None,
    ) -> None:
        self.most = most
        self.patience = Patience(after, gap, again_after, remind)
        self.zone = zone
        self._spell: Spell | None = None
        self._before = -math.inf

    def update(self, people: People, t: float) -> list[Event]:
        """See `maskwatch.rules.base.Rule.update`."""
        before, self._before = self._before, t
        if t < before:  # the stream has begun anew
            self._spell = None
        number = sum(inside(person, self.zone) for person in people)
        if number <= self.most:
            return []
        self._spell = self._spell or Spell(t, t)
        reminder = self._spell.goes_on(t, before, t, self.patience)
        return [] if reminder is None else [self._event(number, t, self._spell.start, reminder)]

    def _event(self, number: int, t: float, since: float, reminder: int) -> Event:
        time = lasted(t - since, self.patience.after)
        allowed = amount(self.most, "person", "people")
        where = place(self.zone) or " in view"
        message = f"More than {allowed}{where}{f' for {time}' if time else ''}: {number}"
        return Event(
            "crowded", t, reminding(message, reminder), zone=self.zone, since=since, reminder=reminder
        )
