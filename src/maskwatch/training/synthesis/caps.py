"""Paints caps and hats on heads. Their brims hide brow and eyes, so that only the lower face can be seen."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.training.synthesis.mask_shape import FloatArray
from maskwatch.training.synthesis.outlines import SUPERSAMPLING, blurred, canvas, downsampled
from maskwatch.types import Image

__all__ = ["paint_cap"]

_MIN_FACE_HEIGHT: Final = 12.0
"""Shorter side, pixels, below which a face gets no cap."""

_DARK_SHARE: Final = 0.55
"""Share of the caps that are nearly black, as most caps are."""


def paint_cap(image: Image, box: NDArray[np.floating[Any]], rng: Generator) -> Image:
    """Paints one cap or brimless hat, a little differently each time.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        box: (4,) x1, y1, x2, y2 of a face in pixels, from brow to chin; it may lie partly outside.
        rng: Draws shape, place, colour and light.

    Returns:
        A new picture of the same shape; an unchanged copy where the face is too small or outside.
    """
    result = image.copy()
    x1, y1, x2, y2 = (float(v) for v in box)
    width, height = x2 - x1, y2 - y1
    if min(width, height) < _MIN_FACE_HEIGHT:
        return result
    low = np.floor([x1 - 0.4 * width, y1 - 0.6 * height]).astype(int)
    high = np.ceil([x2 + 0.4 * width, y1 + 0.85 * height]).astype(int)
    left, top = np.clip(low, 0, None)
    right, bottom = np.minimum(high, (image.shape[1], image.shape[0]))
    if right - left < 4 or bottom - top < 4:
        return result
    patch = result[top:bottom, left:right]
    size = (patch.shape[0], patch.shape[1])
    brow = y1 + height * rng.uniform(0.06, 0.38) - top
    middle = (x1 + x2) / 2 + rng.normal(0, 0.04) * width - left
    half, tilt = width * rng.uniform(0.50, 0.62), rng.normal(0, 6.0)
    crown_height = brow + top - y1 + height * rng.uniform(0.15, 0.45)
    crown = _ellipse(size, (middle, brow), (half, crown_height), tilt, (180, 360))
    colour = _colour(rng)
    light = float(np.clip(patch.mean() / 130, 0.25, 1.15))
    rows = (np.arange(size[0], dtype=np.float32)[:, None, None] - (brow - crown_height)) / crown_height
    folds = _folds(size, rng)
    cloth = np.clip(colour * light * (1.15 - 0.45 * np.clip(rows, 0, 1)) * folds, 0, 255)
    drawn = [(crown, cloth)]
    if rng.random() < 0.8:
        turn = rng.choice((-1, 0, 1)) * rng.uniform(0.05, 0.4)
        axes = (half * rng.uniform(0.8, 1.15), height * rng.uniform(0.04, 0.15))
        brim = _ellipse(size, (middle + turn * width, brow), axes, tilt + rng.normal(0, 4), (0, 360))
        other = _colour(rng) if rng.random() < 0.25 else colour
        drawn.append((brim, np.clip(other * light * rng.uniform(0.6, 1.0) * folds, 0, 255)))
    cover = np.maximum.reduce([shape for shape, _ in drawn])
    picture = patch * (1 - rng.uniform(0, 0.65) * _cast_shadow(cover, height))[..., None]
    for shape, painted in drawn:
        shape = blurred(shape, max(height / 90, 0.3))[..., None]
        picture += shape * (painted - picture)
    patch[:] = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    return result


def _ellipse(
    size: tuple[int, int],
    centre: tuple[float, float],
    axes: tuple[float, float],
    tilt: float,
    span: tuple[int, int],
) -> FloatArray:
    """Returns the coverage (h, w) float32, 0 to 1, of an ellipse between two angles in degrees."""
    drawn = canvas(size)
    place = (round(centre[0] * SUPERSAMPLING), round(centre[1] * SUPERSAMPLING))
    radii = (max(1, round(axes[0] * SUPERSAMPLING)), max(1, round(axes[1] * SUPERSAMPLING)))
    outline = cv2.ellipse2Poly(place, radii, round(tilt), span[0], span[1], 6)
    cv2.fillPoly(drawn, [np.asarray(outline, np.int32)], 255)
    return downsampled(drawn)


def _colour(rng: Generator) -> FloatArray:
    """Draws a colour (3,) BGR, 0 to 255: mostly dark, else any."""
    if rng.random() < _DARK_SHARE:
        return rng.uniform(10, 60) * (1 + rng.normal(0, 0.12, 3))
    hue, grey = rng.uniform(20, 245, 3), rng.uniform(20, 245)
    return grey + rng.uniform(0, 0.8) * (hue - grey)


def _folds(size: tuple[int, int], rng: Generator) -> FloatArray:
    """Draws factors (h, w, 1) for the brightness of cloth: soft folds and fine grain."""
    coarse = rng.normal(1, 0.14, (5, 5)).astype(np.float32)
    smooth = cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth + rng.normal(0, 0.03, size), np.float32)[..., None]


def _cast_shadow(cover: FloatArray, height: float) -> FloatArray:
    """Returns the shadow (h, w) of the cap on the face: its coverage, moved down and blurred."""
    down = max(1, round(0.10 * height))
    moved = np.zeros_like(cover)
    moved[down:] = cover[:-down]
    return blurred(moved, max(0.06 * height, 0.3))
