"""Runs a source through the pipeline until it ends, a time limit is reached or the user stops it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from os import cpu_count
from types import TracebackType
from typing import Self, TextIO

from maskwatch.cli.messages import say
from maskwatch.counting import Counts, count
from maskwatch.factory import from_settings, new_session
from maskwatch.latest import Latest
from maskwatch.pipeline import run
from maskwatch.results import Result
from maskwatch.settings import Settings
from maskwatch.sinks.base import Sink
from maskwatch.sources.base import Source
from maskwatch.types import Frame


@dataclass
class Totals:
    """Sums over the frames so far; `str()` gives one line for people.

    Attributes:
        frames: Frames that were searched.
        dropped: Frames of a live source that were skipped.
        alerts: Events that the rules raised.
        most: Counts of the frame with the most faces.
        started: Start on the monotonic clock, in seconds.
    """

    frames: int = 0
    dropped: int = 0
    alerts: int = 0
    most: Counts = field(default_factory=Counts)
    started: float = field(default_factory=time.monotonic)

    def add(self, result: Result) -> None:
        """Adds the next result."""
        self.frames += 1
        self.alerts += len(result.events)
        counts = count(result.faces)
        if counts.total > self.most.total:
            self.most = counts

    def __str__(self) -> str:
        seconds = time.monotonic() - self.started
        return (
            f"{self.frames} frames in {seconds:.1f} s ({self.frames / max(seconds, 1e-9):.1f} a second),"
            f" {self.dropped} dropped; most at once {self.most};"
            f" {self.alerts} alert{'' if self.alerts == 1 else 's'}"
        )


def watch_source(
    source: Source, settings: Settings, sinks: Sequence[Sink], seconds: float | None = None
) -> Totals:
    """Finds faces in a source until it ends, `seconds` have passed, or the user presses Ctrl-C.

    Args:
        source: Of a live source the newest frame is taken each time, of any other every frame.
        settings: Models, thresholds and rules.
        sinks: Each gets every result.
        seconds: Time limit in seconds of the source; None for none.

    Returns:
        The sums over all frames.

    Raises:
        MaskwatchError: The models cannot be loaded, or the source fails.
    """
    threads = 1 if source.live else min(2, cpu_count() or 1)
    session = new_session(from_settings(settings, live=True, threads=threads), settings)
    totals = Totals()
    with ExitStack() as files:
        for sink in sinks:
            files.enter_context(sink)
        # Within the sinks: what they have when the user ends it is whole, and is kept.
        with _until_interrupted(), _frames(source, totals) as frames:
            for result in run(frames, session):
                if seconds is not None and result.frame.t >= seconds:
                    break
                for sink in sinks:
                    sink.write(result)
                totals.add(result)
                say(*(f"ALERT at {event.t:.1f} s: {event.message}" for event in result.events))
    return totals


@contextmanager
def _frames(source: Source, totals: Totals) -> Iterator[Iterator[Frame]]:
    """Yields the frames: the newest ones of a live source, all of any other."""
    if not source.live:
        yield iter(source)
        return
    with Latest(source) as latest:
        try:
            yield latest
        finally:
            totals.dropped = latest.dropped


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM end the block without an error."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


class TextLines:
    """A sink that shows one line for people.

    Args:
        stream: Where to write.
        rewrite: True rewrites the line at every frame, as fits a terminal; False writes a new line whenever
            the counts change.
    """

    def __init__(self, stream: TextIO, rewrite: bool) -> None:
        self._stream = stream
        self._rewrite = rewrite
        self._last: Counts | None = None

    def write(self, result: Result) -> None:
        """Shows the counts of one frame."""
        counts = count(result.faces)
        line = f"{result.frame.t:8.1f} s  {counts}  ({result.seconds * 1000:.0f} ms)"
        if self._rewrite:
            # After an alert a new line is begun, so that the alert is not overwritten.
            self._stream.write(f"\r{line}\x1b[K" + ("\n" if result.events else ""))
            self._stream.flush()
        elif counts != self._last:
            self._stream.write(line + "\n")
            self._stream.flush()
        self._last = counts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rewrite and self._last is not None:
            self._stream.write("\n")
            self._stream.flush()
