"""A mailbox with one slot for live sources: it drops frames that come faster than they are read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Generic, Self, TypeVar, cast

Item = TypeVar("Item")

_PAUSE: Final = 0.5  # seconds; not one long wait: on Windows Ctrl-C would not end it
_END: Final = object()


class Latest(Generic[Item]):
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
        self._source = source
        # Ctrl-C may come at any moment: in a `threading.Condition`, which is Python code, it could leave the
        # lock behind, and `close` would wait for ever. A SimpleQueue has no such moment.
        self._slot: SimpleQueue[object] = SimpleQueue()
        self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._take, name="latest", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        while True:
            item = self._get(_PAUSE)
            if item is not None:
                return item

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

    def _get(self, seconds: float) -> Item | None:
        """Returns the newest item; None if none comes within `seconds`.

        Raises:
            StopIteration: The source has ended, or this was closed. An error of the source is raised first.
        """
        item: object = _END
        end = time.monotonic() + seconds
        while not self._closed:
            try:
                item = self._slot.get(timeout=max(0.0, min(_PAUSE, end - time.monotonic())))
                break
            except Empty:
                if time.monotonic() >= end:
                    return None
        if item is not _END and not self._closed:
            return cast(Item, item)
        self._slot.put(_END)  # for the next call, and for other readers that wait
        if self._error is not None and not self._closed:
            error, self._error = self._error, None
            raise error
        raise StopIteration

    def close(self, timeout: float = 5.0) -> None:
        """Ends the source and its thread. The iteration stops.

        Args:
            timeout: Seconds to wait for the source. A source that hangs longer ends by itself later.
        """
        self._closed = True
        self._empty()
        self._slot.put(_END)
        close = getattr(self._source, "close", None)
        # A running iterator must not be closed from here; its own thread does that.
        if close is not None and not isinstance(self._source, Iterator):
            close()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> None:
        items = iter(self._source)
        try:
            for item in items:
                if self._closed:
                    break
                self.dropped += self._empty()
                self._slot.put(item)
        except BaseException as error:  # of any kind: it is raised again for the reader
            self._error = error
        finally:
            # A generator is closed by the thread that runs it. This frees the camera.
            if (close := getattr(items, "close", None)) is not None:
                close()
            self._slot.put(_END)

    def _empty(self) -> int:
        """Empties the slot; returns how many items were in it."""
        count = 0
        while True:
            try:
                count += self._slot.get_nowait() is not _END
            except Empty:
                return count
