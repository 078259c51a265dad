"""Real cloth for painted masks: the mask of another face, unrolled and laid anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from maskwatch.training.synthesis.mask_shape import COLUMNS, ROWS, Floats, lay
from maskwatch.types import Image

# The part of the sheet that is mask for certain, however the real one was cut: its rim may be skin.
_ACROSS: Final = 0.8
_TOP, _BOTTOM = 0.2, 0.92


@dataclass(frozen=True, slots=True)
class Donor:
    """A face with a mask worn as it should be.

    Attributes:
        image: (h, w, 3) uint8, BGR: the face and some of what is around it.
        landmarks: (5, 2) float32 pixels of `image`, as `paint_mask` takes them.
    """

    image: Image
    landmarks: Floats


def cloth_of(donor: Donor, u: Floats, v: Floats) -> Floats:
    """Looks up the donor's cloth.

    Args:
        donor: Whose.
        u: (h, w) from -1 (one side of the mask) to 1, for each pixel that is to be painted.
        v: (h, w) from 0 (upper edge) to 1.

    Returns:
        (h, w, 3) float32 BGR, 0 to 1: as it was lit there, folds and shadows included.
    """
    sheet = lay(donor.landmarks, "correct", "flat", "none", np.random.default_rng(0))
    columns = (np.clip(u, -1, 1) * _ACROSS + 1) / 2 * (COLUMNS - 1)
    rows = (_TOP + (_BOTTOM - _TOP) * np.clip(v, 0, 1)) * (ROWS - 1)
    places = cv2.remap(sheet.points, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    cloth = cv2.remap(donor.image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(cloth, np.float32) / 255


def brightness(image: Image, landmarks: Floats) -> float:
    """Mean grey value, 0 to 255, around and above the eyes, where no mask is."""
    size = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    middle, limit = landmarks[:2].mean(0), np.array([image.shape[1], image.shape[0]])
    around = size * np.array([[-0.6, -0.6], [0.6, 0.1]]) + [[-1, -1], [1, 1]]
    low, high = np.clip(middle + around, 0, limit).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    return float(part.mean()) if part.size else 127.0
