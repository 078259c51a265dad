"""Runs a source through the pipeline until it ends, a time limit is reached or the user stops it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from os import cpu_count
from typing import Final, Protocol

from maskwatch.ahead import Ahead
from maskwatch.cli.messages import say
from maskwatch.errors import SourceError
from maskwatch.factory import from_settings, new_session
from maskwatch.latest import Latest
from maskwatch.pipeline import Engine, Session
from maskwatch.settings import Settings
from maskwatch.sinks.base import EventSink, Sink, SummarySink
from maskwatch.sinks.summary import StreamSummary
from maskwatch.sources.base import Source
from maskwatch.sources.images import Images
from maskwatch.types import Event, Frame

_PAUSE: Final = 0.5
"""Seconds without a frame after which the rules and the display are told, again and again."""


class Display(Sink, Protocol):
    """A sink that shows people what happens now."""

    def pause(self, seconds: float) -> None:
        """Shows for how long no frame has come."""
        ...


def open_session(source: Source, settings: Settings) -> Session:
    """Loads the models for a source and makes its session.

    Args:
        source: Pictures that have nothing to do with each other are not followed.
        settings: Models, thresholds, zones and rules.

    Raises:
        MaskwatchError: The models cannot be loaded.
    """
    threads = 1 if source.live else min(2, cpu_count() or 1)
    engine: Engine = from_settings(settings, live=True, threads=threads)
    if isinstance(source, Images):
        return Session(engine, follow=False)
    # Minutes and hours of a live source are those of the clock on the wall.
    return new_session(engine, settings, start=datetime.now().astimezone() if source.live else None)


def watch_source(
    source: Source,
    session: Session,
    sinks: Sequence[Sink],
    summary: StreamSummary,
    display: Display | None = None,
    seconds: float | None = None,
) -> None:
    """Follows the people of a source until it ends, `seconds` have passed, or the user presses Ctrl-C.

    Args:
        source: Of a live source the newest frame is taken each time, of any other every frame.
        session: A fresh one.
        sinks: Each gets every result, and what else it takes: events without a frame, the summary.
        summary: Gets the sums.
        display: Shows what happens now.
        seconds: Time limit in seconds of the source; None for none.

    Raises:
        SourceError: The source fails. What the sinks have of a live one is kept: it cannot be had again.
        SinkError: A sink cannot be written.
    """
    shown = [] if display is None else [display]
    lost: SourceError | None = None
    with ExitStack() as files:
        for sink in (*sinks, *shown):
            files.enter_context(sink)
        # Within the sinks: what they have when the user ends it is whole, and is kept.
        try:
            with _until_interrupted(), _frames(source, summary) as frames:
                for frame, silent in _with_silence(frames):
                    t = summary.t + silent if frame is None else frame.t
                    if seconds is not None and t >= seconds:
                        break
                    if frame is None:
                        _tell(session.silence(silent, t), source.name, sinks, summary)
                        if display is not None:
                            display.pause(silent)
                        continue
                    result = session(frame)
                    summary.add(result)
                    for sink in (*sinks, *shown):
                        sink.write(result)
                    _say(result.events)
        except SourceError as error:
            if not (source.live and summary.frames):
                raise
            lost = error
        summary.history = session.history if summary.people else None
        for sink in sinks:
            if isinstance(sink, SummarySink):
                sink.write_summary(summary)
    if lost is not None:
        raise lost


def _tell(events: Sequence[Event], source: str, sinks: Sequence[Sink], summary: StreamSummary) -> None:
    """Tells events that no frame has caused."""
    if not events:
        return
    summary.events += len(events)
    for sink in sinks:
        if isinstance(sink, EventSink):
            sink.write_events(events, source)
    _say(events)


def _say(events: Sequence[Event]) -> None:
    say(*(f"ALERT at {event.t:.1f} s: {event.message}" for event in events))


@contextmanager
def _frames(source: Source, summary: StreamSummary) -> Iterator[Iterable[Frame | None]]:
    """Yields the frames: the newest ones of a live source, and None for each pause; all of any other."""
    if not source.live:
        with Ahead(source) as frames:
            yield frames
        return
    with Latest(source) as latest:
        try:
            yield _counting_drops(latest, summary)
        finally:
            summary.dropped = latest.dropped


def _counting_drops(latest: Latest[Frame], summary: StreamSummary) -> Iterator[Frame | None]:
    for frame in latest.or_pauses(_PAUSE):
        summary.dropped = latest.dropped
        yield frame


def _with_silence(frames: Iterable[Frame | None]) -> Iterator[tuple[Frame | None, float]]:
    """Yields each frame, and the seconds since the last one."""
    last = time.monotonic()
    for frame in frames:
        now = time.monotonic()
        yield frame, now - last
        if frame is not None:
            last = time.monotonic()


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
