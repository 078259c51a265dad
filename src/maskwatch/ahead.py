"""Reads a source that does not run by itself ahead of its reader: every item, in order, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable
from queue import SimpleQueue

from maskwatch.source_thread import Item, SourceThread


class Ahead(SourceThread[Item]):
    """Iterates over a source that is read by a thread, so that the next item is ready when it is wanted.

    A video is decoded in this way while the networks search the frame before. Nothing is dropped: the thread
    waits while `most` items have not been taken. An error of the source is raised in the reader's thread,
    after the items before it.

        with Ahead(video) as frames:
            for frame in frames:
                ...

    Args:
        source: Gives the items; its `close` method, if it has one, is called at the end.
        most: Items, from 1 on, that are held besides the one that the reader has; large frames fill the
            memory.
    """

    def __init__(self, source: Iterable[Item], most: int = 2) -> None:
        self._room: SimpleQueue[None] = SimpleQueue()  # an entry for each item that may be read
        for _ in range(most - 1):
            self._room.put(None)
        super().__init__(source, "ahead")

    def close(self, timeout: float = 0.5) -> None:
        """Ends the source and its thread. The iteration stops.

        Args:
            timeout: Seconds to wait for the item that is being read: it is wanted no more.
        """
        super().close(timeout)

    def _get(self, seconds: float) -> Item | None:
        item = super()._get(seconds)
        if item is not None:
            self._room.put(None)
        return item

    def _hand_over(self, item: Item) -> None:
        self._slot.put(item)
        self._room.get()

    def _wake(self) -> None:
        self._room.put(None)
