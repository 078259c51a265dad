"""One uploaded video: looked at frame by frame by a thread of its own, watched and cancelled on the page."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path
from typing import Final, Literal

from maskwatch.app.stream_setup import StreamSetup
from maskwatch.counting import Counts, count
from maskwatch.errors import MaskwatchError
from maskwatch.pipeline import run
from maskwatch.sinks.base import Sink
from maskwatch.sinks.rows import Csv, JsonLines
from maskwatch.sinks.video import VideoSink
from maskwatch.sources.video import VideoFile
from maskwatch.types import Event, Frame

State = Literal["waiting", "running", "done", "cancelled", "failed"]

_LOG = logging.getLogger(__name__)
_TURN: Final = threading.Semaphore(1)
"""One video at a time: two would only take each other's cores, and the live view's."""


class _CancelledError(Exception):
    """Leaves the writing, so that nothing half-written stays."""


class VideoJob:
    """Looks at a video and writes the annotated one, JSON lines and CSV beside it.

    Args:
        name: The file's name, as uploaded.
        path: Where it is.
        look: Models and rules.

    Attributes:
        state: How far it is.
        error: What went wrong, one line; empty unless it failed.
        done: Frames looked at.
        total: About how many there are; 0 if the file does not say.
        skipped: Frames that could not be decoded.
        peak: For each state, the most faces that were seen in one frame.
        events: What the rules told.
        annotated: The annotated video, there when it is done; likewise `jsonl` and `csv`.
    """

    def __init__(self, name: str, path: Path, look: StreamSetup) -> None:
        self.name = name
        self.look = look
        self.state: State = "waiting"
        self.error = ""
        self.done = 0
        self.total = 0
        self.skipped = 0
        self.peak = Counts()
        self.events: list[Event] = []
        self.length = 0.0
        self.annotated = path.with_name(f"{path.stem}-annotated.mp4")
        self.jsonl = path.with_suffix(".jsonl")
        self.csv = path.with_suffix(".csv")
        self._path = path
        self._began = 0.0
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"video {name}", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether there is more to come."""
        return self.state in ("waiting", "running")

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take; None while that cannot be said."""
        if self.state != "running" or not self.done or self.total <= self.done:
            return None
        return (time.monotonic() - self._began) / self.done * (self.total - self.done)

    def cancel(self) -> None:
        """Ends it at the next frame."""
        self._cancelled.set()

    def again(self, look: StreamSetup) -> VideoJob:
        """A new job for the same video; this one has to be over."""
        return VideoJob(self.name, self._path, look)

    def frame_at(self, t: float) -> Frame:
        """The frame of the uploaded video at a time in seconds, as it came.

        Raises:
            SourceError: It cannot be decoded.
        """
        return VideoFile(str(self._path), self.name).frame_at(t)

    def wait(self, timeout: float) -> None:
        """Waits until nothing more is done."""
        self._thread.join(timeout)

    def close(self) -> None:
        """Ends it and deletes its files."""
        self.cancel()
        self.wait(5)
        for path in (self._path, self.annotated, self.jsonl, self.csv):
            path.unlink(missing_ok=True)

    def _run(self) -> None:
        try:
            while not _TURN.acquire(timeout=0.2):
                self._leave_if_cancelled()
            try:
                self._look_at_all()
            finally:
                _TURN.release()
            self.state = "done"
        except _CancelledError:
            self.state = "cancelled"
        except MaskwatchError as error:
            self._fail(str(error).replace(str(self._path), self.name))
        except Exception:  # the page must hear of it; the traceback is for whoever mends it
            _LOG.exception("%s: unexpected error", self.name)
            self._fail(f"{self.name}: stopped because of a fault in maskwatch; see its log")

    def _look_at_all(self) -> None:
        self._leave_if_cancelled()
        video = VideoFile(str(self._path), self.name)
        self.total = video.frames
        self._began = time.monotonic()
        self.state = "running"
        with contextlib.ExitStack() as files:
            sinks: list[Sink] = [
                files.enter_context(VideoSink(self.annotated, sound=str(self._path), fps=video.fps)),
                files.enter_context(JsonLines(self.jsonl)),
                files.enter_context(Csv(self.csv)),
            ]
            for result in run(video, self.look.session()):
                self._leave_if_cancelled()
                for sink in sinks:
                    sink.write(result)
                self.peak = _largest(self.peak, count(result.faces))
                self.events += result.events
                self.done = result.frame.index + 1
                self.length = result.frame.t
        self.skipped = video.skipped

    def _fail(self, error: str) -> None:
        self.error = error
        self.state = "failed"

    def _leave_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise _CancelledError


def _largest(a: Counts, b: Counts) -> Counts:
    return Counts(
        max(a.masked, b.masked),
        max(a.unmasked, b.unmasked),
        max(a.wrong, b.wrong),
        max(a.uncertain, b.uncertain),
    )
