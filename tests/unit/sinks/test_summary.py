import io
import json

import numpy as np

from fakes import scene
from maskwatch.counting import Counts
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts
from maskwatch.people.history import History
from maskwatch.results import Result
from maskwatch.sinks.rows import JsonLines
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Event, Faces, Frame
from people import people

COUNTS = PeopleCounts(
    now=Counts(masked=1),
    so_far=Counts(masked=3, unmasked=1, uncertain=2),
    zones={"Door": ZoneCounts(so_far=Counts(wrong=2))},
    lines={"Gate": LineCounts(4, 3)},
)


def result(t: float, counts: PeopleCounts | None = COUNTS, faces: int = 0, events: int = 0) -> Result:
    found = Faces(np.zeros((faces, 4), np.float32), np.ones(faces, np.float32))
    return Result(
        Frame(scene({}), round(t * 10), t, "a.mp4"),
        found,
        (Event("no_mask", t, "Person 1"),) * events,
        people=None if counts is None else people(counts=counts),
    )


def test_sums_over_a_stream() -> None:
    summary = StreamSummary("a.mp4")
    summary.add(result(0.0, events=1))
    summary.add(result(1.23456, events=2))
    summary.dropped = 7
    summary.history = History()
    record = summary.record()
    assert record.pop("history")["minutes"] == []
    assert record == {
        "type": "summary",
        "source": "a.mp4",
        "t": 1.235,
        "frames": 2,
        "dropped": 7,
        "events": 3,
        "people": {
            "total": 6,
            "masked": 3,
            "unmasked": 1,
            "wrong": 0,
            "uncertain": 2,
            "share": {"value": 0.75, "low": 0.3006, "high": 0.9544},
        },
        "zones": {
            "Door": {
                "total": 2,
                "masked": 0,
                "unmasked": 0,
                "wrong": 2,
                "uncertain": 0,
                "share": {"value": 0.0, "low": 0.0, "high": 0.6576},
            }
        },
        "lines": {"Gate": {"forward": 4, "backward": 3}},
    }


def test_where_nobody_is_followed_there_are_no_people() -> None:
    summary = StreamSummary("a.mp4")
    for faces in (1, 3, 2):
        summary.add(result(0.0, None, faces))
    assert summary.people is None
    assert summary.most.total == 3
    assert summary.record()["people"] is None


def test_nothing_at_all() -> None:
    stream = io.StringIO()
    JsonLines(stream).write_summary(StreamSummary("camera 0"))
    record = json.loads(stream.getvalue())
    assert (record["source"], record["frames"], record["t"], record["zones"]) == ("camera 0", 0, 0.0, {})
