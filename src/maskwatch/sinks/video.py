"""Writes an annotated video that plays in every browser: H.264, 4:2:0, MP4 with the index in front."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from maskwatch.atomic_file import AtomicFile, refuse_input
from maskwatch.errors import SinkError
from maskwatch.people.zones import Zone
from maskwatch.results import Result
from maskwatch.sinks.sound import AudioTrack
from maskwatch.types import Image

_TICKS: Final = 90_000  # per second: the usual clock of MPEG, in which any frame rate fits
# Without B-frames the file ends when its last frame does, whatever the frame rate.
_ENCODER: Final = {"crf": "21", "preset": "veryfast", "bf": "0"}
# A recording has no end that is known: it can be played up to the last key frame at any time, and what FFmpeg
# has to do at the end takes a moment even after days.
_RECORDING: Final = {"movflags": "hybrid_fragmented", "flush_packets": "1"}
_RECORDING_ENCODER: Final = {**_ENCODER, "g": "50"}


class VideoSink:
    """Writes results as a video with people, or faces, drawn on it, each frame at its own time.

    Args:
        path: The MP4 file to write.
        sound: Path of a file whose sound is added, if it has any; usually the source video.
        fps: Frames per second, a hint for players; the frames keep their own times.
        zones: Drawn on each frame, below the people.
        recording: For live sources: the video begins with the first frame, whatever its time. From its
            second key frame on the file has its name, and can be played up to the last key frame whatever
            ends it: an error, a full disk, or the program being killed.

    Raises:
        SinkError: The file cannot be written, or `path` is the same file as `sound`.
    """

    def __init__(
        self,
        path: Path,
        sound: str | None = None,
        fps: float = 0.0,
        *,
        zones: Sequence[Zone] = (),
        recording: bool = False,
    ) -> None:
        if sound is not None:
            refuse_input(path, sound)
        self.path = path
        self._file = AtomicFile(path)
        self._fps = Fraction(fps).limit_denominator(1001) if 1 <= fps <= 1000 else Fraction(25)
        self._zones = tuple(zones)
        self._recording = recording
        self._start: float | None = None if recording else 0.0
        self._last = -1
        self._key_frames = 0
        self._video: av.VideoStream | None = None
        self._sound: AudioTrack | None = None
        try:
            # "file:": a colon in the name is not the end of a protocol.
            target = f"file:{self._file.path}"
            options = _RECORDING if recording else {"movflags": "faststart"}
            self._out = av.open(target, "w", format="mp4", options=options)
            if sound is not None:
                self._sound = AudioTrack.open(sound, self._out)
        except av.error.FFmpegError as error:
            self._file.discard()
            raise SinkError(f"{path}: cannot be written ({error.strerror})") from error

    def write(self, result: Result) -> None:
        """Draws the people or faces of a result and writes the picture at `frame.t`.

        Raises:
            SinkError: See `write_image`.
        """
        self.write_image(result.plot(self._zones), result.frame.t)

    def write_image(self, image: Image, t: float) -> None:
        """Writes a picture as the next frame.

        Args:
            image: (h, w, 3) uint8, BGR. All frames get the size of the first one, rounded up to even numbers.
            t: Its time in seconds from 0, of a recording from the first frame. A time that is not after the
                frame before is moved just behind it.

        Raises:
            SinkError: The file cannot be written.
        """
        if self._start is None:
            self._start = t
        t -= self._start
        try:
            if self._video is None:
                self._video = self._add_stream(image)
            frame = VideoFrame.from_ndarray(
                _fit(image, self._video.width, self._video.height), format="bgr24"
            )
            self._last = max(round(t * _TICKS), self._last + 1)
            frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
            # Sound is interleaved: written at the end, it would keep the whole video in memory.
            if self._sound is not None:
                self._sound.write_until(t)
            packets = self._video.encode(frame)
            self._out.mux(packets)
            self._file.whole_at_any_time = self._recording
            self._key_frames += sum(packet.is_keyframe for packet in packets)
            if self._recording and self._key_frames > 1:  # what lies before the second one is in the file
                self._file.appear()
        except (av.error.FFmpegError, OSError) as error:
            raise SinkError(f"{self.path}: cannot be written ({error.strerror})") from error

    def _add_stream(self, image: Image) -> av.VideoStream:
        height, width = image.shape[:2]
        options = _RECORDING_ENCODER if self._recording else _ENCODER
        stream = self._out.add_stream("libx264", rate=self._fps, options=options)
        # 4:2:0 stores one colour for two pixels: odd sizes are made even.
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A recording is kept, whatever ends it.
        kept = self._video is not None and (kind is None or self._recording)
        try:
            if kept:
                self._finish()
        except (av.error.FFmpegError, OSError) as failure:
            kept = False  # but for what has appeared
            if kind is None:
                raise SinkError(f"{self.path}: cannot be written ({failure.strerror})") from failure
        finally:
            if self._sound is not None:
                self._sound.close()
            if not kept:
                self._abandon()
        if kept:
            self._file.commit()

    def _finish(self) -> None:
        assert self._video is not None
        self._out.mux(self._video.encode(None))
        if self._sound is not None:
            self._sound.write_until(None)
        self._out.close()

    def _abandon(self) -> None:
        """Closes the unfinished file, and deletes it unless it is a recording that has appeared."""
        with contextlib.suppress(av.error.FFmpegError, OSError):  # it is deleted anyway, or ends where it can
            self._out.close()
        self._file.discard()


def _fit(image: Image, width: int, height: int) -> Image:
    """Resizes a frame to the size of the video; a difference of one pixel is filled by repeating the edge."""
    right, bottom = width - image.shape[1], height - image.shape[0]
    if right == bottom == 0:
        return image
    if right in (0, 1) and bottom in (0, 1):
        padded = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    else:
        padded = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(padded, np.uint8)
