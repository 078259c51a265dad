"""Sources on the server that a test holds in its hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from maskwatch.app.live.server_source import ServerSource
from maskwatch.errors import SourceError
from maskwatch.types import Frame, Image


@dataclass(eq=False)
class HandSource:
    """Gives a frame whenever the test says so; counts how often it is opened and freed."""

    image: Image
    live: bool = True
    name: str = "hand"
    opened: int = 0
    freed: threading.Event = field(default_factory=threading.Event)
    error: str = ""

    def __post_init__(self) -> None:
        self._permits = threading.Semaphore(0)
        self._closed = False
        self._t = 0.0

    def give(self, seconds: float = 0.1) -> None:
        """Lets out one frame, so much later than the last."""
        self._t += seconds
        self._permits.release()

    def fail(self, message: str) -> None:
        self.error = message
        self._permits.release()

    def close(self) -> None:
        self._closed = True
        self._permits.release()

    def __iter__(self) -> Iterator[Frame]:
        self.opened += 1
        self._closed = False
        index = 0
        try:
            while True:
                self._permits.acquire()
                if self._closed:
                    return
                if self.error:
                    raise SourceError(self.error)
                yield Frame(self.image, index, self._t, self.name)
                index += 1
        finally:
            self.freed.set()


def chosen(source: HandSource, *, is_file: bool = False) -> ServerSource:
    """A choice that opens this source."""

    class Made(ServerSource):
        def open(self) -> Any:
            return source

    return Made("clip.mp4" if is_file else "7", source.name)
