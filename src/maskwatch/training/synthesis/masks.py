"""Paints a mask onto the picture of a face: made training examples, above all of wrongly worn masks."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.training.synthesis.fabric_transfer import Donor, brightness, cloth_of
from maskwatch.training.synthesis.mask_fabric import MaskStyle, random_style, weave
from maskwatch.training.synthesis.mask_shape import Floats, Sheet, Worn, face_size, lay
from maskwatch.types import Image

__all__ = ["Donor", "MaskStyle", "Worn", "paint_mask", "random_style", "visible_share"]

_SMALLEST: Final = 3.0
"""Faces whose eyes are closer than this, in pixels, have no room for a mask."""

_FINEST: Final = 176
"""Longest side, in pixels, at which cloth is computed; larger masks are scaled up from it."""


def paint_mask(
    image: Image, landmarks: Floats, style: MaskStyle, worn: Worn, donor: Donor | None = None
) -> Image:
    """Paints one mask.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        landmarks: (5, 2) float32, pixels: right eye, left eye, nose tip, right and left corner of the mouth,
            where "right" is the person's own right, as YuNet gives them. They may lie outside the picture.
        style: The look of the mask.
        worn: "correct" (over nose and mouth), "nose_out" (below the tip of the nose, over the mouth) or
            "chin" (below the mouth).
        donor: Whose mask is taken instead of a made one; straps and cut remain those of the style.

    Returns:
        A new picture of the same shape; an unchanged copy where the face is too small or outside.

    Raises:
        ValueError: The landmarks are not (5, 2) finite numbers.
    """
    landmarks = np.asarray(landmarks, np.float32)
    if landmarks.shape != (5, 2) or not np.isfinite(landmarks).all():
        raise ValueError("landmarks must be (5, 2) finite numbers: eyes, nose, corners of the mouth")
    result = image.copy()
    size = face_size(landmarks)
    if size < _SMALLEST:
        return result
    rng = np.random.default_rng(style.seed)
    sheet = lay(landmarks, worn, style.cut, style.straps, rng)
    x1, y1, x2, y2 = _region(sheet, size, image.shape)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return result
    patch = result[y1:y2, x1:x2]
    corner = np.array([x1, y1], np.float32)
    height, width = patch.shape[:2]
    softness = _softness(image, landmarks, size)

    cover, strings = _coverage(sheet, corner, (height, width), size, rng)
    scale = min(1.0, _FINEST / max(height, width))
    u, v, light = _chart(sheet, corner, (height, width), scale)
    shade, chroma = _light(patch, landmarks - corner, size, (u.shape[0], u.shape[1]))
    if donor is None:
        colour, relief = weave(style, u, v, 2.2 / (scale * size), worn == "chin", rng)
        lit = _fade(colour, chroma) * (np.clip(relief, 0.35, 1.5) * light)[..., None] * shade
    else:
        here, there = brightness(image, landmarks), brightness(donor.image, donor.landmarks)
        lit = _fade(cloth_of(donor, u, v), chroma) * np.clip((here + 10) / (there + 10), 0.5, 1.6)
    cloth = _soft(cv2.resize(_tone(lit), (width, height), interpolation=cv2.INTER_LINEAR), softness)
    cloth += _grain(patch, rng)
    cover, strings = _soft(cover, softness), _soft(strings, softness)
    shadow = _shadow(cover, size, rng)
    below = cv2.multiply(patch.astype(np.float32), cv2.merge([1 - shadow] * 3))
    band = _fade(_strap_colour(style, rng), chroma) * shade.mean(axis=(0, 1)) * 255
    strings = strings[..., None]
    below += strings * (np.minimum(band, 250) - below)
    # A hem is thicker than the cloth: its rim catches some light.
    rim = np.clip(cover - cv2.GaussianBlur(cover, (0, 0), 0.035 * size + 0.3), 0, 1)
    cloth *= 1 + 0.22 * rim[..., None]
    below += cover[..., None] * (cloth - below)
    patch[:] = np.clip(below + 0.5, 0, 255).astype(np.uint8)
    return result


def visible_share(shape: tuple[int, ...], landmarks: Floats, style: MaskStyle, worn: Worn) -> float:
    """How much of a mask lies inside the picture: a tight crop may cut a mask under the chin away.

    Args:
        shape: The picture's (height, width, ...).
        landmarks: As for `paint_mask`.
        style: As for `paint_mask`.
        worn: As for `paint_mask`.

    Returns:
        0 (nothing of it can be seen) to 1.
    """
    rng = np.random.default_rng(style.seed)
    points = lay(np.asarray(landmarks, np.float32), worn, style.cut, style.straps, rng).points
    inside = ((points >= 0) & (points < (shape[1], shape[0]))).all(axis=2)
    return float(inside.mean())


def _region(sheet: Sheet, size: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The part of the picture that changes: x1, y1, x2, y2, inside the picture."""
    points = np.concatenate([sheet.points.reshape(-1, 2), *sheet.straps])
    low, high = points.min(0) - 0.25 * size - 2, points.max(0) + 0.25 * size + 2
    limit = np.array([shape[1], shape[0]])
    x1, y1 = np.clip(low, 0, limit).astype(int)
    x2, y2 = np.clip(high, 0, limit).astype(int)
    return int(x1), int(y1), int(x2), int(y2)


def _coverage(
    sheet: Sheet, corner: Floats, shape: tuple[int, int], size: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """How far mask and straps cover each pixel: two (h, w) float32 in [0, 1].

    Drawn several times too large and shrunk: the edges of neighbouring cells leave no seams then.
    """
    height, width = shape
    finer = int(np.clip(640 // max(height, width), 1, 4))
    canvas = np.zeros((height * finer, width * finer), np.uint8)
    points = np.rint(((sheet.points - corner) * finer + (finer - 1) / 2) * 16).astype(np.int32)
    cells = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    for cell in cells.reshape(-1, 4, 2):
        cv2.fillConvexPoly(canvas, cell, 255, cv2.LINE_8, 4)
    cover = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    canvas[:] = 0
    thick = max(1, round(size * finer * rng.uniform(0.035, 0.06)))
    for line in sheet.straps:
        drawn = np.rint(((line - corner) * finer + (finer - 1) / 2) * 16).astype(np.int32)
        for k in range(len(drawn) - 1):
            # Hair and ears swallow the far end.
            fade = 255 if k < 4 else int(255 * (1 - (k - 3) / 4))
            cv2.polylines(canvas, [drawn[k : k + 2]], False, fade, thick, cv2.LINE_AA, 4)
    strings = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return cover.astype(np.float32) / 255, strings.astype(np.float32) / 255 * 0.92


def _chart(
    sheet: Sheet, corner: Floats, shape: tuple[int, int], scale: float
) -> tuple[Floats, Floats, Floats]:
    """Which point of the sheet each pixel shows, and how light falls on it.

    Fits a polynomial to the cells that face the camera; smooth, and cheap to evaluate anywhere.

    Returns:
        u, v and light, each (h * scale, w * scale) float32.
    """
    rows, columns = sheet.points.shape[:2]
    across = np.tile(np.linspace(-1, 1, columns, dtype=np.float32), (rows, 1))
    down = np.tile(np.linspace(0, 1, rows, dtype=np.float32)[:, None], (1, columns))
    seen = sheet.normals[..., 2] < -0.05
    if seen.sum() < 30:
        seen[:] = True
    # Light mostly from above and from the front, as nearly everywhere.
    lambert = np.clip(sheet.normals @ np.array([0.0, -0.45, -0.9], np.float32), 0, None)
    known = np.stack([across[seen], down[seen], lambert[seen]], axis=1)
    points = sheet.points[seen] - corner
    centre, spread = points.mean(0), np.ptp(points, axis=0) / 2 + 1e-3
    normed = (points - centre) / spread
    terms = _terms(normed[:, 0], normed[:, 1])
    gram = terms @ terms.T + 1e-3 * np.eye(len(terms), dtype=np.float32)
    weights = np.linalg.solve(gram, terms @ known).astype(np.float32)
    height, width = max(2, round(shape[0] * scale)), max(2, round(shape[1] * scale))
    x = ((np.arange(width, dtype=np.float32) + 0.5) * (shape[1] / width) - 0.5 - centre[0]) / spread[0]
    y = ((np.arange(height, dtype=np.float32) + 0.5) * (shape[0] / height) - 0.5 - centre[1]) / spread[1]
    grid_x, grid_y = np.meshgrid(np.clip(x, -1.3, 1.3), np.clip(y, -1.3, 1.3))
    values = weights.T @ _terms(grid_x.ravel(), grid_y.ravel())
    u, v, light = values.reshape(3, height, width)
    u, v = np.clip(u, -1.2, 1.2), np.clip(v, -0.2, 1.2)
    return u, v, 0.55 + 0.52 * np.clip(light, 0, 1.05)


def _terms(x: Floats, y: Floats) -> Floats:
    """(15, n): all products of x and y up to the fourth degree."""
    xx, yy, xy = x * x, y * y, x * y
    return np.stack(
        [
            *(np.ones_like(x), x, y, xx, xy, yy, xx * x, xx * y, x * yy, yy * y),
            *(xx * xx, xx * xy, xx * yy, xy * yy, yy * yy),
        ]
    )


def _light(patch: Image, landmarks: Floats, size: float, shape: tuple[int, int]) -> tuple[Floats, float]:
    """The light on a face, read from its skin.

    Level and tint are guessed half-way: dark skin in good light and fair skin in bad look alike.

    Returns:
        (h, w, 3) float32 factors for the mask's colour, and how colourful the photograph is, 0 to 1.
    """
    height, width = patch.shape[:2]
    step = max(1.0, size / 12)
    small = cv2.resize(
        patch, (max(4, round(width / step)), max(4, round(height / step))), interpolation=cv2.INTER_AREA
    ).astype(np.float32)
    rows, columns = small.shape[:2]
    ratio = np.array([columns / width, rows / height], np.float32)
    skin = np.zeros((rows, columns), np.float32)
    spots = landmarks * ratio
    outline = np.concatenate([spots[[0, 1, 4]], spots[3:5] + (spots[3:5] - spots[:2]) * 0.35, spots[[3]]])
    cv2.fillConvexPoly(skin, cv2.convexHull(np.rint(outline).astype(np.int32)), 1.0)
    if skin.sum() < 3:
        skin[:] = 1
    grey = small @ np.array([0.114, 0.587, 0.299], np.float32)
    # Lips, nostrils, beards and glints say nothing about light.
    inside = skin > 0
    low, high = np.quantile(grey[inside], (0.25, 0.97))
    skin *= np.clip((grey - low) / max(high - low, 1) * 2 + 0.05, 0.02, 1)
    spread = max(1.5, 0.35 * size * float(ratio.mean()))
    mean = float((grey * skin).sum() / skin.sum())
    weight = cv2.GaussianBlur(skin, (0, 0), spread) + 2e-3
    local = (cv2.GaussianBlur(grey * skin, (0, 0), spread) + 2e-3 * mean) / weight / max(mean, 1)
    bright = float(np.quantile(grey, 0.95))
    level = np.clip(0.92 * (max(high, 0.72 * bright) / 190) ** 0.75, 0.1, 1.08)
    tone = (small * skin[..., None]).sum((0, 1)) / skin.sum() / max(mean, 1)
    chroma = float(np.clip((tone.max() - tone.min()) / 0.45, 0, 1))
    expected = np.array([0.78, 0.94, 1.2], np.float32)
    tint = np.clip(tone / expected, 0.6, 1.6) ** (0.4 * chroma)
    factor = np.clip(local, 0.5, 1.4)[..., None] ** 0.9 * level * tint / tint.mean()
    factor = cv2.resize(factor.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(factor, np.float32), chroma


def _fade(colour: Floats, chroma: float) -> Floats:
    """Takes colour out as far as the photograph has none: black and white stays black and white."""
    keep = min(1.0, max(0.0, chroma - 0.12) / 0.25)
    if keep == 1:
        return colour
    grey = (colour @ np.array([0.114, 0.587, 0.299], np.float32))[..., None]
    return np.asarray(grey + keep * (colour - grey), np.float32)


def _tone(lit: Floats) -> Floats:
    """Brightness 0 to 1 to pixel values, whites rolled off as cameras do."""
    return 255 * np.where(lit < 0.8, lit, 0.8 + 0.19 * np.tanh((lit - 0.8) / 0.3)).astype(np.float32)


def _soft(picture: NDArray[Any], softness: float) -> Floats:
    """Blurs as the photograph is blurred."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), softness) if softness > 0.35 else picture, np.float32)


def _grain(patch: Image, rng: np.random.Generator) -> Floats:
    """The noise of the photograph anew: (h, w, 1) float32."""
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
    noise = float(np.median(cv2.absdiff(grey, cv2.medianBlur(grey, 3)))) * 0.8 + 0.8
    grain = np.asarray(rng.standard_normal(grey.shape, np.float32) * noise)
    return np.asarray(cv2.GaussianBlur(grain, (3, 3), 0.6), np.float32)[..., None]


def _softness(image: Image, landmarks: Floats, size: float) -> float:
    """Blur of the photograph as a Gaussian's sigma in pixels, read from the edges around the eyes.

    A Gaussian edge of width s keeps s / sqrt(s^2 + 1) of its squared gradient under a blur of 1.
    """
    reach = 0.9 * size
    centre = landmarks[:2].mean(0)
    low = np.clip(centre - reach, 0, [image.shape[1], image.shape[0]]).astype(int)
    high = np.clip(centre + reach, 0, [image.shape[1], image.shape[0]]).astype(int)
    if (high - low).min() < 6:
        return 0.5
    grey = cv2.cvtColor(image[low[1] : high[1], low[0] : high[0]], cv2.COLOR_BGR2GRAY).astype(np.float32)
    before, after = (
        sum(float((np.diff(picture, axis=axis) ** 2).mean()) for axis in (0, 1))
        for picture in (grey, cv2.GaussianBlur(grey, (0, 0), 1))
    )
    kept = min(after / max(before, 1e-6), 0.998)
    return float(np.clip(kept / np.sqrt(1 - kept**2) - 0.4, 0, 0.1 * size))


def _shadow(cover: Floats, size: float, rng: np.random.Generator) -> Floats:
    """The shadow that a mask throws on the skin around and below it: (h, w) float32, 0 for none."""
    drop = np.array([[1, 0, rng.normal(0, 0.02) * size], [0, 1, rng.uniform(0.02, 0.07) * size]], np.float32)
    moved = cv2.warpAffine(cover, drop, (cover.shape[1], cover.shape[0]))
    return np.asarray(rng.uniform(0.25, 0.5) * cv2.GaussianBlur(moved, (0, 0), 0.05 * size + 0.3))


def _strap_colour(style: MaskStyle, rng: np.random.Generator) -> Floats:
    """Straps are white or of the mask's own colour: (3,) float32, 0 to 1."""
    own = np.asarray(style.colour, np.float32) / 255
    return own if style.kind in ("black", "cloth") or rng.random() < 0.25 else np.full(3, 0.9, np.float32)
