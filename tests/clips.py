"""Small files, written without the help of maskwatch."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np

from maskwatch.types import Image


def write_clip(
    path: Path,
    images: Sequence[Image],
    fps: int = 10,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    sound: str | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Writes the pictures as a video.

    Args:
        path: The file; its ending chooses the container.
        images: BGR pictures of one size.
        fps: Frames a second.
        times: Seconds of each picture, for a variable frame rate.
        codec: FFmpeg's name of the encoder.
        sound: Encoder of a tone as long as the pictures; None for silence.
        aspect: Width of a pixel over its height.
        options: Options of the encoder.
    """
    with av.open(str(path), "w") as out:
        video = cast(av.VideoStream, out.add_stream(codec, rate=fps, options=options or {}))
        video.height, video.width = images[0].shape[:2]
        video.pix_fmt = "yuv420p"
        if aspect is not None:
            video.codec_context.sample_aspect_ratio = aspect
        clock = Fraction(1, 1000)
        if times is not None:
            video.codec_context.time_base = clock
        audio = cast(av.AudioStream, out.add_stream(sound, rate=48000)) if sound is not None else None
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if times is not None:
                frame.pts, frame.time_base = round(times[number] * 1000), clock
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            seconds = len(images) / fps
            wave = np.sin(np.arange(int(seconds * 48000)) * 0.06).astype(np.float32)[None] * 0.3
            tone = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            tone.sample_rate, tone.pts = 48000, 0
            out.mux(audio.encode(tone))
            out.mux(audio.encode(None))
    return path


def with_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Sets how an MP4 file is to be turned: a pixel (x, y) goes to (a x + c y, b x + d y).

    ISO/IEC 14496-12, section 8.3.2: the matrix lies in the header of the track, version 0 here.
    """
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 44
    assert struct.unpack(">i", data[start : start + 4])[0] == 1 << 16, "a matrix is there"
    numbers = [value << 16 for value in (a, b, 0, c, d, 0, 0, 0)]
    data[start : start + 36] = struct.pack(">9i", *numbers, 1 << 30)
    path.write_bytes(data)
    return path


def huge_png() -> bytes:
    """A PNG whose header promises 20,000 x 20,000 pixels, and that holds none."""
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ):
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out
