"""A person of a stream: a track with what is believed of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from maskwatch.labels import LABELS, Label, Reason
from maskwatch.people.counts import PeopleCounts


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is followed over the frames of one stream, as believed at one moment.

    Attributes:
        track_id: Number of the person in the stream, from 1, in the order of appearance; never given twice.
        box: x1, y1, x2, y2 of the face in pixels: as found in this frame, else where it is expected.
        state: How the mask is worn; None while undecided.
        confidence: Probability of `state`, in [0, 1]; while undecided that of the most probable state.
        reason: Why the state is not certain; None for a certain one, and if nothing classifies.
        since: Seconds, on the stream's clock, at which `state` began.
        first_seen: Seconds at which the face was first found.
        last_seen: Seconds at which it was last found.
        seen: Whether it was found in this frame.
        probabilities: Of the three states, in the order of `LABELS`; None if nothing classifies.
        votes: Number of looks at the face that spoke for each state, by state.
        zones: Names of the zones that the person is in.
    """

    track_id: int
    box: tuple[float, float, float, float]
    state: Label | None = None
    confidence: float = 0.0
    reason: Reason | None = None
    since: float = 0.0
    first_seen: float = 0.0
    last_seen: float = 0.0
    seen: bool = True
    probabilities: tuple[float, float, float] | None = None
    votes: Mapping[Label, int] = field(default_factory=dict)
    zones: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the state is known for certain."""
        return self.state is not None and self.reason is None

    @property
    def looks(self) -> int:
        """Number of looks at the face that said something about its mask."""
        return sum(self.votes.values())

    def record(self) -> dict[str, Any]:
        """Returns the person as a dictionary of the JSON output; see docs/concepts/output.md."""
        return {
            "track_id": self.track_id,
            "box": [round(v, 1) for v in self.box],
            "seen": self.seen,
            "state": self.state,
            "confidence": round(self.confidence, 4),
            "certain": self.certain,
            "reason": self.reason,
            "since": round(self.since, 3),
            "first_seen": round(self.first_seen, 3),
            "last_seen": round(self.last_seen, 3),
            "probabilities": None
            if self.probabilities is None
            else {k: round(p, 4) for k, p in zip(LABELS, self.probabilities, strict=True)},
            "votes": {label: self.votes.get(label, 0) for label in LABELS},
            "zones": list(self.zones),
        }


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in view at one moment, and the counts so far.

    Attributes:
        persons: By `track_id`; who has been out of sight for a moment is among them (`Person.seen`).
        counts: People now and since the start.
    """

    persons: tuple[Person, ...] = ()
    counts: PeopleCounts = field(default_factory=PeopleCounts)

    def __len__(self) -> int:
        return len(self.persons)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.persons)
