"""Reduces pictures of 16 bits, 32 bits or floating point to 8 bits."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_ROWS: Final = 256  # rows that are converted at once: bounds the memory
_SAMPLES: Final = 1_000_000  # values that the range is estimated from
_LEAST_USED: Final = 0.25  # share of the range; what uses less is stretched
_PERCENTILES: Final = (0.5, 99.5)


def to_8_bits(values: NDArray[np.generic], name: str = "picture") -> NDArray[np.uint8]:
    """Scales grey values or colours to uint8.

    Integers count from 0 to 65535, floats from 0 to 1, or to 255 if any is larger. Values that use less than
    a quarter of that, or go beyond it, are stretched from their lowest to their highest percentile: sensors
    of 10 bits, thermal cameras. The log tells it.

    Args:
        values: (h, w) or (h, w, c) integers or floats.
        name: Of the picture, for the log.

    Returns:
        uint8 of the same shape.
    """
    step = max(1, round((values.size / _SAMPLES) ** 0.5))
    sample = np.nan_to_num(values[::step, ::step].astype(np.float64), posinf=0, neginf=0)
    top = 65535.0
    if values.dtype.kind == "f":
        top = 1.0 if np.nanmax(np.nan_to_num(values), initial=0) <= 1 else 255.0
    low, high = (float(value) for value in np.percentile(sample, _PERCENTILES))
    stretched = high > low and (high - low < _LEAST_USED * top or high > top or low < 0)
    if stretched:
        _LOG.info("%s: its values use only %g to %g of 0 to %g, and are stretched", name, low, high, top)
    else:
        low, high = 0.0, top
    result = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), _ROWS):
        rows = np.nan_to_num(values[start : start + _ROWS].astype(np.float32))
        if values.dtype.kind != "f" and not stretched:
            result[start : start + _ROWS] = np.clip(rows, 0, 65535) // 256
        else:
            result[start : start + _ROWS] = np.clip((rows - low) * (255 / (high - low)), 0, 255)
    return result
