"""Sources on the server, shared by all pages that watch them.

Each source that is watched has one `Channel`: a thread that takes the newest frame, follows the people in it
and encodes it once for all viewers; the pages draw. When the last viewer leaves, the source is closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from maskwatch.app.downscale import downscaled
from maskwatch.app.live.messages import result_message
from maskwatch.app.live.playback import looped
from maskwatch.app.live.server_source import ServerSource
from maskwatch.app.stream_setup import StreamSetup
from maskwatch.errors import MaskwatchError
from maskwatch.image_files import encode_image
from maskwatch.latest import Latest
from maskwatch.pipeline import Session
from maskwatch.results import Result
from maskwatch.sources.base import Source
from maskwatch.types import Event, Frame

_LOG = logging.getLogger(__name__)
_JPEG_QUALITY: Final = 80
_LONGEST_SIDE: Final = 1280
_EVENTS_KEPT: Final = 50
_PAUSE_SECONDS: Final = 1.0
"""Without a frame, after which the rules are told; then again and again."""


@dataclass(frozen=True, slots=True)
class LivePicture:
    """A frame as it is sent to the viewers.

    Attributes:
        number: Number of the frame in the channel, from 1.
        captured: Time on the monotonic clock, in seconds, at which the frame was read.
        header: The message about it, without events.
        jpeg: The picture, with nothing drawn on it, as a JPEG file.
        result: The frame, its faces and people.
    """

    number: int
    captured: float
    header: dict[str, Any]
    jpeg: bytes
    result: Result


class Channel:
    """One source, read and processed by a thread of its own, which starts at once.

    Args:
        source: The source.
        setup: Models and rules; may be replaced while the channel runs.
        after: A thread that may still use the source and has to end first.

    Attributes:
        viewers: Number of viewers; counted by `Channels`.
        picture: The newest picture; None before the first.
        ended: Message that says why the channel ended; None while it runs.
        told: Number of events so far.
    """

    def __init__(
        self, source: ServerSource, setup: StreamSetup, after: threading.Thread | None = None
    ) -> None:
        self.source = source
        self.setup = setup
        self.viewers = 0
        self.picture: LivePicture | None = None
        self.ended: str | None = None
        self.told = 0
        self._after = after
        self._events: deque[tuple[int, Event]] = deque(maxlen=_EVENTS_KEPT)
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._latest: Latest[tuple[float, Frame]] | None = None
        self._stopped = False
        self.thread = threading.Thread(target=self._run, name=f"channel {source.name}", daemon=True)
        self.thread.start()

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Has `listener` called, in the thread of the channel, for each new picture and at the end."""
        with self._lock:
            self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Removes a listener; it is not called any more after this returns."""
        with self._lock:
            self._listeners.remove(listener)

    def news_since(self, told: int) -> tuple[list[Event], int]:
        """Returns the events after the first `told` ones, and how many there are now.

        A slow viewer skips frames, but no alert.
        """
        with self._lock:
            return [event for at, event in self._events if at > told], self.told

    def stop(self) -> None:
        """Asks the thread to close the source; does not wait for it."""
        self._stopped = True
        if self._latest is not None:
            self._latest.close(timeout=0)

    def _run(self) -> None:
        if self._after is not None:
            self._after.join(10)
        try:
            self._process(self.source.open())
            self.ended = f"{self.source.name} has ended."
        except MaskwatchError as error:
            self.ended = str(error)
        except Exception:  # the viewers see that it failed; the traceback is for the log
            _LOG.exception("%s: unexpected error", self.source.name)
            self.ended = f"{self.source.name} stopped because of a fault in maskwatch; see its log."
        self._notify()

    def _process(self, source: Source) -> None:
        setup, session = self.setup, self.setup.session()
        last, t = time.monotonic(), 0.0  # of the last frame
        with Latest(_TimedFrames(source)) as frames:
            self._latest = frames
            if self._stopped:  # stopped between the two lines above
                return
            number = 0
            for item in frames.or_pauses(_PAUSE_SECONDS):
                if (new := self.setup) != setup:
                    setup, session = new, new.session_after(setup, session)
                if item is None:
                    self._silence(session, time.monotonic() - last, t)
                    continue
                number += 1
                last, t = item[0], item[1].t
                self._publish(number, last, session(item[1]))

    def _silence(self, session: Session, seconds: float, t: float) -> None:
        """Tells the rules that nothing has come for so long after the frame at `t`."""
        events = session.silence(seconds, t + seconds)
        if events:
            with self._lock:
                self._keep(events)
            self._notify()

    def _publish(self, number: int, captured: float, result: Result) -> None:
        small = downscaled(result, _LONGEST_SIDE)
        jpeg = encode_image(small.frame.image, ".jpg", _JPEG_QUALITY)
        header = {**result_message(result), "index": result.frame.index}
        with self._lock:
            self._keep(result.events)
            self.picture = LivePicture(number, captured, header, jpeg, result)
        self._notify()

    def _keep(self, events: Sequence[Event]) -> None:
        for event in events:
            self.told += 1
            self._events.append((self.told, event))

    def _notify(self) -> None:
        with self._lock:
            for listener in self._listeners:
                listener()


class Channels:
    """All running channels. Must be used from the event loop only."""

    def __init__(self) -> None:
        self._running: dict[object, Channel] = {}
        self._last_thread: dict[ServerSource, threading.Thread] = {}

    def join(self, source: ServerSource, setup: StreamSetup) -> Channel:
        """Returns the channel of a source and counts one more viewer; starts it if nobody watches it yet.

        A camera or stream can be opened only once, so all its viewers get the setup that was chosen last. A
        file is opened once for each setup.
        """
        key = (source, setup) if source.is_file else source
        channel = self._running.get(key)
        if channel is None or channel.ended is not None:
            after = None if source.is_file else self._last_thread.get(source)
            channel = self._running[key] = Channel(source, setup, after)
            self._last_thread[source] = channel.thread
        channel.setup = setup
        channel.viewers += 1
        return channel

    def change(self, channel: Channel, setup: StreamSetup) -> bool:
        """Gives a running channel another setup, so that its source is not opened anew.

        Returns:
            Whether it was done: not where others watch the same file with the former setup, or where the file
            is played with the new one already.
        """
        if channel.source.is_file:
            key = (channel.source, setup)
            if channel.viewers > 1 or self._running.get(key, channel) is not channel:
                return False
            self._running = {k: c for k, c in self._running.items() if c is not channel} | {key: channel}
        channel.setup = setup
        return True

    def leave(self, channel: Channel) -> None:
        """Counts one viewer less; the last one stops the channel."""
        channel.viewers -= 1
        if channel.viewers == 0:
            channel.stop()
            self._running = {key: c for key, c in self._running.items() if c is not channel}
            self._last_thread = {c: t for c, t in self._last_thread.items() if t.is_alive()}


class _TimedFrames:
    """The frames of a source with the time at which each was read; files play in a loop."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __iter__(self) -> Iterator[tuple[float, Frame]]:
        for frame in self._source if self._source.live else looped(self._source):
            yield time.monotonic(), frame

    def close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
