"""Random changes of training pictures that a camera, a codec or a room might have made.

All functions take and return (h, w, 3) uint8 arrays in BGR and draw from the generator that they are given.
Noise, blur, pixelation and JPEG are among the corruptions of ImageNet-C (arXiv 1903.12261).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from maskwatch.types import Image

_MIN_DEGRADED_FACE: Final = 24.0  # pixels; a smaller face would be lost
_BLOCKS_PER_FACE: Final = 12  # pixels that a face keeps in height at the strongest pixelation
_DARK_SHARE: Final = 0.12  # share of the pictures that look like a badly lit room
_GREY_SHARE: Final = 0.1  # share of the pictures without colour


def light(image: Image, rng: Generator) -> Image:
    """Changes brightness, contrast and gamma; sometimes as dark as a badly lit room."""
    gamma = np.exp(rng.normal(0, 0.3)) if rng.random() > _DARK_SHARE else rng.uniform(1.5, 3.0)
    gain, shift = np.exp(rng.normal(0, 0.15)), rng.normal(0, 0.06)
    table = (np.linspace(0, 1, 256) ** gamma - 0.5) * gain + 0.5 + shift
    return _lookup(image, table)


def colour(image: Image, rng: Generator) -> Image:
    """Changes colour cast and saturation, or removes all colour."""
    if rng.random() < _GREY_SHARE:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    mix = rng.uniform(0.4, 1.6)
    weights = np.array([0.114, 0.587, 0.299])
    matrix = np.eye(3) * mix + (1 - mix) * weights[None]
    matrix *= np.exp(rng.normal(0, 0.08, 3))[:, None]
    return np.asarray(cv2.transform(image, matrix), np.uint8)


def blur(image: Image, rng: Generator) -> Image:
    """Blurs as out of focus, or by motion."""
    if rng.random() < 0.5:
        sigma = rng.uniform(0.4, 1.6)
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1)
    turned = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    turned /= max(float(turned.sum()), 1e-6)
    return np.asarray(cv2.filter2D(image, -1, turned), np.uint8)


def noise(image: Image, rng: Generator) -> Image:
    """Adds sensor noise."""
    drawn = rng.normal(0, rng.uniform(2, 12), image.shape).astype(np.int16)
    return np.asarray(np.clip(image + drawn, 0, 255), np.uint8)


def jpeg(image: Image, rng: Generator) -> Image:
    """Compresses as JPEG, down to the quality of a cheap surveillance camera."""
    quality = int(rng.integers(20, 90))
    _, code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def downscale(image: Image, rng: Generator, min_side: int = 16) -> Image:
    """Shrinks a picture and enlarges it again, so that it looks like a small face that was enlarged.

    Args:
        image: (h, w, 3) uint8.
        rng: Draws the size.
        min_side: Smallest longer side after shrinking, pixels.
    """
    height, width = image.shape[:2]
    side = np.exp(rng.uniform(np.log(min_side), np.log(max(height, width))))
    factor = min(1.0, side / max(height, width))
    size = (max(4, round(width * factor)), max(4, round(height * factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    back = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), np.uint8)


def pixelate(image: Image, rng: Generator, max_block: float) -> Image:
    """Shrinks a picture and enlarges it again, mostly with visible blocks, as often in pictures from the web.

    Args:
        image: (h, w, 3) uint8.
        rng: Draws size and interpolation.
        max_block: Largest side of a block, pixels, above 1.3.
    """
    height, width = image.shape[:2]
    factor = np.exp(rng.uniform(np.log(1.3), np.log(max_block)))
    size = max(2, round(width / factor)), max(2, round(height / factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    back = cv2.INTER_NEAREST if rng.random() < 0.6 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), np.uint8)


def heavy_noise(image: Image, rng: Generator) -> Image:
    """Adds strong noise, fine or coarse, grey or coloured, as in a dark room."""
    height, width = image.shape[:2]
    step, planes = (1 if rng.random() < 0.6 else 2), (1 if rng.random() < 0.4 else 3)
    drawn = rng.normal(0, rng.uniform(12, 45), (-(-height // step), -(-width // step), planes))
    drawn = np.repeat(np.repeat(drawn, step, 0), step, 1)[:height, :width]
    return np.asarray(np.clip(image + drawn, 0, 255), np.uint8)


def degrade(image: Image, rng: Generator, face_height: float) -> Image:
    """Applies `pixelate` or `heavy_noise`, but only so strongly that a face can still be recognised.

    Args:
        image: (h, w, 3) uint8.
        rng: Draws which.
        face_height: Of the smallest face, pixels; below 24 the picture stays as it is.
    """
    if face_height < _MIN_DEGRADED_FACE:
        return image
    if rng.random() < 0.5:
        return pixelate(image, rng, face_height / _BLOCKS_PER_FACE)
    return heavy_noise(image, rng)


def erase(image: Image, rng: Generator) -> Image:
    """Covers a random part of a square picture with a plain rectangle (random erasing, arXiv 1708.04896)."""
    size = image.shape[0]
    width, height = (rng.uniform(0.1, 0.3, 2) * size).astype(int)
    x, y = rng.integers(0, size - width), rng.integers(0, size - height)
    image = image.copy()
    image[y : y + height, x : x + width] = rng.integers(0, 256, 3)
    return image


def photometric(image: Image, rng: Generator, strength: float = 1.0) -> Image:
    """Applies a random selection of `light`, `colour`, `blur`, `noise` and `jpeg`.

    Args:
        image: (h, w, 3) uint8.
        rng: Draws which and how.
        strength: Factor of the probability of each.
    """
    steps: tuple[tuple[float, Callable[[Image, Generator], Image]], ...] = (
        (0.6, light),
        (0.5, colour),
        (0.15, blur),
        (0.1, noise),
        (0.3, jpeg),
    )
    for probability, step in steps:
        if rng.random() < probability * strength:
            image = step(image, rng)
    return image


def _lookup(image: Image, table: np.ndarray) -> Image:
    return np.asarray(cv2.LUT(image, np.clip(table * 255, 0, 255).astype(np.uint8)), np.uint8)
