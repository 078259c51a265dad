"""Paints things in front of unmasked faces that are no masks: hands, microphones, cups, chin straps."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.training.synthesis.mask_shape import EAR_LOBE, FloatArray, face_size, head_pose
from maskwatch.training.synthesis.outlines import SUPERSAMPLING, blurred, canvas, downsampled
from maskwatch.types import Image

__all__ = ["OCCLUDERS", "paint_occluder"]

OCCLUDERS: Final = ("hand", "microphone", "block", "strap")
"""Fingers at mouth or chin; a microphone; a cup, telephone or paper; the strap of a helmet or hat."""

_PROBABILITIES: Final = (0.45, 0.15, 0.2, 0.2)
"""How often each of `OCCLUDERS` is drawn."""

_MIN_EYE_DISTANCE: Final = 4.0
"""Distance of the eyes, pixels, below which a face gets no occluder."""


def paint_occluder(image: Image, landmarks: FloatArray, rng: Generator, occluder: str | None = None) -> Image:
    """Paints one occluder in front of a face.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        landmarks: (5, 2) float32 pixels, as `paint_mask` takes them.
        rng: Draws the occluder, its place and its look.
        occluder: One of `OCCLUDERS`; None draws one.

    Returns:
        A new picture of the same shape; an unchanged copy where the face is too small or outside.
    """
    result = image.copy()
    points = np.asarray(landmarks, np.float32)
    mouth, size = points[3:].mean(0), face_size(points)
    low = np.clip(np.floor(mouth - 3 * size), 0, None).astype(int)
    high = np.minimum(np.ceil(mouth + 3.5 * size), image.shape[1::-1]).astype(int)
    if size < _MIN_EYE_DISTANCE or (high - low < 4).any():
        return result
    patch = result[low[1] : high[1], low[0] : high[0]]
    local = points - low
    draw = {"hand": _hand, "microphone": _microphone, "block": _slab, "strap": _strap}
    kind = occluder or str(rng.choice(OCCLUDERS, p=_PROBABILITIES))
    for outline, colour in draw[kind](patch, local, size, rng):
        _blend(patch, outline, colour, size, rng)
    return result


Layers = list[tuple[NDArray[np.uint8], FloatArray]]
"""Shapes, drawn `SUPERSAMPLING` times too large, and the colour (3,) of each, BGR, 0 to 255."""


def _hand(patch: Image, points: FloatArray, size: float, rng: Generator) -> Layers:
    """Draws fingers that come from below or from the side and end near the mouth."""
    skin = _skin_colour(patch, points, size) * rng.uniform(0.7, 1.1)
    angle = rng.uniform(-1.2, 1.2)  # from straight up
    along = np.array([np.sin(angle), -np.cos(angle)])
    across = np.array([along[1], -along[0]]) * -1
    mouth, down = _mouth(points)
    tip = mouth + down * rng.uniform(-0.25, 0.6) + rng.normal(0, 0.25, 2) * size
    count, thick = int(rng.integers(1, 5)), rng.uniform(0.2, 0.3)
    layers = []
    palm = canvas(patch.shape)
    base = tip - along * size * rng.uniform(1.1, 1.6)
    axes = (thick * size * (count / 2 + 0.6), 0.8 * size)
    _ellipse(palm, base - along * 0.5 * size, axes, np.degrees(angle))
    layers.append((palm, skin * rng.uniform(0.8, 1.0)))
    for k in range(count):
        finger = canvas(patch.shape)
        aside = across * (k - (count - 1) / 2) * thick * size
        end = tip + aside - along * size * 0.3 * abs(k - (count - 1) / 2) * rng.uniform(0.2, 0.8)
        _line(finger, np.stack([base + aside, end]), thick * size * 0.95)
        layers.append((finger, skin * rng.uniform(0.85, 1.05)))
    return layers


def _microphone(patch: Image, points: FloatArray, size: float, rng: Generator) -> Layers:
    """Draws a ball on a stick below the mouth."""
    mouth, down = _mouth(points)
    head = mouth + down * rng.uniform(0.05, 0.7) + rng.normal(0, 0.2, 2) * size
    stick, ball = canvas(patch.shape), canvas(patch.shape)
    radius = size * rng.uniform(0.22, 0.45)
    _line(stick, np.stack([head, head + down * 3 + rng.normal(0, 0.8, 2) * size]), radius * 0.9)
    _ellipse(ball, head, (radius, radius * rng.uniform(1.0, 1.4)), rng.uniform(-30, 30))
    dark = np.full(3, rng.uniform(10, 70), np.float32)
    return [(stick, dark), (ball, dark + 15 if rng.random() < 0.7 else rng.uniform(20, 220, 3))]


def _slab(patch: Image, points: FloatArray, size: float, rng: Generator) -> Layers:
    """Draws something with straight edges, narrower than a mask: a cup, a telephone, a sheet of paper."""
    mouth, down = _mouth(points)
    centre = mouth + down * rng.uniform(0.0, 0.9) + rng.normal(0, 0.3, 2) * size
    sides = (float(size * rng.uniform(0.4, 0.9)), float(size * rng.uniform(0.6, 1.4)))
    turned = cv2.boxPoints(((float(centre[0]), float(centre[1])), sides, float(rng.normal(0, 25))))
    cover = canvas(patch.shape)
    cv2.fillConvexPoly(cover, np.rint(turned * SUPERSAMPLING).astype(np.int32), 255)
    return [(cover, rng.uniform(15, 240) + rng.uniform(0, 0.6) * rng.normal(0, 60, 3))]


def _strap(patch: Image, points: FloatArray, size: float, rng: Generator) -> Layers:
    """Draws a strap from ear to ear around the chin."""
    matrix, origin = head_pose(points)
    low = rng.uniform(1.65, 2.0)
    line = [(-EAR_LOBE[0], EAR_LOBE[1], 0.7), (-0.75, 1.4, 0.3), (-0.35, low - 0.1, 0.0), (0, low, -0.1)]
    line += [(-x, y, z) for x, y, z in line[-2::-1]]
    projected = (np.array(line) @ matrix.T + origin)[:, :2]
    cover = canvas(patch.shape)
    _line(cover, projected, size * rng.uniform(0.06, 0.2))
    shade = rng.uniform(10, 60) if rng.random() < 0.6 else rng.uniform(60, 240)
    return [(cover, shade + rng.normal(0, 10, 3))]


def _mouth(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the centre of the mouth (2,) and a vector (2,) down the face, as long as the eyes are apart."""
    mouth, eyes = points[3:].mean(0), points[:2].mean(0)
    return mouth, (mouth - eyes) / 1.1


def _line(drawn: NDArray[np.uint8], points: NDArray[np.floating], thick: float) -> None:
    path = np.rint(points * SUPERSAMPLING).astype(np.int32)
    cv2.polylines(drawn, [path], False, 255, max(1, round(thick * SUPERSAMPLING)))


def _ellipse(
    drawn: NDArray[np.uint8], centre: NDArray[np.floating], axes: tuple[float, float], tilt: float
) -> None:
    place = (round(float(centre[0]) * SUPERSAMPLING), round(float(centre[1]) * SUPERSAMPLING))
    radii = (max(1, round(axes[0] * SUPERSAMPLING)), max(1, round(axes[1] * SUPERSAMPLING)))
    cv2.ellipse(drawn, place, radii, float(tilt), 0, 360, 255, -1)


def _skin_colour(patch: Image, points: FloatArray, size: float) -> FloatArray:
    """Returns the median colour (3,) between eyes and mouth, where an unmasked face shows skin."""
    x, y = (points[:2].mean(0) + points[3:].mean(0)) / 2
    reach = max(1, round(0.3 * size))
    part = patch[max(0, int(y) - reach) : int(y) + reach + 1, max(0, int(x) - reach) : int(x) + reach + 1]
    if part.size == 0:
        return np.full(3, 127.0)
    return np.asarray(np.median(part.reshape(-1, 3), axis=0), np.float64)


def _blend(patch: Image, outline: NDArray[np.uint8], colour: FloatArray, size: float, rng: Generator) -> None:
    """Paints a shape on the patch: lit from one side, with a dark rim and some noise."""
    height, width = patch.shape[:2]
    cover = downsampled(outline)
    if not cover.any():
        return
    cover = blurred(cover, max(0.3, 0.015 * size))
    inner = blurred(cover, max(0.5, 0.08 * size))
    slope = rng.normal(0, 0.15, 2) / size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = 1 + slope[0] * (x - width / 2) + slope[1] * (y - height / 2)
    light = np.clip(light, 0.7, 1.3) * (0.74 + 0.3 * inner) + rng.normal(0, 0.02, (height, width))
    painted = np.clip(np.asarray(colour, np.float32) * light[..., None], 0, 255)
    patch[:] = np.clip(patch + cover[..., None] * (painted - patch) + 0.5, 0, 255).astype(np.uint8)
