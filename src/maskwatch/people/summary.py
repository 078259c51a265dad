"""Sums up the people of a video or stream: when each was in view, in which state, and for how long. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from maskwatch.counting import Counts, counts_of
from maskwatch.labels import LABELS, Label
from maskwatch.people.person import People, Person
from maskwatch.types import Event

STATES: Final[tuple[Label | None, ...]] = (*LABELS, None)
"""The states of a span, None for undecided."""

_BRIDGED: Final = 1.0
"""Seconds without a look at the face that do not interrupt a person's time in view."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a person was in view, in one state.

    Attributes:
        start: Seconds since the stream began.
        end: The same; equal to `start` for somebody who was seen in one frame only.
        state: None while undecided.
    """

    start: float
    end: float
    state: Label | None

    @property
    def seconds(self) -> float:
        """Length of the span."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """One person over a whole stream.

    Attributes:
        track_id: Number of the person.
        first_seen: Seconds at which the face was first found.
        last_seen: Seconds at which it was last found.
        state: The last state that was known for certain; None if none ever was.
        spans: In the order of time; they do not overlap, and a gap is a time out of view.
        zones: Names of the zones that the person was in, in the order of the first visits.
    """

    track_id: int
    first_seen: float
    last_seen: float
    state: Label | None
    spans: tuple[Span, ...]
    zones: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Seconds in view."""
        return sum(span.seconds for span in self.spans)

    def seconds_in(self, state: Label | None) -> float:
        """Returns the seconds in view in one state; None for undecided."""
        return sum(span.seconds for span in self.spans if span.state == state)

    def share_in(self, state: Label | None) -> float | None:
        """Returns the share of the time in view, from 0 to 1; None for who was seen in one frame only."""
        total = self.seconds
        return self.seconds_in(state) / total if total else None

    def record(self) -> dict[str, Any]:
        """Returns the person as a dictionary of the output; see docs/concepts/output.md."""
        shares = {state: self.share_in(state) for state in STATES}
        return {
            "track_id": self.track_id,
            "first_seen": round(self.first_seen, 3),
            "last_seen": round(self.last_seen, 3),
            "seconds": round(self.seconds, 3),
            "state": self.state,
            **{f"seconds_{state or 'undecided'}": round(self.seconds_in(state), 3) for state in STATES},
            **{
                f"share_{state or 'undecided'}": None if share is None else round(share, 4)
                for state, share in shares.items()
            },
            "zones": list(self.zones),
        }


@dataclass(frozen=True, slots=True)
class PeopleSummary:
    """Everybody of a stream.

    Attributes:
        persons: By number.
        events: What the rules reported, in the order of time.
        length: Seconds from the beginning of the stream to its last frame.
    """

    persons: tuple[PersonSummary, ...] = ()
    events: tuple[Event, ...] = ()
    length: float = 0.0

    @property
    def counts(self) -> Counts:
        """People by the last state that was known for certain; "uncertain" are those without one."""
        return counts_of(Counter(person.state for person in self.persons))

    @property
    def seconds(self) -> float:
        """Time in view of all people together, in seconds."""
        return sum(person.seconds for person in self.persons)

    def seconds_in(self, state: Label | None) -> float:
        """Returns the time in view of all people together in one state, in seconds; None for undecided."""
        return sum(person.seconds_in(state) for person in self.persons)

    def share_in(self, state: Label | None) -> float | None:
        """Returns the share of this time, from 0 to 1; None where nobody was in view."""
        total = self.seconds
        return self.seconds_in(state) / total if total else None


class PeopleLog:
    """Keeps the times and states of everybody in one stream; grows with people and changes, not with frames.

        log = PeopleLog()
        for result in run(video, session):
            log.add(result.people, result.frame.t, result.events)
        summary = log.summary()

    A state counts from the moment at which it began (`Person.since`), although it was known only later. Who
    is out of sight for at most a second, or between two frames, counts as in view meanwhile.
    """

    def __init__(self) -> None:
        self._persons: dict[int, _PersonLog] = {}
        self._events: list[Event] = []
        self._t = 0.0

    def add(self, people: People | None, t: float, events: Iterable[Event] = ()) -> None:
        """Takes the next frame.

        Args:
            people: Everybody in view; None where nobody is followed.
            t: Seconds since the stream began, larger than at the call before.
            events: What the rules reported of this frame.
        """
        for person in people or ():
            log = self._persons.setdefault(person.track_id, _PersonLog(min(person.first_seen, t)))
            log.note(person)
            if person.seen:
                log.see(person, t, max(_BRIDGED, t - self._t))
        self._events += events
        self._t = t

    def summary(self) -> PeopleSummary:
        """Returns what is known so far."""
        persons = tuple(log.summary(number) for number, log in sorted(self._persons.items()))
        return PeopleSummary(persons, tuple(self._events), self._t)


@dataclass(slots=True)
class _PersonLog:
    """What is kept of one person while the stream runs."""

    first_seen: float
    spans: list[Span] = field(default_factory=list)
    state: Label | None = None
    zones: dict[str, None] = field(default_factory=dict)

    def note(self, person: Person) -> None:
        """Keeps what is known of the person, whether in sight or hidden for a moment."""
        if person.certain:
            self.state = person.state
        self.zones.update(dict.fromkeys(person.zones))

    def see(self, person: Person, t: float, bridged: float) -> None:
        """Takes the person as seen at `t`; shorter times than `bridged` seconds without a look are no gap."""
        state = person.state if person.certain else None
        if not self.spans:
            _append(self.spans, Span(self.first_seen, t, None if self.first_seen < t else state))
        elif t - (last := self.spans[-1]).end <= bridged:
            self.spans[-1] = Span(last.start, t, last.state)
        else:
            self.spans.append(Span(t, t, state))
        if self.spans[-1].state != state:
            since = t if state is None else max(min(person.since, t), self.first_seen)
            _set_state(self.spans, since, state)
            _append(self.spans, Span(t, t, state))

    def summary(self, number: int) -> PersonSummary:
        last = self.spans[-1].end if self.spans else self.first_seen
        return PersonSummary(number, self.first_seen, last, self.state, tuple(self.spans), tuple(self.zones))


def _set_state(spans: list[Span], since: float, state: Label | None) -> None:
    """Gives everything from `since` on one state; gaps stay gaps."""
    later: list[Span] = []
    while spans and spans[-1].end > since:
        later.append(spans.pop())
    for span in reversed(later):
        if span.start < since:
            _append(spans, Span(span.start, since, span.state))
        _append(spans, Span(max(span.start, since), span.end, state))


def _append(spans: list[Span], span: Span) -> None:
    """Adds a span, as a part of the one before where that ends in the same state."""
    if spans and spans[-1].end == span.start and spans[-1].state == span.state:
        span = Span(spans.pop().start, span.end, span.state)
    spans.append(span)
