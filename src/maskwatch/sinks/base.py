"""What every place for results looks like."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from maskwatch.types import Result


class Sink(Protocol):
    """Takes results one after the other; a context manager.

    What it writes to disk appears under its name when the block ends well. A block that ends by an
    error leaves nothing behind.
    """

    def write(self, result: Result) -> None:
        """Takes the next result.

        Raises:
            SinkError: It cannot be written.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
