"""Video files: every frame in order, decoded by PyAV (FFmpeg)."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from maskwatch.errors import SourceError
from maskwatch.types import Frame, Image

# Codes of cv2.rotate for the rotation that FFmpeg reports, in degrees counter-clockwise.
_ROTATIONS: Final = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}

_TOLERANCE: Final = 0.001  # seconds; times are rounded on their way through a page
_MAX_FAILURES: Final = 100  # in a row; a damaged index can give the same broken packet for ever


class VideoFile:
    """A video file as a source: upright frames with their presentation times.

    Frames that cannot be decoded are left out and counted.

    Args:
        path: Path or address of the file.
        name: Name to show to people; None takes the path.
        options: Options for FFmpeg.
        timeout: Seconds after which a read is given up; None waits without limit.

    Attributes:
        fps: Mean number of frames per second; 0 if the file does not say.
        seconds: Length in seconds; 0 if the file does not say.
        frames: Approximate number of frames; 0 if the file does not say.
        skipped: Frames or packets that could not be decoded in the last iteration.

    Raises:
        SourceError: The file is missing, empty or not a video.
    """

    live = False

    def __init__(
        self,
        path: str,
        name: str | None = None,
        options: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> None:
        self.name = path if name is None else name
        self.skipped = 0
        self._open = partial(open_container, path, self.name, options, timeout)
        with self._open() as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            self.fps = float(rate) if rate else 0.0
            duration = stream.duration and stream.time_base and float(stream.duration * stream.time_base)
            self.seconds = float(duration or (container.duration or 0) / av.time_base)
            self.frames = int(stream.frames or round(self.seconds * self.fps))

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames; `t` is the presentation time in seconds from the first one.

        Raises:
            SourceError: Not a single frame could be decoded.
        """
        self.skipped = 0
        index = -1
        with self._open() as container:
            start = start_of(container)
            t = 0.0
            for picture in self._decode(container):
                index += 1
                # A frame without a time of its own follows the one before; times never run backwards.
                t = max(t, t if picture.time is None else picture.time - start)
                yield Frame(to_image(picture), index, t, self.name)
        if index < 0:
            raise SourceError(f"{self.name}: no frame of this video can be decoded")

    def frame_at(self, t: float) -> Frame:
        """Returns the first frame at or after a time, or the last frame if the video is shorter.

        Args:
            t: Seconds since the beginning.

        Returns:
            The frame; its index is computed from its time and the frame rate.

        Raises:
            SourceError: No frame can be decoded there.
        """
        frame = (self._frame_by_seeking(t) if t > 0 else None) or self._frame_from_start(t)
        if frame is None:
            raise SourceError(f"{self.name}: no frame can be decoded at {t:.1f} s")
        return frame

    def _frame_by_seeking(self, t: float) -> Frame | None:
        """Seeks to the time first; returns None for a file that cannot seek."""
        with self._open() as container:
            try:
                container.seek(int((t + start_of(container)) * av.time_base))
            except av.error.FFmpegError:
                return None
            return self._next_frame(container, t, sought=True)

    def _frame_from_start(self, t: float) -> Frame | None:
        """Decodes from the beginning; returns None if nothing can be decoded."""
        with self._open() as container:
            return self._next_frame(container, t, sought=False)

    def _next_frame(self, container: av.container.InputContainer, t: float, sought: bool) -> Frame | None:
        """Returns the first frame at or after `t`, or the last one.

        Args:
            container: Decoded from its current position.
            t: Seconds since the beginning.
            sought: Whether the position comes from a seek, which may have gone too far: then a first frame
                after `t` gives None.
        """
        start = start_of(container)
        last: tuple[VideoFrame, float] | None = None
        for picture in self._decode(container):
            at = 0.0 if picture.time is None else picture.time - start
            reached = at >= t - _TOLERANCE
            if last is None and sought and at > t + _TOLERANCE:
                return None
            last = picture, at
            if reached:
                break
        return (
            None if last is None else Frame(to_image(last[0]), round(last[1] * self.fps), last[1], self.name)
        )

    def _decode(self, container: av.container.InputContainer) -> Iterator[VideoFrame]:
        stream = container.streams.video[0]
        packets = container.demux(stream)
        failed = 0  # in a row
        while failed < _MAX_FAILURES:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.skipped += 1
                failed += 1
                packets = container.demux(stream)  # an error ends the old one
                continue
            failed = 0
            for picture in pictures:
                if isinstance(picture, VideoFrame):
                    yield picture


def open_container(
    path: str, name: str, options: dict[str, str] | None = None, timeout: float | None = None
) -> av.container.InputContainer:
    """Opens a file or an address that contains video.

    Args:
        path: Path or address.
        name: Name for messages; of an address without its password.
        options: Options for FFmpeg.
        timeout: Seconds after which opening, and each read, is given up; None waits without limit.

    Raises:
        SourceError: It cannot be opened, or contains no video.
    """
    if "://" not in path:
        _check_file(path)
    started = time.monotonic()
    try:
        container = av.open(path, options=options or {}, timeout=timeout)
    except av.error.FFmpegError as error:
        # Some protocols call it damaged when nothing came at all.
        if timeout is not None and time.monotonic() - started >= timeout:
            raise SourceError(f"{name}: no answer within {timeout:g} seconds") from None
        raise SourceError(f"{name}: {_explain(error)}") from None  # the error repeats the address
    except ValueError as error:
        raise SourceError(f"{name}: cannot be opened as a video") from error
    if not container.streams.video:
        container.close()
        raise SourceError(f"{name}: holds no video")
    # One thread decodes 720p in 2 ms; more of them would take the cores from the networks.
    container.streams.video[0].thread_count = 1
    return container


def start_of(container: av.container.InputContainer) -> float:
    """Returns the time in seconds of the first video or audio packet, from which all times are counted."""
    return (container.start_time or 0) / av.time_base


def to_image(picture: VideoFrame) -> Image:
    """Returns a decoded frame as (h, w, 3) uint8, BGR, rotated upright."""
    image: Image = np.asarray(picture.to_ndarray(format="bgr24"))
    rotation = _ROTATIONS.get(picture.rotation % 360)
    return image if rotation is None else np.asarray(cv2.rotate(image, rotation), np.uint8)


def _check_file(path: str) -> None:
    if not os.path.exists(path):
        raise SourceError(f"{path}: no such file")
    if os.path.isdir(path):
        raise SourceError(f"{path}: a folder, not a video")
    if os.path.getsize(path) == 0:
        raise SourceError(f"{path}: the file is empty")


_MESSAGES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (av.error.HTTPUnauthorizedError, "wrong or missing user name and password"),
    (av.error.HTTPForbiddenError, "access is forbidden"),
    (av.error.HTTPNotFoundError, "there is nothing at this address"),
    (av.error.ConnectionRefusedError, "nobody answers there (connection refused)"),
    (av.error.TimeoutError, "no answer in time"),
    (av.error.ProtocolNotFoundError, "this kind of address is not known"),
    (av.error.PermissionError, "not allowed to read it"),
    (av.error.InvalidDataError, "not a video, or a damaged one"),
)


def _explain(error: av.error.FFmpegError) -> str:
    for kind, text in _MESSAGES:
        if isinstance(error, kind):
            return text
    if error.errno == errno.EIO:  # what FFmpeg says of a host name that does not exist
        return "cannot be reached; is the address right?"
    return f"cannot be opened as a video ({error.strerror})"
