"""Shapes with smooth edges: drawn several times too large, then averaged to how far they cover each pixel."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.training.synthesis.mask_shape import FloatArray

SUPERSAMPLING: Final = 4
"""Factor by which shapes are drawn too large."""


def canvas(size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Returns an empty drawing, uint8, for a picture of shape (height, width, ...)."""
    return np.zeros((size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING), np.uint8)


def downsampled(drawn: NDArray[np.uint8]) -> FloatArray:
    """Returns the coverage (h, w) float32, 0 to 1, of a drawing in which shapes are filled with 255."""
    size = (drawn.shape[1] // SUPERSAMPLING, drawn.shape[0] // SUPERSAMPLING)
    return np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.float32) / 255


def blurred(cover: FloatArray, sigma: float) -> FloatArray:
    """Blurs the edges of a coverage (h, w) by `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(cover.astype(np.float32), (0, 0), sigma), np.float32)
