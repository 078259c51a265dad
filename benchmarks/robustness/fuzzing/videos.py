"""Videos: containers, codecs, and the sound in them."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np

from benchmarks.robustness.fuzzing.kind import Kind
from benchmarks.robustness.fuzzing.mutation import mutated_bytes
from maskwatch.results import Result
from maskwatch.sinks.video import VideoSink
from maskwatch.sources.files import is_video
from maskwatch.sources.video import VideoFile
from maskwatch.types import Faces, Image

_MADE: Final[tuple[tuple[str, str, str | None, dict[str, str]], ...]] = (
    *(("clip.mp4", "libx264", "aac", {}), ("whole.mp4", "libx264", None, {"movflags": "frag_keyframe"})),
    *(
        ("clip.mkv", "libx264", "aac", {}),
        ("clip.webm", "libvpx", None, {}),
        ("mpeg.avi", "mpeg4", "mp3", {}),
    ),
    *(
        ("clip.ts", "libx264", "aac", {}),
        ("clip.mpg", "mpeg2video", None, {}),
        ("clip.flv", "flv1", None, {}),
    ),
    *(
        ("clip.mjpeg", "mjpeg", None, {}),
        ("clip.mov", "mjpeg", "aac", {}),
        ("clip.h264", "libx264", None, {}),
    ),
    *(("clip.avi", "mjpeg", None, {}), ("clip.gif", "gif", None, {}), ("clip.hevc", "libx265", None, {})),
)
"""File, codec of the frames, codec of the sound, options of the container."""

_MOST_FRAMES: Final = 100


def video_seeds(folder: Path) -> list[bytes]:
    """Returns small good videos, in those codecs that the FFmpeg in use can write."""
    images = [np.full((48, 64, 3), (20 * i, 250 - 20 * i, 128), np.uint8) for i in range(10)]
    for i, image in enumerate(images):
        image[10:30, 5 * i : 5 * i + 16] = (255, 0, 255 - 10 * i)
    seeds = []
    for name, codec, sound, options in _MADE:
        try:
            _write(folder / name, images, codec, sound, options)
        except (av.error.FFmpegError, ValueError):  # a codec that this build lacks
            continue
        seeds.append((folder / name).read_bytes())
    return seeds


def _write(
    path: Path, images: Sequence[Image], codec: str, sound: str | None, options: dict[str, str]
) -> None:
    with av.open(str(path), "w", options=options) as out:
        video = cast(av.VideoStream, out.add_stream(codec, rate=10))
        video.height, video.width = images[0].shape[:2]
        video.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        audio = None if sound is None else cast(av.AudioStream, out.add_stream(sound, rate=44100))
        for image in images:
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(video.encode(None))
        if audio is not None:
            wave = np.sin(np.arange(44100) * 0.06).astype(np.float32)[None] * 0.3
            tone = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = 44100, 0, Fraction(1, 44100)
            out.mux(audio.encode(tone))
            out.mux(audio.encode(None))


def read_video(data: bytes, folder: Path) -> None:
    """Reads a video as the command line does: frames, length, a frame by its time, and its sound."""
    logging.getLogger("maskwatch").setLevel(logging.CRITICAL)
    path = folder / "clip.bin"
    path.write_bytes(data)
    is_video(str(path))
    video = VideoFile(str(path), max_megapixels=4)
    assert video.seconds >= 0
    assert video.frames >= 0
    last = -1.0
    frames: list[Any] = []
    for frame in islice(video, _MOST_FRAMES):
        assert frame.image.dtype == np.uint8
        assert frame.image.shape[2] == 3
        assert frame.image.shape[0] * frame.image.shape[1] <= 9e6, frame.image.shape
        assert last < frame.t < 1e9, (last, frame.t)
        last = frame.t
        frames = [*frames[:1], frame]
    video.frame_at(last / 2)
    if frames:
        with VideoSink(folder / "out.mp4", sound=str(path), fps=video.fps) as sink:
            for frame in frames:
                sink.write(Result(frame, Faces.empty()))


def _mutate(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return mutated_bytes(data, chance, others)


VIDEOS = Kind("videos", video_seeds, _mutate, read_video, share=3.0)
"""Video files of all containers, with their sound."""
