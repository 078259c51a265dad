"""What the server tells the page about a frame."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from maskwatch.counting import count
from maskwatch.types import Event, Result


def told(result: Result) -> dict[str, Any]:
    """The faces, counts and events of one frame, ready for JSON."""
    record = result.record()
    return {
        "width": record["width"],
        "height": record["height"],
        "faces": record["faces"],
        "counts": asdict(count(result.faces)),
        "events": [event_told(event) for event in result.events],
    }


def event_told(event: Event) -> dict[str, Any]:
    """An event, ready for JSON."""
    return {"kind": event.kind, "t": round(event.t, 3), "message": event.message}


def pack(header: dict[str, Any], jpeg: bytes) -> bytes:
    """One message: 4 bytes length of the JSON (little endian), the JSON, the JPEG."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "little") + text + jpeg
