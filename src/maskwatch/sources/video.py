"""Video files: every frame in order, decoded by PyAV (FFmpeg)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import Final

import av
from av.video.frame import VideoFrame

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import is_address
from maskwatch.sources.container import open_container, start_of, video_stream
from maskwatch.sources.decoding import (
    Decoder,
    Length,
    has_holes,
    jumps_possible,
    measure_length,
    read_length,
    to_image,
)
from maskwatch.sources.images import MAX_MEGAPIXELS
from maskwatch.types import Frame

_TOLERANCE: Final = 0.001  # seconds; times are rounded on their way through a page
_SPARSE: Final = 100  # bytes a second; a video of one colour has more


class VideoFile:
    """A video file as a source: upright frames with the times at which a player shows them.

    Where the clock of the file jumps, as in recordings that were joined, the times go on at the usual pace.
    Frames that cannot be decoded are left out and counted.

    Args:
        path: Path or address of the file.
        name: Name to show to people; None takes the path.
        options: Options for FFmpeg.
        timeout: Seconds after which a read is given up; None waits without limit.
        max_megapixels: Videos with larger pictures are refused.

    Attributes:
        fps: Mean number of frames per second; 0 if the file does not say.
        skipped: Frames or packets that could not be decoded in the last iteration.

    Raises:
        SourceError: The file is missing, empty, not a video, or its pictures are too large.
    """

    live = False

    def __init__(
        self,
        path: str,
        name: str | None = None,
        options: dict[str, str] | None = None,
        timeout: float | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> None:
        self.name = path if name is None else name
        self.skipped = 0
        self._max_megapixels = max_megapixels
        self._open = partial(open_container, path, self.name, options, timeout, max_megapixels)
        with self._open() as container:
            stream = video_stream(container)
            rate = stream.average_rate or stream.guessed_rate
            self.fps = float(rate) if rate else 0.0
            self._header = read_length(container)
            # A file that is so small for its length has holes; reading it through takes no time.
            sparse = not stream.frames and container.size < _SPARSE * self._header.seconds
            doubtful = jumps_possible(container) or sparse or not self._header.seconds
            self._measure = doubtful and not is_address(path)

    @property
    def seconds(self) -> float:
        """Length in seconds; 0 if the file does not say."""
        return self._length.seconds

    @property
    def frames(self) -> int:
        """Approximate number of frames; 0 if the file does not say."""
        return self._length.frames

    @cached_property
    def _length(self) -> Length:
        """The length; of a file whose header may be wrong measured by reading it through."""
        if not self._measure:
            return self._header
        with self._open() as container:
            return measure_length(container)

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames; `t` is in seconds since the video began and grows with each frame.

        Raises:
            SourceError: Not a single frame could be decoded.
        """
        self.skipped = 0
        index = -1
        with self._open() as container:
            decoder = Decoder(container)
            try:
                for picture, t in decoder:
                    index += 1
                    self.skipped = decoder.skipped
                    yield Frame(to_image(picture, decoder.stream), index, t, self.name)
            finally:
                self.skipped = decoder.skipped
            sized = decoder.stream.codec_context.width > 0
        if index < 0:
            limit = "" if sized else f", or they have more than {self._max_megapixels:g} million pixels"
            raise SourceError(f"{self.name}: no frame of this video can be decoded{limit}")

    def frame_at(self, t: float) -> Frame:
        """Returns the first frame at or after a time, or the last frame if the video is shorter.

        Args:
            t: Seconds since the beginning, as iterating gives them.

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
        if not self._length.steady:
            return None
        with self._open() as container:
            try:
                container.seek(int((t + start_of(container)) * av.time_base))
            except (av.error.FFmpegError, OverflowError):
                return None
            if has_holes(container):
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
        decoder = Decoder(container, sought)
        last: tuple[VideoFrame, float] | None = None
        for picture, at in decoder:
            if last is None and sought and at > t + _TOLERANCE:
                return None
            last = picture, at
            if at >= t - _TOLERANCE:
                break
        if last is None:
            return None
        return Frame(to_image(last[0], decoder.stream), round(last[1] * self.fps), last[1], self.name)
