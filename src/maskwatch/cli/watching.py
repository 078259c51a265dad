"""A source through the pipeline until it ends or somebody has seen enough."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import cpu_count
from types import TracebackType
from typing import Self, TextIO

from maskwatch.counting import Counts, count
from maskwatch.factory import from_settings, rules
from maskwatch.latest import Latest
from maskwatch.pipeline import Session, run
from maskwatch.settings import Settings
from maskwatch.sinks.base import Sink
from maskwatch.sources.base import Source
from maskwatch.types import Frame, Result


@dataclass
class Totals:
    """What was seen until now; prints as one line."""

    frames: int = 0
    dropped: int = 0
    alerts: int = 0
    most: Counts = field(default_factory=Counts)
    started: float = field(default_factory=time.monotonic)

    def add(self, result: Result) -> None:
        """Takes the next result."""
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


def watch_source(source: Source, settings: Settings, sink: Sink, seconds: float | None = None) -> Totals:
    """Shows a source to the models until it ends, `seconds` of it have passed, or Ctrl-C.

    Args:
        source: A live one gives its newest frame each time, any other every frame.
        settings: What to use.
        sink: Where the results go.
        seconds: Length of the watch in the source's own time.

    Raises:
        MaskwatchError: The models cannot be used, or the source fails.
    """
    threads = 1 if source.live else min(2, cpu_count() or 1)
    session = Session(from_settings(settings, live=True, threads=threads), rules(settings.alerts))
    totals = Totals()
    with _interruptible(), sink, _frames(source, totals) as frames:
        for result in run(frames, session):
            if seconds is not None and result.frame.t >= seconds:
                break
            sink.write(result)
            totals.add(result)
            for event in result.events:
                print(f"ALERT at {event.t:.1f} s: {event.message}", file=sys.stderr)
    return totals


@contextmanager
def _frames(source: Source, totals: Totals) -> Iterator[Iterator[Frame]]:
    """The frames to look at."""
    if not source.live:
        yield iter(source)
        return
    with Latest(source) as latest:
        try:
            yield latest
        finally:
            totals.dropped = latest.dropped


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C, and the polite way to end a service, end the block well."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


class TextLines:
    """One line for people: rewritten at every frame, or printed anew when the counts change.

    Args:
        stream: A terminal, or any other place for text.
        rewrite: Whether the line is rewritten.
    """

    def __init__(self, stream: TextIO, rewrite: bool) -> None:
        self._stream = stream
        self._rewrite = rewrite
        self._last: Counts | None = None

    def write(self, result: Result) -> None:
        """See `maskwatch.sinks.base.Sink.write`."""
        counts = count(result.faces)
        line = f"{result.frame.t:8.1f} s  {counts}  ({result.seconds * 1000:.0f} ms)"
        if self._rewrite:
            # Alerts stay in sight: the next line begins below them.
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
