"""Paints masks on pictures of faces: synthetic training examples, above all of incorrectly worn masks."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.training.synthesis.fabric_transfer import Donor, cut_donor, face_brightness, sample_fabric
from maskwatch.training.synthesis.mask_fabric import MaskStyle, random_style, render_fabric
from maskwatch.training.synthesis.mask_shape import FloatArray, MaskPosition, Sheet, face_size, place_sheet
from maskwatch.types import Image

__all__ = ["Donor", "MaskPosition", "MaskStyle", "cut_donor", "paint_mask", "random_style", "visible_share"]

_MIN_EYE_DISTANCE: Final = 3.0
"""Distance of the eyes, pixels, below which a face gets no mask."""

_MAX_FABRIC_SIDE: Final = 176
"""Longer side, pixels, at which fabric is rendered; larger masks are enlarged from it."""

_LUMINANCE: Final = np.array([0.114, 0.587, 0.299], np.float32)
"""Weights of blue, green and red in the grey value (ITU-R BT.601)."""


def paint_mask(
    image: Image, landmarks: FloatArray, style: MaskStyle, position: MaskPosition, donor: Donor | None = None
) -> Image:
    """Paints one mask on a face.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        landmarks: (5, 2) float32 pixels: right eye, left eye, tip of the nose, right and left corner of the
            mouth. "Right" is the person's right, as in YuNet's output. They may lie outside the picture.
        style: The look of the mask.
        position: "correct" (over nose and mouth), "nose_out" (below the tip of the nose, over the mouth) or
            "chin" (below the mouth).
        donor: A face whose real mask gives the fabric; straps and cut remain those of the style.

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
    if size < _MIN_EYE_DISTANCE:
        return result
    rng = np.random.default_rng(style.seed)
    sheet = place_sheet(landmarks, position, style.cut, style.straps, rng)
    x1, y1, x2, y2 = _changed_region(sheet, size, image.shape)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return result
    patch = result[y1:y2, x1:x2]
    corner = np.array([x1, y1], np.float32)
    height, width = patch.shape[:2]
    sigma = _estimate_blur(image, landmarks, size)

    cover, strings = _coverage(sheet, corner, (height, width), size, rng)
    scale = min(1.0, _MAX_FABRIC_SIDE / max(height, width))
    u, v, light = _sheet_coordinates(sheet, corner, (height, width), scale)
    shade, chroma = _estimate_light(patch, landmarks - corner, size, (u.shape[0], u.shape[1]))
    if donor is None:
        colour, relief = render_fabric(style, u, v, 2.2 / (scale * size), position == "chin", rng)
        lit = _desaturate(colour, chroma) * (np.clip(relief, 0.35, 1.5) * light)[..., None] * shade
    else:
        own, donors = face_brightness(image, landmarks), face_brightness(donor.image, donor.landmarks)
        lit = _desaturate(sample_fabric(donor, u, v), chroma) * np.clip((own + 10) / (donors + 10), 0.5, 1.6)
    cloth = _match_blur(cv2.resize(_tone_map(lit), (width, height), interpolation=cv2.INTER_LINEAR), sigma)
    cloth += _camera_noise(patch, rng)
    cover, strings = _match_blur(cover, sigma), _match_blur(strings, sigma)
    shadow = _cast_shadow(cover, size, rng)
    below = cv2.multiply(patch.astype(np.float32), cv2.merge([1 - shadow] * 3))
    band = _desaturate(_strap_colour(style, rng), chroma) * shade.mean(axis=(0, 1)) * 255
    strings = strings[..., None]
    below += strings * (np.minimum(band, 250) - below)
    # A hem is thicker than the fabric: its rim is a little brighter.
    rim = np.clip(cover - cv2.GaussianBlur(cover, (0, 0), 0.035 * size + 0.3), 0, 1)
    cloth *= 1 + 0.22 * rim[..., None]
    below += cover[..., None] * (cloth - below)
    patch[:] = np.clip(below + 0.5, 0, 255).astype(np.uint8)
    return result


def visible_share(
    shape: tuple[int, ...], landmarks: FloatArray, style: MaskStyle, position: MaskPosition
) -> float:
    """Computes which share of a mask lies inside the picture. A tight crop may cut off a mask under the chin.

    Args:
        shape: Of the picture: (height, width, ...).
        landmarks: As for `paint_mask`.
        style: As for `paint_mask`.
        position: As for `paint_mask`.

    Returns:
        0 (no part of it is visible) to 1.
    """
    rng = np.random.default_rng(style.seed)
    points = place_sheet(np.asarray(landmarks, np.float32), position, style.cut, style.straps, rng).points
    inside = ((points >= 0) & (points < (shape[1], shape[0]))).all(axis=2)
    return float(inside.mean())


def _changed_region(sheet: Sheet, size: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Returns the part of the picture that the mask changes: x1, y1, x2, y2 in pixels, inside the picture."""
    points = np.concatenate([sheet.points.reshape(-1, 2), *sheet.straps])
    low, high = points.min(0) - 0.25 * size - 2, points.max(0) + 0.25 * size + 2
    limit = np.array([shape[1], shape[0]])
    x1, y1 = np.clip(low, 0, limit).astype(int)
    x2, y2 = np.clip(high, 0, limit).astype(int)
    return int(x1), int(y1), int(x2), int(y2)


def _coverage(
    sheet: Sheet, corner: FloatArray, shape: tuple[int, int], size: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Returns how far mask and straps cover each pixel: two (h, w) float32 in [0, 1].

    Both are drawn several times too large and averaged, so that no seams show between neighbouring cells.
    """
    height, width = shape
    factor = int(np.clip(640 // max(height, width), 1, 4))
    canvas = np.zeros((height * factor, width * factor), np.uint8)
    points = np.rint(((sheet.points - corner) * factor + (factor - 1) / 2) * 16).astype(np.int32)
    cells = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    for cell in cells.reshape(-1, 4, 2):
        cv2.fillConvexPoly(canvas, cell, 255, cv2.LINE_8, 4)
    cover = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    canvas[:] = 0
    thick = max(1, round(size * factor * rng.uniform(0.035, 0.06)))
    for line in sheet.straps:
        drawn = np.rint(((line - corner) * factor + (factor - 1) / 2) * 16).astype(np.int32)
        for k in range(len(drawn) - 1):
            # Hair and ears hide the far end.
            fade = 255 if k < 4 else int(255 * (1 - (k - 3) / 4))
            cv2.polylines(canvas, [drawn[k : k + 2]], False, fade, thick, cv2.LINE_AA, 4)
    strings = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return cover.astype(np.float32) / 255, strings.astype(np.float32) / 255 * 0.92


def _sheet_coordinates(
    sheet: Sheet, corner: FloatArray, shape: tuple[int, int], scale: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Computes which point of the sheet each pixel shows, and how much light falls on it.

    A polynomial is fitted to the points that face the camera. It is smooth and cheap to evaluate anywhere.

    Returns:
        u, v and light, each (h * scale, w * scale) float32.
    """
    rows, columns = sheet.points.shape[:2]
    across = np.tile(np.linspace(-1, 1, columns, dtype=np.float32), (rows, 1))
    down = np.tile(np.linspace(0, 1, rows, dtype=np.float32)[:, None], (1, columns))
    visible = sheet.normals[..., 2] < -0.05
    if visible.sum() < 30:
        visible[:] = True
    # Light comes from above and from the front, as nearly everywhere.
    lambert = np.clip(sheet.normals @ np.array([0.0, -0.45, -0.9], np.float32), 0, None)
    known = np.stack([across[visible], down[visible], lambert[visible]], axis=1)
    points = sheet.points[visible] - corner
    centre, spread = points.mean(0), np.ptp(points, axis=0) / 2 + 1e-3
    normed = (points - centre) / spread
    terms = _polynomial_terms(normed[:, 0], normed[:, 1])
    gram = terms @ terms.T + 1e-3 * np.eye(len(terms), dtype=np.float32)
    weights = np.linalg.solve(gram, terms @ known).astype(np.float32)
    height, width = max(2, round(shape[0] * scale)), max(2, round(shape[1] * scale))
    x = ((np.arange(width, dtype=np.float32) + 0.5) * (shape[1] / width) - 0.5 - centre[0]) / spread[0]
    y = ((np.arange(height, dtype=np.float32) + 0.5) * (shape[0] / height) - 0.5 - centre[1]) / spread[1]
    grid_x, grid_y = np.meshgrid(np.clip(x, -1.3, 1.3), np.clip(y, -1.3, 1.3))
    values = weights.T @ _polynomial_terms(grid_x.ravel(), grid_y.ravel())
    u, v, light = values.reshape(3, height, width)
    u, v = np.clip(u, -1.2, 1.2), np.clip(v, -0.2, 1.2)
    return u, v, 0.55 + 0.52 * np.clip(light, 0, 1.05)


def _polynomial_terms(x: FloatArray, y: FloatArray) -> FloatArray:
    """Returns (15, n): all products of x and y up to the fourth degree."""
    xx, yy, xy = x * x, y * y, x * y
    return np.stack(
        [
            *(np.ones_like(x), x, y, xx, xy, yy, xx * x, xx * y, x * yy, yy * y),
            *(xx * xx, xx * xy, xx * yy, xy * yy, yy * yy),
        ]
    )


def _estimate_light(
    patch: Image, landmarks: FloatArray, size: float, shape: tuple[int, int]
) -> tuple[FloatArray, float]:
    """Estimates the light on a face from its skin.

    Level and tint are followed only in part, because dark skin in good light and fair skin in bad light look
    alike.

    Returns:
        (h, w, 3) float32 factors for the colour of the mask, and the colourfulness of the photograph, 0 to 1.
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
    grey = small @ _LUMINANCE
    # Lips, nostrils, beards and glints say nothing about the light.
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


def _desaturate(colour: FloatArray, chroma: float) -> FloatArray:
    """Desaturates a colour as much as the photograph: black and white stays black and white."""
    keep = min(1.0, max(0.0, chroma - 0.12) / 0.25)
    if keep == 1:
        return colour
    grey = (colour @ _LUMINANCE)[..., None]
    return np.asarray(grey + keep * (colour - grey), np.float32)


def _tone_map(lit: FloatArray) -> FloatArray:
    """Maps brightness 0 to 1 to pixel values 0 to 255; bright values are compressed, as in cameras."""
    return 255 * np.where(lit < 0.8, lit, 0.8 + 0.19 * np.tanh((lit - 0.8) / 0.3)).astype(np.float32)


def _match_blur(picture: NDArray[Any], sigma: float) -> FloatArray:
    """Blurs by the blur of the photograph; a blur of up to 0.35 pixels is left out."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma) if sigma > 0.35 else picture, np.float32)


def _camera_noise(patch: Image, rng: np.random.Generator) -> FloatArray:
    """Draws noise (h, w, 1) float32 as strong as that of the photograph."""
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
    noise = float(np.median(cv2.absdiff(grey, cv2.medianBlur(grey, 3)))) * 0.8 + 0.8
    grain = np.asarray(rng.standard_normal(grey.shape, np.float32) * noise)
    return np.asarray(cv2.GaussianBlur(grain, (3, 3), 0.6), np.float32)[..., None]


def _estimate_blur(image: Image, landmarks: FloatArray, size: float) -> float:
    """Estimates the blur (sigma of a Gaussian, pixels) of the photograph from the edges around the eyes.

    An edge with a blur of s keeps the share s / sqrt(s^2 + 1) of its squared gradient under a blur of 1.
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


def _cast_shadow(cover: FloatArray, size: float, rng: np.random.Generator) -> FloatArray:
    """Returns the shadow of the mask on the skin around and below it: (h, w) float32, 0 for none."""
    drop = np.array([[1, 0, rng.normal(0, 0.02) * size], [0, 1, rng.uniform(0.02, 0.07) * size]], np.float32)
    moved = cv2.warpAffine(cover, drop, (cover.shape[1], cover.shape[0]))
    return np.asarray(rng.uniform(0.25, 0.5) * cv2.GaussianBlur(moved, (0, 0), 0.05 * size + 0.3))


def _strap_colour(style: MaskStyle, rng: np.random.Generator) -> FloatArray:
    """Draws the colour of the straps, white or that of the mask: (3,) float32, BGR, 0 to 1."""
    own = np.asarray(style.colour, np.float32) / 255
    return own if style.kind in ("black", "cloth") or rng.random() < 0.25 else np.full(3, 0.9, np.float32)
