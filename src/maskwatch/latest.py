"""The one-slot mailbox: the only back-pressure code."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Generic, Self, TypeVar, cast

Item = TypeVar("Item")

_PAUSE: Final = 0.5  # seconds; not one long wait: on Windows Ctrl-C would not end it
_END: Final = object()


class Latest(Generic[Item]):
    """The newest item of a source that goes on by itself.

    A thread of its own takes the items; whoever iterates gets the newest one that came since the last,
    and waits if there is none. What came in between is dropped and counted. An error of the source is
    raised where the items are read, after the last of them.

        with Latest(camera) as frames:
            for frame in frames:
                ...

    Args:
        source: Where the items come from; a `close` method, if it has one, is called at the end.

    Attributes:
        dropped: Items that nobody saw.
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
        found: object = _END
        while not self._closed:
            try:
                found = self._slot.get(timeout=_PAUSE)
                break
            except Empty:
                continue
        if found is not _END and not self._closed:
            return cast(Item, found)
        self._slot.put(_END)  # for the next call, and for whoever else waits
        if self._error is not None and not self._closed:
            error, self._error = self._error, None
            raise error
        raise StopIteration

    def close(self, timeout: float = 5.0) -> None:
        """Ends the source and its thread; nothing is given out any more.

        Args:
            timeout: Seconds to wait for the source to let go. A source that hangs longer than that
                ends by itself later.
        """
        self._closed = True
        self._empty()
        self._slot.put(_END)
        close = getattr(self._source, "close", None)
        # An iterator at work must not be closed from here; its thread does that.
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
        except BaseException as error:  # whatever it is, the reader must hear of it
            self._error = error
        finally:
            # A generator is closed by the thread that runs it: that is what frees the camera.
            if (close := getattr(items, "close", None)) is not None:
                close()
            self._slot.put(_END)

    def _empty(self) -> int:
        """Takes out what waits; how many items that were."""
        count = 0
        while True:
            try:
                count += self._slot.get_nowait() is not _END
            except Empty:
                return count
