"""Sources on the server that pages watch: opened once, looked at once, shown to everybody who watches.

Each source that somebody watches has one `Channel`: a thread that takes the newest frame, looks at it,
draws and encodes it. When the last viewer leaves, the source is freed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from maskwatch.annotate import annotate
from maskwatch.app.downscale import reduced
from maskwatch.app.live.messages import told
from maskwatch.app.live.playback import looped
from maskwatch.app.live.server_source import ServerSource
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.errors import MaskwatchError
from maskwatch.latest import Latest
from maskwatch.sinks.pictures import encode_image
from maskwatch.sources.base import Source
from maskwatch.types import Event, Frame, Result

_LOG = logging.getLogger(__name__)
_JPEG_QUALITY: Final = 80
_LONGEST_SIDE: Final = 1280
_EVENTS_KEPT: Final = 20


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame as viewers get it.

    Attributes:
        number: Counts up with each frame of the channel, from 1.
        captured: Time on the monotonic clock at which the frame came.
        header: What the page is told about it, without events.
        jpeg: The annotated picture.
        result: What it was made from.
    """

    number: int
    captured: float
    header: dict[str, Any]
    jpeg: bytes
    result: Result


class Channel:
    """One source, looked at by a thread of its own.

    Args:
        choice: The source.
        look: How to look at it; may be replaced while it runs.
        after: A thread that may still hold the source and has to end first.

    Attributes:
        viewers: How many watch; kept by `Channels`.
        picture: The newest; None before the first.
        ended: Why nothing more will come; None while it runs.
    """

    def __init__(
        self, choice: ServerSource, look: StreamSetup, after: threading.Thread | None = None
    ) -> None:
        self.choice = choice
        self.look = look
        self.viewers = 0
        self.picture: Picture | None = None
        self.ended: str | None = None
        self._after = after
        self._events: deque[tuple[int, Event]] = deque(maxlen=_EVENTS_KEPT)
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._latest: Latest[tuple[float, Frame]] | None = None
        self._stopped = False
        self.thread = threading.Thread(target=self._run, name=f"channel {choice.name}", daemon=True)
        self.thread.start()

    def listen(self, listener: Callable[[], None]) -> None:
        """Has `listener` called, from the channel's thread, whenever there is something new."""
        with self._lock:
            self._listeners.append(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Ends `listen`; the listener is not called any more after this returns."""
        with self._lock:
            self._listeners.remove(listener)

    def events_since(self, number: int) -> list[Event]:
        """The events of the frames after that one: a slow viewer skips frames, but no alert."""
        with self._lock:
            return [event for at, event in self._events if at > number]

    def stop(self) -> None:
        """Lets go of the source soon; does not wait for it."""
        self._stopped = True
        if self._latest is not None:
            self._latest.close(timeout=0)

    def _run(self) -> None:
        if self._after is not None:
            self._after.join(10)
        try:
            self._watch(self.choice.open())
            self.ended = f"{self.choice.name} has ended."
        except MaskwatchError as error:
            self.ended = str(error)
        except Exception:  # the viewers must hear of it; the traceback is for whoever mends it
            _LOG.exception("%s: unexpected error", self.choice.name)
            self.ended = f"{self.choice.name} stopped because of a fault in maskwatch; see its log."
        self._tell()

    def _watch(self, source: Source) -> None:
        look, session = self.look, self.look.session()
        with Latest(_Stamped(source)) as frames:
            self._latest = frames
            if self._stopped:  # between the two lines above
                return
            for number, (captured, frame) in enumerate(frames, start=1):
                if self.look != look:
                    look, session = self.look, self.look.session()
                self._publish(number, captured, session(frame))

    def _publish(self, number: int, captured: float, result: Result) -> None:
        small = reduced(result, _LONGEST_SIDE)
        jpeg = encode_image(annotate(small.frame.image, small.faces), ".jpg", _JPEG_QUALITY)
        with self._lock:
            self._events += [(number, event) for event in result.events]
            self.picture = Picture(number, captured, told(result), jpeg, result)
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener()


class Channels:
    """All channels that run. Calls come from the event loop, one at a time."""

    def __init__(self) -> None:
        self._running: dict[object, Channel] = {}
        self._last_thread: dict[ServerSource, threading.Thread] = {}

    def join(self, choice: ServerSource, look: StreamSetup) -> Channel:
        """The channel of this source, started if nobody watches it yet.

        A camera or stream can be read only once, so everybody who watches it gets the settings that
        were chosen last; a file is read once for each set of settings.
        """
        key = (choice, look) if choice.is_file else choice
        channel = self._running.get(key)
        if channel is None or channel.ended is not None:
            after = None if choice.is_file else self._last_thread.get(choice)
            channel = self._running[key] = Channel(choice, look, after)
            self._last_thread[choice] = channel.thread
        channel.look = look
        channel.viewers += 1
        return channel

    def leave(self, channel: Channel) -> None:
        """Says that one viewer of the channel is gone; the last one frees the source."""
        channel.viewers -= 1
        if channel.viewers == 0:
            channel.stop()
            self._running = {key: c for key, c in self._running.items() if c is not channel}
            self._last_thread = {c: t for c, t in self._last_thread.items() if t.is_alive()}


class _Stamped:
    """A source with the time at which each frame came; files run at their own speed, over and over."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __iter__(self) -> Iterator[tuple[float, Frame]]:
        for frame in self._source if self._source.live else looped(self._source):
            yield time.monotonic(), frame

    def close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
