"""The source in the address of the page, so that a reload, a bookmark or a kiosk comes back to it.

    ?source=demo
    ?source=stream&address=rtsp://camera.local/live
    ?source=server&number=0
    ?source=file&path=/home/me/entrance.mp4

Passwords are never written there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maskwatch.app.live import server_source
from maskwatch.app.live.server_source import DEMO, ServerSource
from maskwatch.errors import SourceError

BROWSER: Final = "My camera"
DEMO_CLIP: Final = "Demo"
STREAM: Final = "Network stream"
CAMERA: Final = "Camera of the server"
FILE: Final = "Video file"

_NAMES: Final = {BROWSER: "camera", DEMO_CLIP: "demo", STREAM: "stream", CAMERA: "server", FILE: "file"}
_FIELDS: Final = {STREAM: "address", CAMERA: "number", FILE: "path"}


def kind_in(parameters: Mapping[str, str]) -> str | None:
    """Returns the kind of source that the address names; None if it names none that is known."""
    named = parameters.get("source", "").lower()
    return next((kind for kind, name in _NAMES.items() if name == named), None)


def field_in(parameters: Mapping[str, str], kind: str) -> str:
    """Returns what the address says of a source of this kind: its own address, number or path; or ""."""
    return parameters.get(_FIELDS.get(kind, ""), "")


def parameters_of(kind: str, field: str) -> dict[str, str]:
    """Returns the parameters that stand for a source.

    Args:
        kind: Its kind.
        field: Its own address without secrets, number or path; "" for none.
    """
    parameters = {} if kind == BROWSER else {"source": _NAMES[kind]}
    return {**parameters, _FIELDS[kind]: field} if kind in _FIELDS and field else parameters


def names() -> tuple[str, ...]:
    """Returns the names of all parameters that say something of the source."""
    return ("source", *_FIELDS.values())


def source_in(parameters: Mapping[str, str]) -> ServerSource | None:
    """Returns the source on the server that the address names; None for the browser's camera.

    Raises:
        SourceError: It names one of no use.
    """
    kind = kind_in(parameters)
    if kind is None and (named := parameters.get("source")):
        raise SourceError(f"no source is named {named[:40]}; there are {', '.join(_NAMES.values())}")
    field = field_in(parameters, kind or "")
    if kind == DEMO_CLIP:
        return DEMO
    if kind == STREAM:
        return server_source.stream(field)
    if kind == FILE:
        return server_source.video_file(field)
    if kind == CAMERA:
        if not (field or "0").isdecimal():
            raise SourceError(f"the number of a camera is a whole number from 0, not {field[:40]}")
        return server_source.camera(int(field or "0"))
    return None
