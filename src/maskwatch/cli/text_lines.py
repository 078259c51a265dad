"""Shows the counts of a stream as plain lines, for pipes and terminals that cannot show a table."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from maskwatch.cli.sums import people_in_words
from maskwatch.counting import count
from maskwatch.results import Result


class TextLines:
    """A display that writes a line whenever the counts change.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def write(self, result: Result) -> None:
        """Shows the counts of one frame, if they differ from those of the frame before."""
        people = result.people
        counts = str(count(result.faces)) if people is None else people_in_words(people.counts.now)
        if counts != self._last:
            self._line(f"{result.frame.t:8.1f} s  {counts}  ({result.seconds * 1000:.0f} ms)")
        self._last = counts

    def pause(self, seconds: float) -> None:
        """Shows, once, that no frame comes."""
        if seconds >= 1 and self._last != "pause":
            self._line(f"{'':10}  no picture comes")
            self._last = "pause"

    def _line(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing: each line was complete."""
