"""Clips: real ones, and ones without people, made by moving a camera over pictures of animals and things."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np

from benchmarks.people.negatives import held_out
from benchmarks.people.scenes import SIZES
from maskwatch.sources.images import read_image
from maskwatch.types import Image

TRUTH: Final = Path(__file__).with_name("clips.json")
"""What people saw in the real clips."""

_SECONDS: Final = 5.0
_FPS: Final = 15


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip.

    Attributes:
        name: For tables and files.
        size: Width and height of the picture.
        fps: Frames a second.
        frames: Number of frames.
        render: Gives a frame; quick for frames in order.
        people: Different people in it, whether their face is seen or not.
    """

    name: str
    size: tuple[int, int]
    fps: float
    frames: int
    render: Callable[[int], Image]
    people: int


def empty_clips(data: Path, split: str = "report") -> Iterator[Clip]:
    """Yields clips of 5 s at 15 frames a second in which nobody is: animals and things.

    Args:
        data: Folder of the pictures.
        split: "choose" or "report".
    """
    rng = np.random.default_rng(5)
    for path in held_out(data, split):
        moves = rng.uniform(0, 1, 8)
        yield Clip(
            f"empty-{path.stem}",
            SIZES[0],
            _FPS,
            round(_SECONDS * _FPS),
            lambda index, path=path, moves=moves: _moved(path, moves, index),  # type: ignore[misc]
            0,
        )


def real_clips(data: Path) -> Iterator[Clip]:
    """Yields the real clips of which somebody noted who is in them (`clips.json`)."""
    for name, truth in json.loads(TRUTH.read_text(encoding="utf-8")).items():
        path = data / "video" / name
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            fps = float(stream.average_rate or 15)
            size = (stream.width, stream.height)
            frames = sum(1 for _ in container.decode(video=0))
        yield Clip(path.stem, size, fps, frames, _Reader(path), truth["people"])


class _Reader:
    """Gives the frames of a file; starts again where an earlier one is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: Iterator[Any] = iter(())
        self._next = 0
        self._last: Image | None = None

    def __call__(self, index: int) -> Image:
        if self._last is None or index < self._next - 1:
            self._frames = self._decode()
            self._next = 0
        while self._next <= index:
            self._last = next(self._frames)
            self._next += 1
        assert self._last is not None
        return self._last

    def _decode(self) -> Iterator[Image]:
        with av.open(str(self._path)) as container:
            for frame in container.decode(video=0):
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


@lru_cache(4)
def _large(path: Path) -> Image:
    """Returns a picture enlarged so that the frame fits into it with room to move."""
    image = read_image(path)
    scale = max(1.35 * SIZES[0][0] / image.shape[1], 1.35 * SIZES[0][1] / image.shape[0])
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)


def _moved(path: Path, moves: np.ndarray[Any, np.dtype[np.float64]], index: int) -> Image:
    """Returns what a camera sees that pans over the picture and zooms, trembles a little, and is noisy."""
    image = _large(path)
    t = index / _FPS / _SECONDS
    width, height = SIZES[0]
    zoom = 1.0 + 0.3 * (moves[0] + (moves[1] - moves[0]) * t)
    x = (moves[2] + (moves[3] - moves[2]) * t) * (image.shape[1] - width / zoom)
    y = (moves[4] + (moves[5] - moves[4]) * t) * (image.shape[0] - height / zoom)
    rng = np.random.default_rng((round(1e6 * moves[6]), index))
    x, y = x + rng.normal(0, 1.0), y + rng.normal(0, 1.0)
    matrix = np.array([[zoom, 0, -zoom * x], [0, zoom, -zoom * y]])
    seen = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101).astype(
        np.float32
    )
    seen += (1.5 + 3 * moves[7]) * rng.standard_normal((height, width, 1), np.float32)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 55 + round(30 * moves[7])]
    _, coded = cv2.imencode(".jpg", np.clip(seen, 0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
