"""The messages from the server to the page."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from maskwatch.counting import count
from maskwatch.results import Result
from maskwatch.types import Event


def result_message(result: Result) -> dict[str, Any]:
    """Returns the faces, counts and events of one frame, ready for JSON."""
    record = result.record()
    return {
        "width": record["width"],
        "height": record["height"],
        "faces": record["faces"],
        "counts": asdict(count(result.faces)),
        "events": [event_message(event) for event in result.events],
    }


def event_message(event: Event) -> dict[str, Any]:
    """Returns an event, ready for JSON."""
    return {"kind": event.kind, "t": round(event.t, 3), "message": event.message}


def pack(header: dict[str, Any], jpeg: bytes) -> bytes:
    """Returns one binary message: the length of the JSON (4 bytes, little endian), the JSON, the JPEG."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + jpeg
