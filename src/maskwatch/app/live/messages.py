"""The messages from the server to the page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from maskwatch.counting import count
from maskwatch.people.counts import PeopleCounts
from maskwatch.results import Result
from maskwatch.types import Event


def result_message(result: Result) -> dict[str, Any]:
    """Returns the faces, counts and events of one frame, ready for JSON."""
    record = result.record()
    people = result.people
    return {
        "t": record["t"],
        "width": record["width"],
        "height": record["height"],
        "faces": record["faces"],
        "people": record.get("people"),
        "counts": asdict(count(result.faces)) if people is None else asdict(people.counts.now),
        "people_counts": None if people is None else counts_message(people.counts),
        "events": event_messages(result.events),
    }


def counts_message(counts: PeopleCounts) -> dict[str, Any]:
    """Returns the counts of people, ready for JSON."""
    return {
        "now": asdict(counts.now),
        "so_far": asdict(counts.so_far),
        "share": counts.share.record(),
        "zones": {
            name: {**asdict(zone), "share": zone.share.record()} for name, zone in counts.zones.items()
        },
        "lines": {name: asdict(line) for name, line in counts.lines.items()},
    }


def event_messages(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Returns events, ready for JSON."""
    return [
        {
            "kind": event.kind,
            "t": round(event.t, 3),
            "message": event.message,
            "track_id": event.track_id,
            "zone": event.zone,
            "state": event.state,
            "since": event.since,
            "votes": None if event.votes is None else dict(event.votes),
            "reminder": event.reminder,
        }
        for event in events
    ]


def pack(header: dict[str, Any], jpeg: bytes) -> bytes:
    """Returns one binary message: the length of the JSON (4 bytes, little endian), the JSON, the JPEG."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + jpeg
