"""Reports people who have been without a mask for a while."""

from __future__ import annotations

from maskwatch.people.person import People
from maskwatch.types import Event


class NoMaskRule:
    """Reports each person once who has certainly been without a mask for a while.

    Args:
        after: Seconds without a mask before the event.
        gap: Longest pause, in seconds, without this state.
    """

    def __init__(self, after: float = 3.0, gap: float = 1.0) -> None:
        self.after = after
        self.gap = gap
        self._told: set[int] = set()

    def update(self, people: People, t: float) -> list[Event]:
        """See `maskwatch.rules.base.Rule.update`."""
        events = []
        for person in people:
            if person.state != "without_mask":
                self._told.discard(person.track_id)
            elif person.certain and t - person.since >= self.after and person.track_id not in self._told:
                self._told.add(person.track_id)
                events.append(
                    Event(
                        "no_mask",
                        t,
                        f"Person {person.track_id} has been without a mask for {self.after:g} seconds",
                        track_id=person.track_id,
                        state=person.state,
                        since=person.since,
                        votes=person.votes,
                    )
                )
        return events
