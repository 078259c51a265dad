"""Measures how well a face can be seen in a crop: brightness and sharpness. Pure."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.types import Image

_NOISE = 25.0  # grey levels squared: sensor noise does not count as detail in a flat, dark crop


def luminance(crops: Image, margin: float) -> NDArray[np.float32]:
    """Returns the mean brightness of each face.

    Args:
        crops: (n, s, s, 3) uint8, BGR, as from `maskwatch.geometry.crop_square`.
        margin: The margin they were cut with; only the box itself is measured.

    Returns:
        (n,) float32 in [0, 255].
    """
    return np.array([grey.mean() for grey in _greys(crops, margin)], np.float32)


def sharpness(crops: Image, margin: float) -> NDArray[np.float32]:
    """Returns the fine detail of each face: variance of the Laplacian over variance of the grey values.

    The ratio does not change with light and contrast. It falls with blur, and with enlargement, since
    an enlarged crop has no detail at the scale of its pixels. After "variance of Laplacian" in
    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    Args:
        crops: (n, s, s, 3) uint8, BGR.
        margin: As in `luminance`.

    Returns:
        (n,) float32, from 0 (no detail) up to about 20 (noise).
    """
    return np.array(
        [
            cv2.Laplacian(grey, cv2.CV_16S, ksize=1).var() / (grey.var() + _NOISE)
            for grey in _greys(crops, margin)
        ],
        np.float32,
    )


def _greys(crops: Image, margin: float) -> list[NDArray[np.uint8]]:
    size = crops.shape[1]
    border = min(round(size * (1 - 1 / margin) / 2), size // 2 - 1) if margin > 1 else 0
    return [
        np.asarray(cv2.cvtColor(crop[border : size - border, border : size - border], cv2.COLOR_BGR2GRAY))
        for crop in crops
    ]
