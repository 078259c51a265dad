"""The outline of a pasted person: head and shoulders, in units of the face. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LEFT, UP, DOWN = 1.0, 0.85, 1.35
"""How far a person reaches from the middle of the face: in widths to either side, in heights up and down."""

_GRID: Final = 11  # points a side at which a face is asked whether it is visible
_HEAD: Final = (0.78, 0.80, -0.06)  # half axes in widths and heights; centre in heights


def inside(u: NDArray[np.floating], v: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Says which points lie on a person.

    Args:
        u: Distance to the right of the middle of the face, in widths of the face; any shape.
        v: Distance below it, in heights of the face; same shape.

    Returns:
        Same shape, bool.
    """
    head = (u / _HEAD[0]) ** 2 + ((v - _HEAD[2]) / _HEAD[1]) ** 2 < 1
    width = np.clip(0.42 + 1.1 * (v - 0.5), 0, LEFT)
    shoulders = (v > 0.4) & (v < DOWN) & (np.abs(u) < width)
    return np.asarray(head | shoulders, np.bool_)


def face_points() -> tuple[Floats, Floats]:
    """Returns the points of a face, u and v as in `inside`, each (n,): a grid in the ellipse of its box."""
    line = (np.arange(_GRID, dtype=np.float32) + 0.5) / _GRID - 0.5
    u, v = np.meshgrid(line, line)
    within = u**2 + v**2 <= 0.25
    return u[within], v[within]
