"""Tickets connect a page with its WebSockets: each holds what the page shows, and has a secret token.

The page writes its settings into its ticket; its WebSockets read them there at each frame. A ticket lives
as long as the Streamlit session that holds it.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from maskwatch.app.live.server_source import ServerSource
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.results import Result

MAX_CONNECTIONS: Final = 4
"""WebSockets of one page at the same time: usually one, a second one while reconnecting."""

_BYTES: Final = 32


@dataclass(eq=False)
class Ticket:
    """The live settings of one page.

    Attributes:
        setup: Models and rules; replaced as a whole when a setting changes.
        source: The source on the server that the page shows; None for the camera of the browser.
        keeps_latest: Whether the newest result is kept in memory, so that it can be frozen and corrected.
        latest: The newest result, if it is kept.
        connections: Number of open WebSockets; changed in the event loop only.
        turn: Held while a frame of this page is in work: its connections take turns.
        token: Random secret by which the WebSockets of the page show that the ticket is theirs.
    """

    setup: StreamSetup
    source: ServerSource | None = None
    keeps_latest: bool = False
    latest: Result | None = field(default=None, repr=False)
    connections: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)

    def update_latest(self, result: Result) -> None:
        """Stores the newest result, if `keeps_latest`."""
        if self.keeps_latest:
            self.latest = result

    def __post_init__(self) -> None:
        _TICKETS[self.token] = self


_TICKETS: Final[WeakValueDictionary[str, Ticket]] = WeakValueDictionary()


def find_ticket(token: object) -> Ticket | None:
    """Returns the ticket with this token, or None if there is none (any more)."""
    return _TICKETS.get(token) if isinstance(token, str) else None
