"""From an open container to pictures: each frame upright, with square pixels and at a steady time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame

from maskwatch.sources.container import start_of, video_stream
from maskwatch.sources.frame_clock import LONGEST_GAP, LONGEST_GAP_OF_INDEXED, FrameClock
from maskwatch.sources.upright import read_display_matrix, square_pixels
from maskwatch.types import Image

_MAX_FAILURES: Final = 100  # in a row; a damaged index can give the same broken packet for ever
_CLOCK_JUMPS: Final = 0x0200  # FFmpeg's AVFMT_TS_DISCONT: the format allows clocks that jump
_MOST_WAITING: Final = 17  # packets; a decoder holds back 16 frames at most (H.264, max_num_reorder_frames)


class Decoder:
    """Decodes the video of an open container from its current position.

    What cannot be decoded is left out and counted.

    Args:
        container: Its video is chosen by `video_stream`.
        sought: The position comes from a seek: the first frame may have any time.

    Attributes:
        skipped: Frames or packets that could not be decoded.
        jumps: How often the clock of the file jumped.
    """

    def __init__(self, container: av.container.InputContainer, sought: bool = False) -> None:
        self.skipped = 0
        self.stream = video_stream(container)
        self._container = container
        self._clock = clock_of(container, self.stream, sought)
        self._start = start_of(container)
        self._sought = sought
        # AVI stores when frames are decoded, not when they are shown. FFmpeg gives a frame the time of its
        # own packet, which is wrong with B-frames. But frames come in the order in which they are shown: each
        # takes the time of the packet that has waited longest.
        self._waiting: deque[float | None] | None = deque() if container.format.name == "avi" else None

    @property
    def jumps(self) -> int:
        """How often the clock of the file jumped."""
        return self._clock.jumps

    def __iter__(self) -> Iterator[tuple[VideoFrame, float]]:
        """Yields the frames with their times in seconds since the video began; times always grow."""
        for frame in self._frames():
            time = frame.time if self._waiting is None else self._oldest(self._waiting)
            unit = frame.time_base or self.stream.time_base
            shown = float((frame.duration or 0) * unit) if unit else 0.0
            yield frame, self._clock(None if time is None else time - self._start, shown)

    def _frames(self) -> Iterator[VideoFrame]:
        packets = self._container.demux(self.stream)
        failed = 0  # in a row
        while failed < _MAX_FAILURES:
            waits = False
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                waits = self._remember(packet)
                frames = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.skipped += 1
                failed += 1
                if waits and self._waiting:
                    self._waiting.pop()
                packets = self._container.demux(self.stream)  # an error ends the old one
                continue
            failed = 0
            yield from (frame for frame in frames if isinstance(frame, VideoFrame))

    def _remember(self, packet: av.Packet[av.VideoStream]) -> bool:
        """Puts the time of a packet to those that wait; returns whether it did."""
        if self._waiting is None or not packet.size:
            return False
        known = packet.dts is not None and packet.time_base is not None
        self._waiting.append(float(packet.dts * packet.time_base) if known else None)  # type: ignore[operator]
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft()
        return True

    def _oldest(self, waiting: deque[float | None]) -> float | None:
        """Takes out the time of the packet that has waited longest."""
        if self._sought:  # frames just after the position that need others before it never come
            self._sought = False
            while len(waiting) > self.stream.codec_context.reorder_depth + 1:
                waiting.popleft()
        return waiting.popleft() if waiting else None


class Length(NamedTuple):
    """How long a video is.

    Attributes:
        seconds: Its length; 0 if the file does not say.
        frames: Approximate number of frames; 0 if the file does not say.
        steady: Whether the clock of the file never jumps, so that a time can be sought.
        offsets: For each jump the seconds that are added to the clock of the file after it.
    """

    seconds: float
    frames: int
    steady: bool
    offsets: tuple[float, ...] = ()


def jumps_possible(container: av.container.InputContainer) -> bool:
    """Returns whether the format allows a clock that jumps, as MPEG's formats do."""
    return bool(container.format.flags & _CLOCK_JUMPS)


def clock_of(
    container: av.container.InputContainer, stream: av.VideoStream, sought: bool = False
) -> FrameClock:
    """Returns the clock for the frames of a video.

    Args:
        container: Its format decides which gaps are believed.
        stream: Its video.
        sought: Frames come from a position in the middle.
    """
    rate = stream.guessed_rate or stream.average_rate
    gap = LONGEST_GAP if jumps_possible(container) else LONGEST_GAP_OF_INDEXED
    return FrameClock(1 / float(rate) if rate else 0.0, gap, float("inf") if sought else None)


def read_length(container: av.container.InputContainer) -> Length:
    """Returns the length that the header or the index of a file says; reads no frame."""
    stream = video_stream(container)
    rate = stream.average_rate or stream.guessed_rate
    duration = stream.duration and stream.time_base and float(stream.duration * stream.time_base)
    seconds = max(0.0, float(duration or (container.duration or 0) / av.time_base))
    frames = max(0, int(stream.frames or round(seconds * (float(rate) if rate else 0.0))))
    return Length(seconds, frames, seconds > 0 and not has_holes(container))


def has_holes(container: av.container.InputContainer) -> bool:
    """Returns whether the index of a file has gaps that are not believed; Matroska's is read by a seek."""
    stream = video_stream(container)
    unit = float(stream.time_base or 0)
    times = [start_of(container), *(entry.timestamp * unit for entry in stream.index_entries)]
    return any(b - a > LONGEST_GAP_OF_INDEXED for a, b in pairwise(times))


def measure_length(container: av.container.InputContainer) -> Length:
    """Returns the length of a video whose clock may jump: reads all packets, decodes none."""
    stream = video_stream(container)
    clock, start = clock_of(container, stream, sought=True), start_of(container)
    rate = stream.guessed_rate or stream.average_rate
    frames, t, steady = 0, 0.0, True
    offsets: list[float] = []
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            stamp = packet.pts if packet.dts is None else packet.dts
            unit = packet.time_base
            if not frames and stamp is not None and packet.pts is not None and unit is not None:
                steady = steady and 0 <= float(packet.pts * unit) - start <= LONGEST_GAP
                start = min(start, float(stamp * unit))  # decoding begins before the first frame is shown
            steady = steady and stamp is not None  # raw streams cannot be sought
            t = clock(None if stamp is None or unit is None else float(stamp * unit) - start)
            frames += 1
            if clock.jumps > len(offsets):
                offsets.append(clock.offset)
    except av.error.FFmpegError:
        pass  # damaged: what comes before counts
    seconds = t + (1 / float(rate) if rate else 0.0) if frames else 0.0
    return Length(seconds, frames, steady and not offsets, tuple(offsets))


def to_image(frame: VideoFrame, stream: av.VideoStream) -> Image:
    """Returns a decoded frame as a player shows it.

    Args:
        frame: Any size and pixel format.
        stream: The video that it comes from.

    Returns:
        (h, w, 3) uint8, BGR, with square pixels, turned and mirrored as the file says.
    """
    # Each frame would start threads of its own for this, which cost twice the time of the conversion.
    image = np.asarray(frame.to_ndarray(format="bgr24", threads=1), np.uint8)
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    image = square_pixels(image, aspect)
    # Not `frame.side_data`: it and the frame would hold each other, megabytes, until the collector comes by.
    matrix = SideDataContainer(frame).get(Type.DISPLAYMATRIX)  # type: ignore[call-arg]
    return image if matrix is None else read_display_matrix(bytes(matrix)).apply(image)
