"""The styles in which painted masks are worn, correct and incorrect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.training.synthesis.mask_shape import EAR_TOP, FloatArray, MaskPosition, head_pose
from maskwatch.training.synthesis.masks import MaskStyle, visible_share
from maskwatch.types import LABELS

__all__ = ["WEARING_STYLES", "painted_state", "place_mask"]

WEARING_STYLES: Final = ("nose_out", "chin", "eyes", "nose_only", "hanging", "correct")
"""Below the nose, under the chin, over the eyes with the mouth free, over the nose only, hanging from one
ear, and over nose and mouth."""

_MIN_VISIBLE: Final = 0.5
"""Share of a mask that must lie in the picture; else the mask could not be recognised."""


def place_mask(
    wearing: str, shape: tuple[int, ...], landmarks: FloatArray, style: MaskStyle, rng: Generator
) -> tuple[FloatArray, MaskStyle, MaskPosition]:
    """Returns the arguments of `paint_mask` for a wearing style.

    A mask under the chin or hanging from an ear may lie mostly outside the picture. Then it is worn below the
    nose instead.

    Args:
        wearing: One of `WEARING_STYLES`.
        shape: Of the picture: (height, width, ...).
        landmarks: (5, 2) float32 pixels, as for `paint_mask`.
        style: The look of the mask.
        rng: Draws the differences.

    Returns:
        Landmarks, style and position for `paint_mask`.
    """
    if wearing == "eyes":
        return _moved_up(landmarks, rng.uniform(0.7, 1.0)), style, "correct"
    if wearing == "nose_only":
        return _shortened(landmarks, rng.uniform(0.42, 0.55)), style, "correct"
    if wearing == "hanging":
        moved, bare = _hanging(landmarks, rng), replace(style, straps="none")
        if visible_share(shape, moved, bare, "correct") >= _MIN_VISIBLE:
            return moved, bare, "correct"
        return landmarks, style, "nose_out"
    if wearing == "chin" and visible_share(shape, landmarks, style, "chin") >= _MIN_VISIBLE:
        return landmarks, style, "chin"
    return landmarks, style, "correct" if wearing == "correct" else "nose_out"


def painted_state(wearing: str) -> int:
    """Returns the state, an index into `LABELS`, of a face with a mask that is worn in one of the styles."""
    return LABELS.index("with_mask" if wearing == "correct" else "mask_worn_incorrectly")


def _moved_up(landmarks: FloatArray, share: float) -> NDArray[np.float32]:
    """Moves landmarks up the face by a share of the distance from mouth to eyes."""
    moved = landmarks + share * (landmarks[:2].mean(0) - landmarks[3:].mean(0))
    return np.asarray(moved, np.float32)


def _shortened(landmarks: FloatArray, share: float) -> NDArray[np.float32]:
    """Shortens the face below the eyes to a share of its length, so that the mask ends above the mouth."""
    eyes = landmarks[:2].mean(0)
    down = landmarks[3:].mean(0) - eyes
    depth = (landmarks - eyes) @ down / max(float(down @ down), 1e-6)
    return np.asarray(landmarks - (1 - share) * depth[:, None] * down, np.float32)


def _hanging(landmarks: FloatArray, rng: Generator) -> NDArray[np.float32]:
    """Turns landmarks about an ear, so that the mask hangs from it over cheek and jaw."""
    matrix, origin = head_pose(landmarks)
    side = float(rng.choice((-1.0, 1.0)))
    ear = (matrix @ (np.array(EAR_TOP, np.float32) * np.array([side, 1, 1], np.float32)) + origin)[:2]
    angle = -side * np.deg2rad(rng.uniform(30, 65))
    turn: NDArray[np.floating[Any]] = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )
    return np.asarray((landmarks - ear) @ turn.T + ear, np.float32)
