"""Tickets: what a page may watch, and how; each known by a token that nobody can guess.

A page's script writes its settings into its ticket, the WebSockets that the same page opens read them
there at each frame. A ticket lives as long as the Streamlit session that holds it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from maskwatch.app.live.server_source import ServerSource
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.types import Result

MAX_CONNECTIONS: Final = 4
"""Live views of one page at the same time; one is usual, a second while reconnecting."""

_BYTES: Final = 32


@dataclass(eq=False)
class Ticket:
    """What one page shows.

    Attributes:
        look: The models and rules to use; replaced as a whole when a setting changes.
        choice: The source on the server that the page chose, if any.
        keeps_latest: Whether the newest result is kept, in memory, so that it can be frozen and corrected.
        latest: The newest result, if it is kept.
        connections: WebSockets that are open now; only the event loop counts them.
        token: The page's proof that the ticket is its own.
    """

    look: StreamSetup
    choice: ServerSource | None = None
    keeps_latest: bool = False
    latest: Result | None = field(default=None, repr=False)
    connections: int = 0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)

    def shown(self, result: Result) -> None:
        """Notes what the page shows now."""
        if self.keeps_latest:
            self.latest = result

    def __post_init__(self) -> None:
        _TICKETS[self.token] = self


_TICKETS: Final[WeakValueDictionary[str, Ticket]] = WeakValueDictionary()


def find(token: object) -> Ticket | None:
    """The ticket of a token, if there is (still) one."""
    return _TICKETS.get(token) if isinstance(token, str) else None
