"""Copies the sound of one video into another, re-encoded only where needed."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av

from maskwatch.errors import SourceError
from maskwatch.sources.container import open_media, start_of
from maskwatch.sources.decoding import jumps_possible, measure_length
from maskwatch.sources.frame_clock import LONGEST_GAP, LONGEST_GAP_OF_INDEXED, FrameClock

if TYPE_CHECKING:
    _Packet = av.Packet[av.AudioStream]

_LOG = logging.getLogger(__name__)

_COPIED: Final = frozenset(("aac", "mp3"))  # browsers play these inside MP4; other codecs become AAC
_COPIED_FROM: Final = frozenset(("mp4", "matroska"))  # others wrap their packets, and MP4 refuses broken ones
_RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # AAC knows these
_PRIMING: Final = 1.0  # seconds; encoders put a little silence before the beginning
_MOST_CORRECTED: Final = 1.0  # seconds that sound and frames of one recording end apart
_DEFAULT: Final = av.stream.Disposition.default

# What damaged sound causes; a full disk is none of these and ends the whole video.
_FAULTS: Final = (
    *(av.error.InvalidDataError, av.error.ArgumentError, av.error.EOFError, av.error.PatchWelcomeError),
    *(av.error.BugError, av.error.UnknownError, av.error.DecoderNotFoundError),
    *(ValueError, OverflowError, NotImplementedError),
)


class AudioTrack:
    """The sound of a file while it is written into another.

    Where the clock of the file jumps, the sound goes on without a pause, as the frames of `VideoFile` do.
    Sound that cannot be read or written any more ends there, with one warning in the log.

    Args:
        container: The file that is read; closed by `close`.
        source: Its sound.
        out: The file that is written.
        name: Name of the file for the warning.
        offsets: See `SoundClock`.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        source: av.AudioStream,
        out: av.container.OutputContainer,
        name: str,
        offsets: Sequence[float] = (),
    ) -> None:
        self._in = container
        self._out = out
        self._name = name
        self._time = SoundClock(start_of(container), jumps_possible(container), offsets)
        self._next: tuple[float, list[_Packet]] | None = None
        if _can_copy(container, source):
            self._packets = self._copy(source)
        else:
            self._packets = self._encode(source)
        self._advance()

    @classmethod
    def open(cls, path: str, out: av.container.OutputContainer) -> AudioTrack | None:
        """Opens the sound of a file; returns None if it has none that can be read."""
        try:
            container = open_media(path, path)
        except SourceError:
            return None
        if not container.streams.audio:
            container.close()
            return None
        known = [stream for stream in container.streams.audio if _rate(stream)]
        if not known:
            container.close()
            _LOG.warning("%s: its sound is in a format that is not known and is left out", path)
            return None
        source = max(known, key=lambda stream: bool(stream.disposition & _DEFAULT))  # the first of these
        offsets: tuple[float, ...] = ()
        if jumps_possible(container) and container.streams.video:
            with open_media(path, path) as other:
                offsets = measure_length(other).offsets
        return cls(container, source, out, path, offsets)

    def write_until(self, t: float | None) -> None:
        """Writes the sound up to `t` seconds, or all that is left for None."""
        while self._next is not None and (t is None or self._next[0] <= t):
            try:
                self._out.mux(self._next[1])
            except _FAULTS as error:
                self._give_up(error)
                return
            self._advance()

    def close(self) -> None:
        """Closes the file that is read."""
        self._in.close()

    def _advance(self) -> None:
        try:
            self._next = next(self._packets, None)
        except _FAULTS as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._next = None
        at = f"from {self._time.last:.0f} s on" if self._time.last else "all of it"
        _LOG.warning("%s: its sound cannot be copied, %s (%s)", self._name, at, type(error).__name__)

    def _copy(self, source: av.AudioStream) -> Iterator[tuple[float, list[_Packet]]]:
        unit = source.time_base
        assert unit is not None
        stream: av.AudioStream | None = None
        last = -(1 << 62)
        for packet in _until_damaged(self._in.demux(source)):
            if not packet.size:
                continue
            stream = stream or self._out.add_stream_from_template(source)
            stamp = packet.dts if packet.pts is None else packet.pts
            seconds = float((packet.duration or 0) * unit)
            t = self._time(None if stamp is None else float(stamp * unit), seconds)
            if t is None:
                continue
            last = max(last + 1, round(t / float(unit)))
            packet.pts = packet.dts = last
            packet.stream = stream
            yield t, [packet]

    def _encode(self, source: av.AudioStream) -> Iterator[tuple[float, list[_Packet]]]:
        frames = self._decode(source)
        first = next(frames, None)
        if first is None:
            raise ValueError("no sound can be decoded")
        rate = next((known for known in _RATES if known >= first.sample_rate), _RATES[-1])
        layout = "mono" if first.layout.nb_channels == 1 else "stereo"
        stream = self._out.add_stream("aac", rate=rate, layout=layout)
        clock = Fraction(1, rate)
        for frame, t in self._resampled(itertools.chain((first,), frames), layout, rate):
            frame.pts, frame.time_base = round(t * rate), clock
            yield t, stream.encode(frame)
        yield math.inf, stream.encode(None)

    def _resampled(
        self, frames: Iterator[av.AudioFrame], layout: str, rate: int
    ) -> Iterator[tuple[av.AudioFrame, float]]:
        """Yields sound of one form with its times, even where the form of the source changes on the way."""
        form: tuple[str, str, int] | None = None
        resampler = av.AudioResampler("fltp", layout, rate)
        for frame in frames:
            seconds = frame.samples / (frame.sample_rate or rate)
            t = self._time(frame.time, seconds)
            if t is None:
                continue
            now = frame.format.name, frame.layout.name, frame.sample_rate
            if now != form:
                form, resampler = now, av.AudioResampler("fltp", layout, rate)
            frame.pts = None
            for part in resampler.resample(frame):
                yield part, t
                t += part.samples / rate

    def _decode(self, source: av.AudioStream) -> Iterator[av.AudioFrame]:
        """Yields the audio frames that can be decoded; damaged ones are left out."""
        for packet in _until_damaged(self._in.demux(source)):
            with contextlib.suppress(av.error.InvalidDataError):
                yield from packet.decode()


class SoundClock:
    """Steady times of packets or frames of sound, in seconds since the beginning of the video.

    Where recordings are joined, the sound of the first may end a little later than its last frame. The sound
    of the second must begin with its own first frame all the same, or it lags more with each recording.

    Args:
        start: Time of the beginning by the clock of the file.
        jumps: Whether the format allows its clock to jump.
        offsets: For each jump of the video's clock the seconds that are added to it afterwards.

    Attributes:
        last: The time that was given last.
    """

    def __init__(self, start: float, jumps: bool, offsets: Sequence[float] = ()) -> None:
        self.last = 0.0
        self._start = start
        self._longest_gap = LONGEST_GAP if jumps else LONGEST_GAP_OF_INDEXED
        self._offsets = offsets
        self._correction = 0.0
        self._clock: FrameClock | None = None

    def __call__(self, time: float | None, seconds: float) -> float | None:
        """Returns the time of the next piece; None for one that is to be left out.

        Args:
            time: By the clock of the file; None where it does not say.
            seconds: How long the piece is.
        """
        first = self._clock is None
        if time is not None:
            time -= self._start
            if first and -_PRIMING <= time < 0:
                self._start += time
                time = 0.0
        clock = self._clock = self._clock or FrameClock(seconds, self._longest_gap)
        before = clock.jumps
        t = clock(time)
        if clock.jumps > before and self._offsets:
            expected = clock.offset + self._correction
            nearest = min(self._offsets, key=lambda offset: abs(offset - expected))
            if abs(nearest - expected) < _MOST_CORRECTED:
                self._correction = nearest - clock.offset
        t += self._correction
        if not first and t < self.last + seconds / 2:
            return None  # its time is taken by the sound before
        self.last = t
        return t


def _rate(stream: av.AudioStream) -> int:
    """Returns the samples per second of a sound; 0 for a codec that is not known."""
    context = getattr(stream, "codec_context", None)
    return 0 if context is None else context.sample_rate


def _can_copy(container: av.container.InputContainer, source: av.AudioStream) -> bool:
    context = source.codec_context
    name = context.codec.canonical_name
    return (
        name in _COPIED
        and bool(_COPIED_FROM & set(container.format.name.split(",")))
        and (name != "aac" or bool(context.extradata))
        and source.time_base is not None
    )


def _until_damaged(packets: Iterator[_Packet]) -> Iterator[_Packet]:
    """Yields packets until the file cannot be read any more: what came before stays."""
    with contextlib.suppress(av.error.FFmpegError):
        yield from packets
