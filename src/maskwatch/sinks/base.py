"""The protocol that every sink for results follows."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from maskwatch.results import Result


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
