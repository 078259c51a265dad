"""Reports that too few of the people wear their mask right."""

from __future__ import annotations

import math

from maskwatch.people.person import People
from maskwatch.rules.memory import Memory
from maskwatch.rules.scope import inside, place
from maskwatch.rules.spell import Patience, Spell
from maskwatch.rules.wording import duration
from maskwatch.types import Event


class LowShareRule:
    """Reports that the share of people who wear their mask right is too low: events of kind "low_share".

    Counted are the different people who were seen in a state that is certain, each once, by the newest such
    state. It is news again only after the share was not low, or too few people were seen to say so, for as
    long as the people are counted over.

    Args:
        below: Share in (0, 1] below which it is reported.
        over: Seconds before the current frame over which people are counted.
        least: Number of people from which a share is taken at all.
        zone: Name of the zone that is watched; "" for the whole picture.
    """

    def __init__(self, below: float, over: float = 600.0, least: int = 10, *, zone: str = "") -> None:
        self.below = below
        self.over = over
        self.least = max(1, least)
        self.zone = zone
        self._memory: Memory[bool] = Memory(over)
        self._right = 0  # people in memory who wear it right
        self._patience = Patience(again_after=over)
        self._spell: Spell | None = None

    def update(self, people: People, t: float) -> list[Event]:
        """See `maskwatch.rules.base.Rule.update`."""
        self._right -= sum(self._memory.turn_to(t))
        before = self._memory.before
        if before == -math.inf:  # the stream begins, perhaps anew
            self._spell = None
        for person in people:
            if not (person.seen and person.certain and inside(person, self.zone)):
                continue
            right = person.state == "with_mask"
            self._right += right - (self._memory.get(person.track_id) or False)
            self._memory.note(person.track_id, right)
        seen = len(self._memory)
        if seen < self.least or self._right / seen >= self.below:
            return []
        self._spell = self._spell or Spell(t, t)
        if self._spell.goes_on(t, before, t, self._patience) is None:
            return []
        return [Event("low_share", t, self._message(seen), zone=self.zone, since=t)]

    def _message(self, seen: int) -> str:
        percent = 100 * self._right // seen
        return (
            f"{self._right} of {seen} people{place(self.zone)} wore their mask right in the last"
            f" {duration(self.over)}: {percent} %, below {100 * self.below:g} %"
        )
