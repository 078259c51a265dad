"""Network streams: RTSP, HTTP (MJPEG, HLS, snapshots, plain files) and the other protocols of FFmpeg."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Final

import av

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import Address, read_address
from maskwatch.sources.container import open_container, video_stream
from maskwatch.sources.decoding import to_image
from maskwatch.sources.images import MAX_MEGAPIXELS
from maskwatch.sources.video import VideoFile
from maskwatch.types import Frame

_LOG = logging.getLogger(__name__)

TIMEOUT: Final = 3.0
PATIENCE: Final = 60.0
_FIRST_WAIT: Final = 0.5  # seconds
_MAX_WAIT: Final = 10.0
_POLL_SECONDS: Final = 0.25  # between two snapshots; cameras need about 0.1 s for one


class Stream:
    """A live stream as a source. A lost connection is opened again, after growing pauses.

    The first connection is not retried, so that a wrong address gives an error at once.

    Args:
        url: The address. It may contain user name and password, which are never shown.
        timeout: Seconds without data after which the connection counts as lost.
        patience: Seconds since the last frame after which no further attempt is made.
        max_megapixels: Streams with larger pictures are refused.

    Attributes:
        reconnects: How often the stream was opened again since the iteration started.

    Raises:
        SourceError: The address cannot be understood.
    """

    live = True

    def __init__(
        self,
        url: str,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> None:
        self._address = read_address(url)
        self.name = self._address.shown
        self.timeout = timeout
        self.patience = patience
        self.reconnects = 0
        self._max_megapixels = max_megapixels
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
        options = _options(self._address, self.timeout)
        return open_container(self._address.url, self.name, options, self.timeout, self._max_megapixels)

    def _frames(self, container: av.container.InputContainer, start: float, index: int) -> Iterator[Frame]:
        """Yields the frames of one connection until it breaks."""
        with container:
            stream = video_stream(container)
            try:
                for picture in container.decode(stream):
                    if isinstance(picture, av.VideoFrame):
                        image = to_image(picture, stream)
                        yield Frame(image, index, time.monotonic() - start, self.name)
                        index += 1
            except av.error.FFmpegError as error:
                _LOG.debug("%s: %s", self.name, error.strerror)


class Snapshots(Stream):
    """An address that gives one picture at a time, asked again and again; otherwise like `Stream`.

    Many cameras have one, such as `http://camera.local/snap.jpg`.
    """

    def _frames(self, container: av.container.InputContainer, start: float, index: int) -> Iterator[Frame]:
        """Yields pictures until the address cannot be opened, or gives no picture."""
        opened: av.container.InputContainer | None = container
        while opened is not None:
            began, number = time.monotonic(), index
            for frame in super()._frames(opened, start, index):
                yield frame
                index = frame.index + 1
            if index == number or self._closed.wait(max(0.0, began + _POLL_SECONDS - time.monotonic())):
                return
            try:
                opened = self._open()
            except SourceError as error:
                _LOG.debug("%s", error)
                return


def open_stream(
    url: str, timeout: float = TIMEOUT, max_megapixels: float = MAX_MEGAPIXELS
) -> Stream | VideoFile:
    """Returns the source behind an address: a live stream, or a video file that has an end.

    Args:
        url: The address, with one of `maskwatch.sources.addresses.SCHEMES`.
        timeout: Seconds without data after which reading is given up.
        max_megapixels: Larger pictures are refused.

    Raises:
        SourceError: The address cannot be understood, or an HTTP address cannot be opened. Other live
            streams are opened when iterated.
    """
    address = read_address(url)
    if address.scheme not in ("http", "https"):
        return Stream(url, timeout, max_megapixels=max_megapixels)
    options = _options(address, timeout)
    with open_container(address.url, address.shown, options, timeout, max_megapixels) as container:
        if _is_snapshot(container):
            return Snapshots(url, timeout, max_megapixels=max_megapixels)
        if not container.duration:
            return Stream(url, timeout, max_megapixels=max_megapixels)
    return VideoFile(address.url, address.shown, options, timeout, max_megapixels)


def _is_snapshot(container: av.container.InputContainer) -> bool:
    """Returns whether an address gives one picture and then ends."""
    name = container.format.name
    if name == "image2" or name.endswith("_pipe"):
        return True
    if name != "mjpeg":  # pictures one after the other; a camera that gives one ends after it
        return False
    packets = container.demux(video_stream(container))
    try:
        return sum(1 for _, packet in zip(range(2), packets, strict=False) if packet.size) == 1
    except av.error.FFmpegError:
        return False


def _options(address: Address, timeout: float) -> dict[str, str]:
    microseconds = str(round(timeout * 1e6))
    if address.scheme in ("rtsp", "rtsps"):
        # TCP: over UDP lost packets smear the picture, and many networks block it.
        return {"rtsp_transport": "tcp", "timeout": microseconds}
    return {"rw_timeout": microseconds}
