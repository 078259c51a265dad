"""Network streams: RTSP, HTTP (MJPEG, HLS, plain files) and the other protocols of FFmpeg."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import av

from maskwatch.errors import SourceError
from maskwatch.sources.video import VideoFile, open_container, to_image
from maskwatch.types import Frame

_LOG = logging.getLogger(__name__)

SCHEMES: Final = frozenset("rtsp rtsps http https rtmp rtmps udp tcp srt".split())
"""The protocols that an address may start with."""

TIMEOUT: Final = 3.0
PATIENCE: Final = 60.0
_FIRST_WAIT: Final = 0.5  # seconds
_MAX_WAIT: Final = 10.0


class Stream:
    """A live stream as a source. A lost connection is opened again, after growing pauses.

    The first connection is not retried, so that a wrong address gives an error at once.

    Args:
        url: The address. It may contain user name and password, which are never shown.
        timeout: Seconds without data after which the connection counts as lost.
        patience: Seconds since the last frame after which no further attempt is made.

    Attributes:
        reconnects: How often the stream was opened again since the iteration started.
    """

    live = True

    def __init__(self, url: str, timeout: float = TIMEOUT, patience: float = PATIENCE) -> None:
        self.name = without_secrets(url)
        self.timeout = timeout
        self.patience = patience
        self.reconnects = 0
        self._url = url
        self._closed = threading.Event()

    def close(self) -> None:
        """Ends the iteration, from any thread: at once during a pause, otherwise at the next frame."""
        self._closed.set()

    def __iter__(self) -> Iterator[Frame]:
        """Yields frames with `t` in seconds since the stream was opened.

        Raises:
            SourceError: The stream cannot be opened, or was lost for longer than `patience`.
        """
        self._closed.clear()
        self.reconnects = 0
        container = self._open()
        start = last = time.monotonic()
        index, wait = 0, _FIRST_WAIT
        while not self._closed.is_set():
            for frame in self._frames(container, start, index):
                yield frame
                if self._closed.is_set():
                    return
                index, last, wait = frame.index + 1, time.monotonic(), _FIRST_WAIT
            _LOG.warning("%s: connection lost, trying again", self.name)
            reopened = self._reopen(last, wait)
            if reopened is None:
                return
            container = reopened
            self.reconnects += 1
            # A server that accepts and then gives nothing is not asked without a pause.
            wait = min(2 * wait, _MAX_WAIT)

    def _reopen(self, last: float, wait: float) -> av.container.InputContainer | None:
        """Tries until the stream opens or `patience` is over; returns None after `close`."""
        while not self._closed.wait(wait):
            if time.monotonic() - last > self.patience:
                raise SourceError(f"{self.name}: connection lost for {self.patience:g} seconds")
            try:
                return self._open()
            except SourceError:
                wait = min(2 * wait, _MAX_WAIT)
        return None

    def _open(self) -> av.container.InputContainer:
        return open_container(self._url, self.name, _options(self._url, self.timeout), self.timeout)

    def _frames(self, container: av.container.InputContainer, start: float, index: int) -> Iterator[Frame]:
        """Yields the frames of one connection until it breaks."""
        with container:
            try:
                for picture in container.decode(video=0):
                    yield Frame(to_image(picture), index, time.monotonic() - start, self.name)
                    index += 1
            except av.error.FFmpegError as error:
                _LOG.debug("%s: %s", self.name, error.strerror)


def open_stream(url: str, timeout: float = TIMEOUT) -> Stream | VideoFile:
    """Returns the source behind an address: a live stream, or a video file that has an end.

    Args:
        url: The address, with one of `SCHEMES`.
        timeout: Seconds without data after which reading is given up.

    Raises:
        SourceError: An HTTP address cannot be opened. Other live streams are opened when iterated.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme not in ("http", "https"):
        return Stream(url, timeout)
    name, options = without_secrets(url), _options(url, timeout)
    with open_container(url, name, options, timeout) as container:
        if not container.duration:
            return Stream(url, timeout)
    return VideoFile(url, name, options, timeout)


def _options(url: str, timeout: float) -> dict[str, str]:
    microseconds = str(round(timeout * 1e6))
    if url.lower().startswith("rtsp"):
        # TCP: over UDP lost packets smear the picture, and many networks block it.
        return {"rtsp_transport": "tcp", "timeout": microseconds}
    return {"rw_timeout": microseconds}


def without_secrets(url: str) -> str:
    """Returns the address without user name, password and query, so that it may be shown and stored."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    # Not by urlsplit: a password with an unescaped slash would end up in the path.
    rest = rest.rpartition("@")[2]
    return f"{scheme}://{rest.partition('?')[0]}"
