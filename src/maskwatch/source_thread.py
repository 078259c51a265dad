"""A thread that reads a source and hands its items to a reader; a subclass tells how."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Generic, Self, TypeVar, cast

Item = TypeVar("Item")

PAUSE: Final = 0.5  # seconds; not one long wait: on Windows Ctrl-C would not end it
_END: Final = object()


class SourceThread(Generic[Item]):
    """Iterates over a source that a thread of its own reads.

    An error of the source is raised in the reader's thread, after the last item.

    Args:
        source: Gives the items; its `close` method, if it has one, is called at the end.
        name: Of the thread.
    """

    def __init__(self, source: Iterable[Item], name: str) -> None:
        self._source = source
        # Ctrl-C may come at any moment: in a `threading.Condition`, which is Python code, it could leave the
        # lock behind, and `close` would wait for ever. A SimpleQueue has no such moment.
        self._slot: SimpleQueue[object] = SimpleQueue()
        self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._take, name=name, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        while True:
            item = self._get(PAUSE)
            if item is not None:
                return item

    def close(self, timeout: float = 5.0) -> None:
        """Ends the source and its thread. The iteration stops.

        Args:
            timeout: Seconds to wait for the source. A source that hangs longer ends by itself later.
        """
        self._closed = True
        self._empty()
        self._slot.put(_END)
        self._wake()
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

    def _hand_over(self, item: Item) -> None:
        """Puts an item into the slot; called by the thread."""
        raise NotImplementedError

    def _wake(self) -> None:
        """Ends a wait of the thread in `_hand_over`; called by `close`."""

    def _get(self, seconds: float) -> Item | None:
        """Returns the next item; None if none comes within `seconds`.

        Raises:
            StopIteration: The source has ended, or this was closed. An error of the source is raised first.
        """
        item: object = _END
        end = time.monotonic() + seconds
        while not self._closed:
            try:
                item = self._slot.get(timeout=max(0.0, min(PAUSE, end - time.monotonic())))
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

    def _take(self) -> None:
        items = iter(self._source)
        try:
            for item in items:
                if not self._closed:
                    self._hand_over(item)
                if self._closed:
                    break
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
