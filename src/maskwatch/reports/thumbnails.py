"""Small pictures that become part of a page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from maskwatch.errors import SourceError
from maskwatch.evaluation.mistakes import Mistake
from maskwatch.geometry import crop_square
from maskwatch.sources.images import read_image
from maskwatch.types import Image

SIDE = 120
"""Width and height of a thumbnail in pixels, unless said otherwise."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture.

    Attributes:
        uri: The picture as a data URI (JPEG).
        caption: The line of text below it.
    """

    uri: str
    caption: str


def make_thumbnail(image: Image, caption: str) -> Thumbnail:
    """Encodes a small picture, (h, w, 3) uint8 in BGR."""
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    data = base64.b64encode(jpeg.tobytes()).decode("ascii")
    return Thumbnail(f"data:image/jpeg;base64,{data}", caption)


def fit_square(image: Image, side: int = SIDE) -> Image:
    """Shrinks or enlarges a picture into a grey square and keeps its aspect ratio.

    Args:
        image: (h, w, 3) uint8, BGR.
        side: Of the square, in pixels.

    Returns:
        (side, side, 3) uint8, BGR.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.full((side, side, 3), 127, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = cv2.resize(
        image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return square


def mistake_thumbnails(mistakes: Iterable[Mistake]) -> Iterator[Thumbnail]:
    """Yields a thumbnail for each mistake whose picture can be read."""
    for mistake in mistakes:
        try:
            image = read_image(mistake.picture)
        except SourceError:
            continue
        if mistake.box is None:
            crop = fit_square(image)
        else:
            crop = crop_square(image, np.array([mistake.box]), 1.8, SIDE)[0]
        yield make_thumbnail(crop, _caption(mistake))


def _caption(mistake: Mistake) -> str:
    name = mistake.picture.replace("\\", "/").rpartition("/")[2]
    if mistake.kind == "wrong_label":
        return f"{mistake.predicted} {mistake.severity:.2f}, truly {mistake.true}: {name}"
    if mistake.kind == "false_face":
        return f"{mistake.severity:.2f}: {name}"
    size = f"{mistake.severity:.0f} px" if np.isfinite(mistake.severity) else "whole picture"
    return f"{size}, {mistake.true or 'face'}: {name}"
