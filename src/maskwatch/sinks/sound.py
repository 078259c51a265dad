"""Copies the sound of one video into another, re-encoded only where needed."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import av

from maskwatch.sources.video import start_of

if TYPE_CHECKING:
    _Packet = av.Packet[av.AudioStream]

_COPIED: Final = frozenset(("aac", "mp3"))  # browsers play these inside MP4; other codecs become AAC
_COPIED_FROM: Final = frozenset(("mp4", "matroska"))  # others wrap their packets, and MP4 refuses broken ones
_MAX_RATE: Final = 48_000  # samples per second


class AudioTrack:
    """The sound of a file while it is written into another.

    Args:
        container: The file that is read; closed by `close`.
        out: The file that is written.
    """

    def __init__(self, container: av.container.InputContainer, out: av.container.OutputContainer) -> None:
        self._in = container
        self._out = out
        source = container.streams.audio[0]
        self._start = start_of(container)
        self._stream: av.AudioStream
        if source.codec_context.codec.canonical_name in _COPIED and _COPIED_FROM & set(
            container.format.name.split(",")
        ):
            self._stream = out.add_stream_from_template(source)
            self._packets = self._copy(source)
        else:
            self._stream = out.add_stream("aac", rate=min(source.codec_context.sample_rate, _MAX_RATE))
            self._packets = self._encode(source)
        self._next: tuple[float, list[_Packet]] | None = next(self._packets, None)

    @classmethod
    def open(cls, path: str, out: av.container.OutputContainer) -> AudioTrack | None:
        """Opens the sound of a file; returns None if it has none that can be read."""
        try:
            container = av.open(path)
        except (av.error.FFmpegError, ValueError):
            return None
        if not container.streams.audio or not container.streams.audio[0].codec_context.sample_rate:
            container.close()
            return None
        return cls(container, out)

    def write_until(self, t: float | None) -> None:
        """Writes the sound up to `t` seconds, or all that is left for None."""
        while self._next is not None and (t is None or self._next[0] <= t):
            self._out.mux(self._next[1])
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Closes the file that is read."""
        self._in.close()

    def _copy(self, source: av.AudioStream) -> Iterator[tuple[float, list[_Packet]]]:
        assert source.time_base is not None
        shift = round(self._start / source.time_base)
        try:
            for packet in self._in.demux(source):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.dts -= shift
                packet.pts -= shift
                packet.stream = self._stream
                yield float(packet.pts * source.time_base), [packet]
        except av.error.FFmpegError:
            return  # damaged sound: what came before stays

    def _encode(self, source: av.AudioStream) -> Iterator[tuple[float, list[_Packet]]]:
        for frame in self._decode(source):
            t = (frame.time or 0.0) - self._start
            if frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(self._start / frame.time_base)
            yield t, self._stream.encode(frame)
        yield math.inf, self._stream.encode(None)

    def _decode(self, source: av.AudioStream) -> Iterator[av.AudioFrame]:
        """Yields the audio frames that can be decoded; damaged ones are left out."""
        try:
            for packet in self._in.demux(source):
                with contextlib.suppress(av.error.InvalidDataError):
                    yield from packet.decode()
        except av.error.FFmpegError:
            return
