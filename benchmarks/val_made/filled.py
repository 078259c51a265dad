"""Portraits that the face fills to the edges and beyond, and small faces in large empty frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.val_made.made_set import MadePicture, draw
from benchmarks.val_made.val_faces import ValPicture
from maskwatch.geometry import GREY, clip
from maskwatch.types import Image

_FRAME: Final = (1280, 720)
"""Width and height of an empty frame, pixels."""

_FRAMED_HEIGHTS: Final = (20.0, 64.0)
"""Smallest and largest height of a face in an empty frame, pixels."""

_PART: Final = 0.75
"""Share of a face's sides that is left of it."""

_MIN_SIDE: Final = 40.0
"""Shorter side, pixels, of a face that is to fill a picture."""

Change = Callable[[Image, NDArray[np.float32], Generator], tuple[Image, NDArray[np.float32]]]


def filled(pictures: Sequence[ValPicture], count: int, seed: int) -> Iterator[MadePicture]:
    """Crops and frames portraits.

    Args:
        pictures: Portraits with a large enough face are used, once each.
        count: Pictures that are made, at most.
        seed: Of everything random.
    """
    rng = np.random.default_rng(seed)
    portraits = [picture for picture in pictures if picture.portrait and _side(picture) >= _MIN_SIDE]
    for picture, (part, change) in zip(draw(portraits, count, rng), cycle(_CHANGES.items()), strict=False):
        sample = picture.sample
        image, box = change(picture.image, sample.boxes[0], rng)
        yield MadePicture(image, box[None], sample.states, sample.ignore, part, sample.path.name)


def _side(picture: ValPicture) -> float:
    box = picture.sample.boxes[0]
    return float((box[2:] - box[:2]).min())


def at_box(image: Image, box: NDArray[np.float32], rng: Generator) -> tuple[Image, NDArray[np.float32]]:
    """Crops a picture (h, w, 3) at its face (4,); returns it with the new box."""
    return _crop(image, box, 1.0)


def part_of_face(image: Image, box: NDArray[np.float32], rng: Generator) -> tuple[Image, NDArray[np.float32]]:
    """Crops a picture (h, w, 3) within its face (4,); returns it with the new box."""
    return _crop(image, box, _PART)


def framed(image: Image, box: NDArray[np.float32], rng: Generator) -> tuple[Image, NDArray[np.float32]]:
    """Puts a shrunk picture (h, w, 3) into a grey or black frame; returns it with the new box (4,)."""
    low, high = np.log(_FRAMED_HEIGHTS)
    wanted = np.exp(rng.uniform(low, high)) / (box[3] - box[1])
    scale = min(1.0, wanted, *(np.array(_FRAME) / image.shape[1::-1]))
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    frame = np.full((_FRAME[1], _FRAME[0], 3), GREY if rng.random() < 0.5 else 0, np.uint8)
    x, y = (int(rng.integers(0, free + 1)) for free in (_FRAME[0] - width, _FRAME[1] - height))
    frame[y : y + height, x : x + width] = small
    return frame, (box * np.float32(scale) + np.array([x, y, x, y], np.float32)).astype(np.float32)


def _crop(image: Image, box: NDArray[np.float32], share: float) -> tuple[Image, NDArray[np.float32]]:
    centre, half = (box[:2] + box[2:]) / 2, share * (box[2:] - box[:2]) / 2
    window = clip(np.concatenate([centre - half, centre + half])[None], *image.shape[1::-1])[0]
    x1, y1, x2, y2 = np.round(window).astype(int).tolist()
    part = np.ascontiguousarray(image[y1:y2, x1:x2])
    return part, np.array([0, 0, x2 - x1, y2 - y1], np.float32)


_CHANGES: Final[dict[str, Change]] = {
    "cropped at the face": at_box,
    "cropped at 3/4 of it": part_of_face,
    "in a large frame": framed,
}
"""Part of the set -> what is done."""
