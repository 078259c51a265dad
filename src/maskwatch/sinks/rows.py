"""Writes results as JSON lines or CSV, to a file or to an open text stream such as stdout."""

from __future__ import annotations

import contextlib
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
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import LABELS, Event

COLUMNS: Final = (
    *("source", "index", "t", "width", "height", "face"),
    *("x1", "y1", "x2", "y2", "score", "label", "certain", "reason", "track_id"),
    *LABELS,
    *("looked", "person_state", "person_confidence", "person_certain", "person_reason", "person_since"),
    "person_zones",
)
"""The columns of the CSV. `face` counts the faces of a frame from 0; the column of a class holds its
probability. What begins with "person" is of the person with this `track_id`. New columns come last."""

EVENT_COLUMNS: Final = (
    *("source", "t", "kind", "message"),
    *("track_id", "zone", "state", "since", "reminder"),
    *(f"votes_{label}" for label in LABELS),
)
"""The columns of the CSV of events. New columns come last."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class TextSink:
    """Writes text to a file, which it closes, or to a stream, which it leaves open.

    Args:
        target: A path, or a text stream.
        flush: Whether the stream is flushed after each result.
        recording: For live sources, which cannot be had again: a file has its name from the first result on,
            and keeps all whole results whatever ends it: an error, a full disk, or the program being killed.
    """

    def __init__(self, target: Path | TextIO, flush: bool = False, *, recording: bool = False) -> None:
        self._file: AtomicFile | None = None
        self._flush = flush or recording
        self._recording = recording
        self._whole = 0  # bytes of the file that hold whole results
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
            self._file.whole_at_any_time = self._flush

    def _header(self) -> str:
        return ""

    def _text(self, result: Result) -> str:
        """Returns the rows of a result."""
        raise NotImplementedError

    def write(self, result: Result) -> None:
        """Writes one result. Where this fails, nothing of the file is kept, but for a recording.

        Raises:
            SinkError: The file cannot be written.
            OSError: The stream cannot be written.
        """
        self._write(self._text(result))

    def _write(self, text: str) -> None:
        if self._recording and self._file is not None and self._failure is not None:
            raise self._sink_error(self._failure)  # what follows a torn result could not be read
        try:
            self._stream.write(text)  # in one piece: Ctrl-C between two rows would halve a result
            if self._flush:
                self._stream.flush()
            if self._file is not None and self._recording:
                self._whole += len(text.encode("utf-8", "backslashreplace"))
                if self._whole > len(self._header()):
                    self._file.appear()
        except OSError as error:
            self._failure = self._failure or error
            if self._file is not None:
                self._file.whole_at_any_time = self._recording and self._whole > len(self._header())
                raise self._sink_error(error) from error
            raise  # the command line handles a closed pipe

    def _keep_whole_results(self, failed: bool) -> None:
        """Finishes a recording: a torn result is cut off; of one that failed at once nothing is left."""
        assert self._file is not None
        if self._failure is not None:
            with contextlib.suppress(OSError):  # the disk is gone
                self._file.cut(self._whole)
        if not failed or self._whole > len(self._header()):
            self._file.commit()
        else:
            self._file.discard()

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
        if self._recording:
            self._failure = failure
            self._keep_whole_results(failed=kind is not None or failure is not None)
            if failure is not None and (kind is None or not issubclass(kind, SinkError)):
                raise self._sink_error(failure) from failure
            return
        if failure is not None:  # never put in place: rows are missing, and the last one may be torn
            self._file.discard()
            if kind is None or not issubclass(kind, SinkError):
                raise self._sink_error(failure) from failure
            return
        self._file.__exit__(kind, error, trace)


class JsonLines(TextSink):
    """Writes each result as one line of JSON and, if asked to, each event as one more.

    They are described in docs/concepts/output.md.

        with JsonLines(Path("results.jsonl")) as sink:
            sink.write(result)

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
        events: Whether events are written, too.
        recording: See `TextSink`.
    """

    def __init__(
        self, target: Path | TextIO, flush: bool = False, *, events: bool = False, recording: bool = False
    ) -> None:
        super().__init__(target, flush, recording=recording)
        self._events = events

    def _text(self, result: Result) -> str:
        events = result.events if self._events else ()
        return _json_lines([result.record(), *(event_record(event, result.frame.source) for event in events)])

    def write_events(self, events: Sequence[Event], source: str) -> None:
        """Writes events that no frame has caused, if events are written.

        Raises:
            SinkError: See `write`, as for OSError.
        """
        if self._events and events:
            self._write(_json_lines([event_record(event, source) for event in events]))

    def write_summary(self, summary: StreamSummary) -> None:
        """Writes the sums over a stream as a line of their own.

        Raises:
            SinkError: See `write`, as for OSError.
        """
        self._write(_json_lines([summary.record()]))


class Csv(TextSink):
    """Writes one row for each face, under a header with `COLUMNS`; a frame without faces gives no row.

    Who is followed, but not seen in the frame, has no row in it.

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
    """

    def _header(self) -> str:
        return csv_rows([COLUMNS])

    def _text(self, result: Result) -> str:
        record = result.record()
        people = {person["track_id"]: person for person in record.pop("people", ())}
        faces = enumerate(record.pop("faces"))
        rows = (
            {**record, "face": number, **_flat(face), **_of_person(people.get(face["track_id"]))}
            for number, face in faces
        )
        return csv_rows([[row.get(column) for column in COLUMNS] for row in rows])


class EventsCsv(TextSink):
    """Writes one row for each event, under a header with `EVENT_COLUMNS`.

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
    """

    def _header(self) -> str:
        return csv_rows([EVENT_COLUMNS])

    def _text(self, result: Result) -> str:
        return _event_rows(result.events, result.frame.source)

    def write_events(self, events: Sequence[Event], source: str) -> None:
        """Writes events that no frame has caused.

        Raises:
            SinkError: See `write`, as for OSError.
        """
        self._write(_event_rows(events, source))


def event_record(event: Event, source: str) -> dict[str, Any]:
    """Returns the line of the JSON output of an event; see docs/concepts/output.md.

    Args:
        event: The event.
        source: Name of its source, as in `Frame.source`.
    """
    votes = event.votes
    return {
        "type": "event",
        "source": source,
        "t": round(event.t, 3),
        "kind": event.kind,
        "message": event.message,
        "track_id": event.track_id,
        "zone": event.zone,
        "state": event.state,
        "since": None if event.since is None else round(event.since, 3),
        "votes": None if votes is None else {label: votes.get(label, 0) for label in LABELS},
        "reminder": event.reminder,
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


def _json_lines(records: Sequence[Mapping[str, Any]]) -> str:
    # ASCII only: a file name in an unknown encoding could not be written otherwise.
    return "".join(json.dumps(record) + "\n" for record in records)


def _event_rows(events: Sequence[Event], source: str) -> str:
    records = [event_record(event, source) for event in events]
    rows = [
        {**record, **{f"votes_{label}": n for label, n in (record["votes"] or {}).items()}}
        for record in records
    ]
    return csv_rows([[row.get(column) for column in EVENT_COLUMNS] for row in rows])


def csv_rows(rows: Sequence[Sequence[Any]]) -> str:
    """Returns rows of cells as lines of CSV, each cell by `safe_cell`."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[safe_cell(cell) for cell in row] for row in rows])
    return text.getvalue()


def _flat(face: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **face,
        **(face["probabilities"] or {}),
        **dict(zip(("x1", "y1", "x2", "y2"), face["box"], strict=True)),
    }


def _of_person(person: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the cells of the person that a face belongs to; none for a face that belongs to nobody."""
    if person is None:
        return {}
    return {
        **{f"person_{name}": person[name] for name in ("state", "confidence", "certain", "reason", "since")},
        "person_zones": "; ".join(person["zones"]),
    }
