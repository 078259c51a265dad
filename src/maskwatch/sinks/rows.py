"""Writes results as JSON lines or CSV, to a file or to an open text stream such as stdout."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import SinkError
from maskwatch.types import LABELS, Result

COLUMNS: Final = (
    *("source", "index", "t", "width", "height", "face"),
    *("x1", "y1", "x2", "y2", "score", "label", "certain", "reason", "track_id"),
    *LABELS,
)
"""The columns of the CSV. `face` counts the faces of a frame from 0; the column of a class holds its
probability."""


class _TextSink:
    """Writes text to a file, which it closes, or to a stream, which it leaves open.

    Args:
        target: A path, or a text stream.
        flush: Whether the stream is flushed after each result.
    """

    def __init__(self, target: Path | TextIO, flush: bool = False) -> None:
        self._file: AtomicFile | None = None
        self._flush = flush
        if isinstance(target, Path):
            self._file = AtomicFile(target)
            # newline="": csv writes its own line ends, and JSON lines end alike everywhere.
            self._stream: TextIO = self._file.path.open("w", encoding="utf-8", newline="")
        else:
            self._stream = target
        self._write_header()

    def _write_header(self) -> None:
        pass

    def _write_rows(self, result: Result) -> None:
        raise NotImplementedError

    def write(self, result: Result) -> None:
        """Writes one result.

        Raises:
            SinkError: The file cannot be written.
            OSError: The stream cannot be written.
        """
        try:
            self._write_rows(result)
            if self._flush:
                self._stream.flush()
        except OSError as error:
            if self._file is None:
                raise  # the command line handles a closed pipe
            raise SinkError(f"{self._file.final}: cannot be written ({error.strerror})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            self._stream.flush()
            return
        try:
            self._stream.close()
        except OSError as failure:
            self._file.discard()
            raise SinkError(f"{self._file.final}: cannot be written ({failure.strerror})") from failure
        self._file.__exit__(kind, error, trace)


class JsonLines(_TextSink):
    """Writes each result as one line of JSON, described in docs/concepts/output.md.

        with JsonLines(Path("results.jsonl")) as sink:
            sink.write(result)

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
    """

    def _write_rows(self, result: Result) -> None:
        # ASCII only: a file name in an unknown encoding could not be written otherwise.
        self._stream.write(json.dumps(result.record()) + "\n")


class Csv(_TextSink):
    """Writes one row for each face, under a header with `COLUMNS`; a frame without faces gives no row.

    Args:
        target: A path, or a text stream, which stays open.
        flush: Whether the stream is flushed after each result.
    """

    def _write_header(self) -> None:
        self._writer = csv.DictWriter(self._stream, COLUMNS, lineterminator="\n")
        self._writer.writeheader()

    def _write_rows(self, result: Result) -> None:
        record = result.record()
        for number, face in enumerate(record.pop("faces")):
            self._writer.writerow({**record, "face": number, **_flat(face)})


def _flat(face: dict[str, Any]) -> dict[str, Any]:
    row = {
        **face,
        **(face["probabilities"] or {}),
        **dict(zip(("x1", "y1", "x2", "y2"), face["box"], strict=True)),
    }
    return {name: row[name] for name in COLUMNS if name in row}
