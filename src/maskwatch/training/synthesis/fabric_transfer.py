"""Takes the fabric of a real mask from one face, so that it can be painted on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from maskwatch.training.synthesis.mask_shape import COLUMNS, ROWS, FloatArray, place_sheet
from maskwatch.types import Image

# The part of the sheet that certainly shows mask, whatever its cut: near the rim there may be skin.
_ACROSS: Final = 0.8  # share of the width, around the middle
_TOP, _BOTTOM = 0.2, 0.92  # shares of the height

_DONOR_SIDE: Final = 100.0
"""Longer side, pixels, to which a face is reduced before its fabric is taken: about that of its new face."""

_BELOW_CHIN: Final = 0.3
"""Share of a donor's box that is added to its right and below it, because a mask may hang below the face."""

_UNKNOWN_BRIGHTNESS: Final = 127.0


@dataclass(frozen=True, slots=True)
class Donor:
    """A face with a correctly worn mask, whose fabric is taken.

    Attributes:
        image: (h, w, 3) uint8, BGR: the face and some of its surroundings.
        landmarks: (5, 2) float32 pixels of `image`, as `paint_mask` takes them.
    """

    image: Image
    landmarks: FloatArray


def cut_donor(picture: Image, box: FloatArray, landmarks: FloatArray) -> Donor:
    """Cuts a face with a correctly worn mask out of a picture, so that its fabric can be taken.

    Args:
        picture: (h, w, 3) uint8, BGR.
        box: (4,) x1, y1, x2, y2 of the face in pixels of the picture.
        landmarks: (5, 2) pixels of the picture, as `paint_mask` takes them.
    """
    low = np.maximum(box[:2].astype(int) - 2, 0)
    high = np.ceil(box[2:] + _BELOW_CHIN * (box[2:] - box[:2])).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    factor = min(1.0, _DONOR_SIDE / max(float((box[2:] - box[:2]).max()), 1.0))
    image = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return Donor(np.asarray(image, np.uint8), ((landmarks - low) * factor).astype(np.float32))


def sample_fabric(donor: Donor, u: FloatArray, v: FloatArray) -> FloatArray:
    """Samples the fabric of the donor's mask.

    Args:
        donor: The face with the mask.
        u: (h, w) from -1 (one side of the mask) to 1 (the other), for each pixel that is painted.
        v: (h, w) from 0 (upper edge) to 1 (lower edge).

    Returns:
        (h, w, 3) float32 BGR, 0 to 1, with the donor's light, folds and shadows.
    """
    sheet = place_sheet(donor.landmarks, "correct", "flat", "none", np.random.default_rng(0))
    columns = (np.clip(u, -1, 1) * _ACROSS + 1) / 2 * (COLUMNS - 1)
    rows = (_TOP + (_BOTTOM - _TOP) * np.clip(v, 0, 1)) * (ROWS - 1)
    places = cv2.remap(sheet.points, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    fabric = cv2.remap(donor.image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(fabric, np.float32) / 255


def face_brightness(image: Image, landmarks: FloatArray) -> float:
    """Returns the mean value, 0 to 255, around and above the eyes, where no mask is."""
    size = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    middle, limit = landmarks[:2].mean(0), np.array([image.shape[1], image.shape[0]])
    around = size * np.array([[-0.6, -0.6], [0.6, 0.1]]) + [[-1, -1], [1, 1]]
    low, high = np.clip(middle + around, 0, limit).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    return float(part.mean()) if part.size else _UNKNOWN_BRIGHTNESS
