"""Random changes to training pictures that a camera, a codec or a room might have made.

All take and give BGR uint8 arrays and draw from the generator that they are given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator

from maskwatch.types import Image

_SMALLEST: Final = 24.0


def light(image: Image, rng: Generator) -> Image:
    """Brightness, contrast and gamma, now and then as dark as a badly lit room."""
    gamma = np.exp(rng.normal(0, 0.3)) if rng.random() > 0.12 else rng.uniform(1.5, 3.0)
    gain, shift = np.exp(rng.normal(0, 0.15)), rng.normal(0, 0.06)
    table = (np.linspace(0, 1, 256) ** gamma - 0.5) * gain + 0.5 + shift
    return _lookup(image, table)


def colour(image: Image, rng: Generator) -> Image:
    """Colour cast, saturation, or no colour at all."""
    if rng.random() < 0.1:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    mix = rng.uniform(0.4, 1.6)
    weights = np.array([0.114, 0.587, 0.299])
    matrix = np.eye(3) * mix + (1 - mix) * weights[None]
    matrix *= np.exp(rng.normal(0, 0.08, 3))[:, None]
    return np.asarray(cv2.transform(image, matrix), np.uint8)


def blur(image: Image, rng: Generator) -> Image:
    """Out of focus, or moved."""
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
    """Sensor noise."""
    grain = rng.normal(0, rng.uniform(2, 12), image.shape).astype(np.int16)
    return np.asarray(np.clip(image + grain, 0, 255), np.uint8)


def jpeg(image: Image, rng: Generator) -> Image:
    """Compression, down to the quality of a cheap surveillance camera."""
    quality = int(rng.integers(20, 90))
    _, code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def shrink(image: Image, rng: Generator, least: int = 16) -> Image:
    """Fewer pixels, brought back to the old size: as a small face in a picture looks when enlarged."""
    height, width = image.shape[:2]
    side = np.exp(rng.uniform(np.log(least), np.log(max(height, width))))
    factor = min(1.0, side / max(height, width))
    size = (max(4, round(width * factor)), max(4, round(height * factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    back = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), np.uint8)


def pixelate(image: Image, rng: Generator, most: float) -> Image:
    """Enlarged from fewer pixels, mostly so that these can be seen: as pictures from the web often are.

    Args:
        image: (h, w, 3) uint8.
        rng: Draws how.
        most: Largest side of such a pixel, in pixels of the picture, above 1.3.
    """
    height, width = image.shape[:2]
    factor = np.exp(rng.uniform(np.log(1.3), np.log(most)))
    size = max(2, round(width / factor)), max(2, round(height / factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    back = cv2.INTER_NEAREST if rng.random() < 0.6 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), np.uint8)


def grain(image: Image, rng: Generator) -> Image:
    """Strong noise, fine or coarse, grey or coloured: a dark room, or a picture that was made noisy."""
    height, width = image.shape[:2]
    step, planes = (1 if rng.random() < 0.6 else 2), (1 if rng.random() < 0.4 else 3)
    drawn = rng.normal(0, rng.uniform(12, 45), (-(-height // step), -(-width // step), planes))
    drawn = np.repeat(np.repeat(drawn, step, 0), step, 1)[:height, :width]
    return np.asarray(np.clip(image + drawn, 0, 255), np.uint8)


def spoil(image: Image, rng: Generator, face: float) -> Image:
    """`pixelate` or `grain`, as far as a face can still be seen.

    Args:
        image: (h, w, 3) uint8.
        rng: Draws what.
        face: Height of the smallest face, in pixels; under 24 nothing is done.
    """
    if face < _SMALLEST:
        return image
    return pixelate(image, rng, face / 12) if rng.random() < 0.5 else grain(image, rng)


def photometric(image: Image, rng: Generator, strength: float = 1.0) -> Image:
    """A random selection of the above; `strength` scales how often each is drawn."""
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
