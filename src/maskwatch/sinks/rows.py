"""Results as text: JSON lines or CSV, to a file or to an open stream such as stdout."""

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
"""The columns of the CSV; `face` numbers the faces of a frame from 0, a state's column holds its
probability."""


class _Rows:
    """Text that goes to a file, or to a stream that stays open.

    Args:
        target: A path, or a stream that takes text.
        flush: Whether each result is passed on at once.
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
        self._start()

    def _start(self) -> None:
        pass

    def _put(self, result: Result) -> None:
        raise NotImplementedError

    def write(self, result: Result) -> None:
        """See `maskwatch.sinks.base.Sink.write`."""
        try:
            self._put(result)
            if self._flush:
                self._stream.flush()
        except OSError as error:
            if self._file is None:
                raise  # a closed pipe is the command line's business
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


class JsonLines(_Rows):
    """One JSON object a frame and line; its form is told in docs/concepts/output.md."""

    def _put(self, result: Result) -> None:
        # ASCII only: a file name in an unknown encoding could not be written otherwise.
        self._stream.write(json.dumps(result.record()) + "\n")


class Csv(_Rows):
    """One row a face; a frame without faces gives none."""

    def _start(self) -> None:
        self._writer = csv.DictWriter(self._stream, COLUMNS, lineterminator="\n")
        self._writer.writeheader()

    def _put(self, result: Result) -> None:
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
