"""The ways in which a painted mask is worn, right and wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.training.synthesis.mask_shape import EAR_TOP, Floats, Worn, head_pose
from maskwatch.training.synthesis.masks import MaskStyle, visible_share

__all__ = ["WAYS", "fit"]

WAYS: Final = ("nose_out", "chin", "eyes", "nose_only", "hanging", "correct")
"""Below the nose, under the chin, over the eyes with the mouth free, over the nose alone, hanging from one
ear, and as it should be."""

_ENOUGH: Final = 0.5
"""Share of a mask that must lie in the picture; else nobody could say that there is one."""


def fit(
    way: str, shape: tuple[int, ...], landmarks: Floats, style: MaskStyle, rng: Generator
) -> tuple[Floats, MaskStyle, Worn]:
    """What `paint_mask` is to be given for a way of wearing a mask.

    Args:
        way: One of `WAYS`.
        shape: The picture's (height, width, ...).
        landmarks: (5, 2) float32 pixels, as `paint_mask` takes them.
        style: The look of the mask.
        rng: Draws the differences.

    Returns:
        Landmarks, style and way for `paint_mask`. Where the picture ends before the place of a mask under the
        chin or hanging, it is worn below the nose instead.
    """
    if way == "eyes":
        return _higher(landmarks, rng.uniform(0.7, 1.0)), style, "correct"
    if way == "nose_only":
        return _narrower(landmarks, rng.uniform(0.42, 0.55)), style, "correct"
    if way == "hanging":
        moved, bare = _hanging(landmarks, rng), replace(style, straps="none")
        if visible_share(shape, moved, bare, "correct") >= _ENOUGH:
            return moved, bare, "correct"
        return landmarks, style, "nose_out"
    if way == "chin" and visible_share(shape, landmarks, style, "chin") >= _ENOUGH:
        return landmarks, style, "chin"
    return landmarks, style, "correct" if way == "correct" else "nose_out"


def _higher(landmarks: Floats, share: float) -> NDArray[np.float32]:
    """Landmarks moved up the face by a share of the way from mouth to eyes."""
    moved = landmarks + share * (landmarks[:2].mean(0) - landmarks[3:].mean(0))
    return np.asarray(moved, np.float32)


def _narrower(landmarks: Floats, share: float) -> NDArray[np.float32]:
    """Landmarks of a face that is only a share as long below the eyes: a mask on it ends above the mouth."""
    eyes = landmarks[:2].mean(0)
    down = landmarks[3:].mean(0) - eyes
    depth = (landmarks - eyes) @ down / max(float(down @ down), 1e-6)
    return np.asarray(landmarks - (1 - share) * depth[:, None] * down, np.float32)


def _hanging(landmarks: Floats, rng: Generator) -> NDArray[np.float32]:
    """Landmarks turned about the ear from which the mask hangs: it lies on cheek and jaw, aslant."""
    matrix, origin = head_pose(landmarks)
    side = float(rng.choice((-1.0, 1.0)))
    ear = (matrix @ (np.array(EAR_TOP, np.float32) * np.array([side, 1, 1], np.float32)) + origin)[:2]
    angle = -side * np.deg2rad(rng.uniform(30, 65))
    turn: NDArray[np.floating[Any]] = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )
    return np.asarray((landmarks - ear) @ turn.T + ear, np.float32)
