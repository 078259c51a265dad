"""The clips that everybody gets: H.264 files of made crowds, kept between runs, and the real ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av

from benchmarks.people import scenes
from benchmarks.people.scenes import FPS
from benchmarks.speed.clip_files import write_clip
from benchmarks.speed.crowd import crowd

PEOPLE: Final = (0, 1, 5, 20, 50)
"""Numbers of people in the made clips."""

SIZES: Final = ((1280, 720), (1920, 1080))

SLOW_FPS: Final = 10
"""Frames a second of the clips for several cameras."""

_SOURCES: Final = ("clip_files.py", "crowd.py")


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file.

    Attributes:
        name: For tables.
        path: The file.
        size: Width and height of the picture.
        fps: Frames a second.
        frames: Number of frames.
        people: Number of people in every frame; None where nobody counted them.
        truth: JSON file with the boxes of the faces of each frame; None for real clips.
    """

    name: str
    path: Path
    size: tuple[int, int]
    fps: float
    frames: int
    people: int | None = None
    truth: Path | None = None


def made_clip(data: Path, build: Path, people: int, size: tuple[int, int] = SIZES[0], fps: int = FPS) -> Clip:
    """Returns the clip of a crowd, made at the first time.

    Args:
        data: Folder of the pictures.
        build: Folder for what is kept between runs.
        people: Number of people.
        size: Width and height.
        fps: Frames a second, a divisor of 30.
    """
    name = f"{size[1]}p, {people} people" + (f", {fps} fps" if fps != FPS else "")
    digest = hashlib.sha256((scenes.digest() + _digest()).encode()).hexdigest()[:10]
    path = build / "clips" / f"crowd-{people}-{size[1]}p-{fps}fps-{digest}.mp4"
    truth = path.with_suffix(".json")
    if not (path.is_file() and truth.is_file()):
        write_clip(crowd(data, people, size, build.parent / "people"), path, fps)
    return described(name, path, people, truth)


def real_clips(data: Path) -> list[Clip]:
    """Returns the real clips, by name; none where there are none."""
    return [described(path.stem, path) for path in sorted((data / "video").glob("*.mp4"))]


def described(name: str, path: Path, people: int | None = None, truth: Path | None = None) -> Clip:
    """Returns a clip by its file; see `Clip`."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        fps = float(stream.average_rate or FPS)
        frames = stream.frames or sum(bool(packet.size) for packet in container.demux(stream))
        return Clip(name, path, (stream.width, stream.height), fps, frames, people, truth)


def _digest() -> str:
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in _SOURCES)).hexdigest()
