"""The protocols that sinks for results follow."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from maskwatch.results import Result
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Event


class Sink(Protocol):
    """A context manager that takes results one after the other.

    A file appears under its name when the `with` block ends without an error; after an error nothing
    is left behind.
    """

    def write(self, result: Result) -> None:
        """Writes the next result.

        Raises:
            SinkError: It cannot be written.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class EventSink(Sink, Protocol):
    """A sink that also takes events which no frame has caused, such as that of a lost camera."""

    def write_events(self, events: Sequence[Event], source: str) -> None:
        """Writes events.

        Args:
            events: None of them is among those of a result.
            source: Name of the source, as in `Frame.source`.

        Raises:
            SinkError: They cannot be written.
        """
        ...


@runtime_checkable
class SummarySink(Sink, Protocol):
    """A sink that also takes the sums over a stream."""

    def write_summary(self, summary: StreamSummary) -> None:
        """Writes the sums, after the last result of the stream.

        Raises:
            SinkError: They cannot be written.
        """
        ...
