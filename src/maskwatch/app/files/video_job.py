"""One uploaded video, processed by a thread of its own; the page shows its progress and can cancel it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path
from typing import Final, Literal

from maskwatch.app.stream_setup import StreamSetup
from maskwatch.errors import MaskwatchError
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.summary import PeopleLog, PeopleSummary
from maskwatch.pipeline import run
from maskwatch.sinks.base import Sink
from maskwatch.sinks.people import PeopleCsv
from maskwatch.sinks.rows import Csv, JsonLines
from maskwatch.sinks.summary import StreamSummary
from maskwatch.sinks.video import VideoSink
from maskwatch.sources.video import VideoFile
from maskwatch.types import Frame

State = Literal["waiting", "running", "done", "cancelled", "failed"]

_LOG = logging.getLogger(__name__)
_ONE_AT_A_TIME: Final = threading.Semaphore(1)
"""Two videos at once would compete for the same cores, with the live view as well."""


class _CancelledError(Exception):
    """Leaves the `with` block of the sinks, so that no unfinished file stays."""


class VideoJob:
    """Follows the people of a video; writes the annotated video, JSON lines and CSV files beside it.

    The thread starts at once.

    Args:
        name: Name of the uploaded file.
        path: Path of its copy on the server.
        setup: Models and rules.

    Attributes:
        state: Progress of the job.
        error: One line that says why the job failed; empty unless it did.
        done: Number of frames that are done.
        total: Approximate number of frames; 0 if the file does not say.
        skipped: Frames that could not be decoded.
        people: Everybody who was seen, and the events that the rules raised; empty until the job is done.
        counts: The same people as numbers, also by zone and line.
        annotated: Path of the annotated video; like the three following it exists when the job is done.
        jsonl: Path of the JSON lines, of frames, events and the sums, as `maskwatch detect` writes them.
        csv: Path of the table with a row for each face of each frame.
        people_csv: Path of the table with a row for each person.
    """

    def __init__(self, name: str, path: Path, setup: StreamSetup) -> None:
        self.name = name
        self.setup = setup
        self.state: State = "waiting"
        self.error = ""
        self.done = 0
        self.total = 0
        self.skipped = 0
        self.people = PeopleSummary()
        self.counts = PeopleCounts()
        self.annotated = path.with_name(f"{path.stem}-annotated.mp4")
        self.jsonl = path.with_suffix(".jsonl")
        self.csv = path.with_suffix(".csv")
        self.people_csv = path.with_name(f"{path.stem}-people.csv")
        self._path = path
        self._began = 0.0
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"video {name}", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether the job is waiting or running."""
        return self.state in ("waiting", "running")

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until the job is done; None while unknown."""
        if self.state != "running" or not self.done or self.total <= self.done:
            return None
        return (time.monotonic() - self._began) / self.done * (self.total - self.done)

    def cancel(self) -> None:
        """Cancels the job at the next frame."""
        self._cancelled.set()

    def rerun(self, setup: StreamSetup) -> VideoJob:
        """Starts and returns a new job for the same video; this one must have ended."""
        return VideoJob(self.name, self._path, setup)

    def frame_at(self, t: float) -> Frame:
        """Returns the frame of the uploaded video at a time in seconds, without annotations.

        Raises:
            SourceError: The frame cannot be decoded.
        """
        return VideoFile(str(self._path), self.name).frame_at(t)

    def wait(self, timeout: float) -> None:
        """Waits up to `timeout` seconds for the thread to end."""
        self._thread.join(timeout)

    def close(self) -> None:
        """Cancels the job and deletes its files."""
        self.cancel()
        self.wait(5)
        for path in (self._path, self.annotated, self.jsonl, self.csv, self.people_csv):
            path.unlink(missing_ok=True)

    def _run(self) -> None:
        try:
            while not _ONE_AT_A_TIME.acquire(timeout=0.2):
                self._raise_if_cancelled()
            try:
                self._process()
            finally:
                _ONE_AT_A_TIME.release()
            self.state = "done"
        except _CancelledError:
            self.state = "cancelled"
        except MaskwatchError as error:
            self._fail(str(error).replace(str(self._path), self.name))
        except Exception:  # the page shows that it failed; the traceback is for the log
            _LOG.exception("%s: unexpected error", self.name)
            self._fail(f"{self.name}: stopped because of a fault in maskwatch; see its log")

    def _process(self) -> None:
        self._raise_if_cancelled()
        video = VideoFile(str(self._path), self.name)
        self.total = video.frames
        self._began = time.monotonic()
        self.state = "running"
        session = self.setup.session()
        log, sums = PeopleLog(), StreamSummary(self.name)
        with contextlib.ExitStack() as files:
            rows = files.enter_context(JsonLines(self.jsonl, events=True))
            sinks: list[Sink] = [
                rows,
                files.enter_context(Csv(self.csv)),
                files.enter_context(PeopleCsv(self.people_csv)),
                files.enter_context(
                    VideoSink(self.annotated, sound=str(self._path), fps=video.fps, zones=session.zones)
                ),
            ]
            for result in run(video, session):
                self._raise_if_cancelled()
                for sink in sinks:
                    sink.write(result)
                log.add(result.people, result.frame.t, result.events)
                sums.add(result)
                self.done = result.frame.index + 1
            sums.history = session.history if sums.people else None
            rows.write_summary(sums)
        self.people = log.summary()
        self.counts = sums.people or PeopleCounts()
        self.skipped = video.skipped

    def _fail(self, error: str) -> None:
        self.error = error
        self.state = "failed"

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise _CancelledError
