"""A mailbox with one slot for live sources: it drops frames that come faster than they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maskwatch.source_thread import Item, SourceThread


class Latest(SourceThread[Item]):
    """Iterates over a live source and gives only the newest item each time.

    A thread reads the source. The reader gets the newest item that came since the last one, and waits if
    there is none. Items in between are dropped and counted. An error of the source is raised in the reader's
    thread, after the last item.

        with Latest(camera) as frames:
            for frame in frames:
                ...

    Args:
        source: Gives the items; its `close` method, if it has one, is called at the end.

    Attributes:
        dropped: Number of items that nobody read.
    """

    def __init__(self, source: Iterable[Item]) -> None:
        self.dropped = 0
        super().__init__(source, "latest")

    def or_pauses(self, seconds: float) -> Iterator[Item | None]:
        """Iterates as the mailbox itself does, and tells of pauses, too.

        Args:
            seconds: Length of a pause that is told; a longer one is told again each time.

        Yields:
            The newest item, or None when none has come for so long.
        """
        while True:
            try:
                item = self._get(seconds)
            except StopIteration:
                return
            yield item

    def _hand_over(self, item: Item) -> None:
        self.dropped += self._empty()
        self._slot.put(item)
