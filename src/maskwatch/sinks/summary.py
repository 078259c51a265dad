"""Sums up a stream: how many people came, how they wore their masks, what was reported."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from maskwatch.counting import Counts, count
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.history import History
from maskwatch.results import Result


class StreamSummary:
    """The sums over the frames of one stream.

    Args:
        source: Name of the source, as in `Frame.source`.

    Attributes:
        source: The same.
        frames: Frames that were searched.
        dropped: Frames of a live source that were skipped; to be set by whoever skips them.
        events: Events that the rules raised; those without a frame are to be added.
        t: Time of the newest frame in seconds.
        people: The people, each counted once; None where nobody is followed.
        history: The people by minute, hour and day; None where nobody is followed.
        most: Counts of the frame with the most faces.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.frames = 0
        self.dropped = 0
        self.events = 0
        self.t = 0.0
        self.people: PeopleCounts | None = None
        self.history: History | None = None
        self.most = Counts()

    def add(self, result: Result) -> None:
        """Adds the next result of the stream."""
        self.frames += 1
        self.events += len(result.events)
        self.t = result.frame.t
        if result.people is not None:
            self.people = result.people.counts
        faces = count(result.faces)
        if faces.total > self.most.total:
            self.most = faces

    def record(self) -> dict[str, Any]:
        """Returns the last line of the JSON output of a stream; see docs/concepts/output.md."""
        people = self.people or PeopleCounts()
        return {
            "type": "summary",
            "source": self.source,
            "t": round(self.t, 3),
            "frames": self.frames,
            "dropped": self.dropped,
            "events": self.events,
            "people": None if self.people is None else counts_record(people.so_far),
            "zones": {name: counts_record(zone.so_far) for name, zone in people.zones.items()},
            "lines": {
                name: {"forward": line.forward, "backward": line.backward}
                for name, line in people.lines.items()
            },
            "history": None if self.history is None else self.history.record(),
        }


def counts_record(counts: Counts) -> dict[str, Any]:
    """Returns counts as a dictionary of the JSON output, with the share that wears its mask right."""
    return {"total": counts.total, **asdict(counts), "share": counts.share.record()}
