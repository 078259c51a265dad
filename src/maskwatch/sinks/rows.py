"""Writes results as JSON lines or CSV, to a file or to an open text stream such as stdout."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import SinkError, printable
from maskwatch.results import Result
from maskwatch.types import LABELS, Event

COLUMNS: Final = (
    *("source", "index", "t", "width", "height", "face"),
    *("x1", "y1", "x2", "y2", "score", "label", "certain", "reason", "track_id"),
    *LABELS,
)
"""The columns of the CSV. `face` counts the faces of a frame from 0; the column of a class holds its
probability."""

EVENT_COLUMNS: Final = ("source", "t", "kind", "message")
"""The columns of the CSV of events."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class _TextSink:
    """Writes text to a file, which it closes, or to a stream, which it leaves open.

    Args:
        target: A path, or a text stream.
        flush: Whether the stream is flushed after each result.
    """

    def __init__(self, target: Path | TextIO, flush: bool = False) -> None:
        self._file: AtomicFile | None = None
        self._flush = flush
        self._failure: OSError | None = None
        if isinstance(target, Path):
            self._file = AtomicFile(target)
            try:
                # newline="": csv writes its own line ends, and JSON lines end alike everywhere. A file name
                # in an unknown encoding has characters that UTF-8 does not.
                self._stream: TextIO = self._file.path.open(
                    "w", encoding="utf-8", errors="backslashreplace", newline=""
                )
            except OSError as error:
                self._file.discard()
                raise self._sink_error(error) from error
        else:
            self._stream = target
        self._write(self._header())
        if self._file is not None:
            self._file.whole_at_any_time = flush

    def _header(self) -> str:
        return ""

    def _text(self, result: Result) -> str:
        """Returns the rows of a result."""
        raise NotImplementedError

    def write(self, result: Result) -> None:
        """Writes one result. Where this fails, nothing of the file is kept.

        Raises:
            SinkError: The file cannot be written.
            OSError: The stream cannot be written.
        """
        self._write(self._text(result))

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)  # in one piece: Ctrl-C between two rows would halve a result
            if self._flush:
                self._stream.flush()
        except OSError as error:
            self._failure = error
            if self._file is not None:
                self._file.whole_at_any_time = False
                raise self._sink_error(error) from error
            raise  # the command line handles a closed pipe

    def _sink_error(self, error: OSError) -> SinkError:
        assert self._file is not None
        return SinkError(f"{self._file.final}: cannot be written ({error.strerror or error})")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            if self._failure is None:
                self._stream.flush()
            return
        failure = self._failure
        try:
            self._stream.close()
        except OSError as closing:
            failure = failure or closing
        if failure is not None:  # never put in place: rows are missing, and the last one may be torn
            self._file.discard()
            if kind is None or not issubclass(kind, SinkError):
                raise self._sink_error(failure) from failure
            return
        self._file.__exit__(kind, error, trace)


class JsonLines(_TextSink):
    """Writes each result as one line of JSON and, if asked to, each of its events as one more.

    Both are described in docs/concepts/output.md.

        with JsonLines(Path("results.jsonl")) as sink:
            sink.write(result)

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
        events: Whether events are written, too.
    """

    def __init__(self, target: Path | TextIO, flush: bool = False, *, events: bool = False) -> None:
        super().__init__(target, flush)
        self._events = events

    def _text(self, result: Result) -> str:
        events = result.events if self._events else ()
        records = [result.record(), *(event_record(event, result) for event in events)]
        # ASCII only: a file name in an unknown encoding could not be written otherwise.
        return "".join(json.dumps(record) + "\n" for record in records)


class Csv(_TextSink):
    """Writes one row for each face, under a header with `COLUMNS`; a frame without faces gives no row.

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
    """

    def _header(self) -> str:
        return _csv_rows([COLUMNS])

    def _text(self, result: Result) -> str:
        record = result.record()
        faces = enumerate(record.pop("faces"))
        rows = ({**record, "face": number, **_flat(face)} for number, face in faces)
        return _csv_rows([[row.get(column) for column in COLUMNS] for row in rows])


class EventsCsv(_TextSink):
    """Writes one row for each event, under a header with `EVENT_COLUMNS`.

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
    """

    def _header(self) -> str:
        return _csv_rows([EVENT_COLUMNS])

    def _text(self, result: Result) -> str:
        records = [event_record(event, result) for event in result.events]
        return _csv_rows([[record[column] for column in EVENT_COLUMNS] for record in records])


def event_record(event: Event, result: Result) -> dict[str, Any]:
    """Returns the line of the JSON output of an event; see docs/concepts/output.md.

    Args:
        event: One of `result.events`.
        result: The frame that caused it.
    """
    return {
        "type": "event",
        "source": result.frame.source,
        "t": round(event.t, 3),
        "kind": event.kind,
        "message": event.message,
    }


def safe_cell(value: Any) -> Any:
    """Returns a value for a cell that no spreadsheet takes for a formula and no terminal for a command.

    A text that begins as a formula does gets an apostrophe in front, as OWASP advises ("CSV Injection"),
    and control characters become escapes: a carriage return would begin a new row. Numbers and other values
    stay as they are.
    """
    if not isinstance(value, str):
        return value
    return printable(f"'{value}" if value.startswith(_FORMULA_STARTS) else value)


def _csv_rows(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[safe_cell(cell) for cell in row] for row in rows])
    return text.getvalue()


def _flat(face: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **face,
        **(face["probabilities"] or {}),
        **dict(zip(("x1", "y1", "x2", "y2"), face["box"], strict=True)),
    }
