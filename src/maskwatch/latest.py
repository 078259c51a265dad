"""The one-slot mailbox: the only back-pressure code."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")

_PAUSE = 0.5  # seconds between two looks at whether the reader has been closed meanwhile


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
        self._slot: list[Item] = []
        self._ended = False
        self._closed = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._take, name="latest", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            # Not one long wait: on Windows Ctrl-C would not end it.
            while not (self._slot or self._ended or self._closed):
                self._changed.wait(_PAUSE)
            if self._slot and not self._closed:
                return self._slot.pop()
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
        with self._changed:
            self._closed = True
            self._slot.clear()
            self._changed.notify_all()
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
                with self._changed:
                    if self._closed:
                        break
                    self.dropped += len(self._slot)
                    self._slot[:] = [item]
                    self._changed.notify_all()
        except BaseException as error:  # whatever it is, the reader must hear of it
            self._error = error
        finally:
            # A generator is closed by the thread that runs it: that is what frees the camera.
            if (close := getattr(items, "close", None)) is not None:
                close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()
