"""Outlines with smooth edges: drawn several times too large, and shrunk to how far they cover each pixel."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.training.synthesis.mask_shape import Floats

FINER: Final = 4
"""How many times too large outlines are drawn."""


def canvas(size: tuple[int, ...]) -> NDArray[np.uint8]:
    """An empty one for a picture of (height, width, ...)."""
    return np.zeros((size[0] * FINER, size[1] * FINER), np.uint8)


def shrunk(drawn: NDArray[np.uint8]) -> Floats:
    """(h, w) float32, 0 to 1, of a canvas whose outlines are filled with 255."""
    size = (drawn.shape[1] // FINER, drawn.shape[0] // FINER)
    return np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.float32) / 255


def soft(cover: Floats, sigma: float) -> Floats:
    """A cover (h, w) with blurred edges."""
    return np.asarray(cv2.GaussianBlur(cover.astype(np.float32), (0, 0), sigma), np.float32)
