"""Writes one row a person as CSV: when somebody was in view, and how long in each state."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from maskwatch.errors import SinkError
from maskwatch.people.summary import STATES, PeopleLog
from maskwatch.results import Result
from maskwatch.sinks.rows import TextSink, csv_rows

_SUFFIXES: Final = tuple(state or "undecided" for state in STATES)

PEOPLE_COLUMNS: Final = (
    *("source", "track_id", "first_seen", "last_seen", "seconds", "state"),
    *(f"seconds_{suffix}" for suffix in _SUFFIXES),
    *(f"share_{suffix}" for suffix in _SUFFIXES),
    "zones",
)
"""The columns of the CSV of people; docs/concepts/output.md says what they mean."""


class PeopleCsv(TextSink):
    """Writes one row for each person, under a header with `PEOPLE_COLUMNS`, when the source has ended.

    The next source begins anew, and so does a source that jumps back in time: persons get new numbers.

        with PeopleCsv(Path("people.csv")) as sink:
            for result in run(video, session):
                sink.write(result)

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each source.
    """

    def __init__(self, target: Path | TextIO, flush: bool = False) -> None:
        self._log = PeopleLog()
        self._at: tuple[str, float] = ("", 0.0)
        super().__init__(target, flush)

    def _header(self) -> str:
        return csv_rows([PEOPLE_COLUMNS])

    def _text(self, result: Result) -> str:
        text = ""
        source, t = result.frame.source, result.frame.t
        if source != self._at[0] or t < self._at[1]:
            text, self._log = self._rows(), PeopleLog()
        self._at = (source, t)
        self._log.add(result.people, t)
        return text

    def _rows(self) -> str:
        """Returns the rows of the source that is in work."""
        rows = []
        for person in self._log.summary().persons:
            record = {"source": self._at[0], **person.record(), "zones": "; ".join(person.zones)}
            rows.append([record[column] for column in PEOPLE_COLUMNS])
        return csv_rows(rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._write(self._rows())
            except (SinkError, OSError) as failure:
                super().__exit__(type(failure), failure, failure.__traceback__)
                raise
        super().__exit__(kind, error, trace)
