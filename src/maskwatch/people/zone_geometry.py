"""Where points lie with respect to polygons and lines. Pure functions on numpy arrays.

All points are x to the right, y down. Any unit does, as long as all arguments of a call share it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(n, 2) float64: x, y."""

_NUDGE: Final = np.array([0.7548776662e-6, 0.5698402910e-6])
"""Moves a line so little that nobody sees it, so that no path leads exactly through one of its corners."""


def inside(points: Points, polygon: Points) -> NDArray[np.bool_]:
    """Says which points lie in a polygon, by the even-odd rule.

    The polygon may be concave and may cross itself: what it encloses twice is outside. Of its edges the left
    and the upper ones belong to it, the right and the lower ones do not, so that a point on an edge that two
    polygons share lies in exactly one of them.

    M. Shimrat, Algorithm 112: position of point relative to polygon, Communications of the ACM 5, 1962.

    Args:
        points: (n, 2).
        polygon: (m, 2) corners in order; the last one is joined to the first.

    Returns:
        (n,) bool.
    """
    starts, ends = polygon, np.roll(polygon, -1, axis=0)
    # Each edge from its upper end to its lower one: two polygons that share it get the very same sums.
    turned = (starts[:, 1] > ends[:, 1])[:, None]
    upper, lower = np.where(turned, ends, starts), np.where(turned, starts, ends)
    x, y = points[:, :1], points[:, 1:]
    at_height = (upper[:, 1] <= y) & (y < lower[:, 1])
    to_the_right = (lower - upper)[:, 0] * (y - upper[:, 1]) > (lower - upper)[:, 1] * (x - upper[:, 0])
    return np.asarray(np.count_nonzero(at_height & to_the_right, axis=1) % 2 == 1, np.bool_)


def distance(points: Points, line: Points) -> NDArray[np.float64]:
    """Returns how far each point is from a line.

    Args:
        points: (n, 2).
        line: (m, 2), m at least 2: its points in order; a closed one ends where it begins.

    Returns:
        (n,) float64.
    """
    starts, along = line[:-1], np.diff(line, axis=0)
    away = points[:, None] - starts
    lengths = np.maximum((along**2).sum(axis=1), np.finfo(np.float64).tiny)  # points may coincide
    share = np.clip((away * along).sum(axis=2) / lengths, 0.0, 1.0)
    nearest = away - share[..., None] * along
    return np.asarray(np.sqrt((nearest**2).sum(axis=2)).min(axis=1), np.float64)


def crossings(before: Points, after: Points, line: Points) -> NDArray[np.int64]:
    """Counts how often straight steps cross a line: from its left side to its right +1, the other way -1.

    Left and right are those of somebody who walks along the line from its first point to its last and sees
    the picture from above.

    Args:
        before: (n, 2) where each step begins.
        after: (n, 2) where it ends.
        line: (m, 2), m at least 2: its points in order.

    Returns:
        (n,) int64, the sum over the parts of the line: 0 for a step that crosses it there and back.
    """
    line = line + _NUDGE
    starts, along = line[:-1], np.diff(line, axis=0)
    steps = (after - before)[:, None]
    to_right = (_turn(along, after[:, None] - starts) >= 0).astype(np.int64)
    to_right -= _turn(along, before[:, None] - starts) >= 0
    # A step that changes sides crosses the part only if its ends lie on different sides of the step.
    first = _turn(steps, line[:-1] - before[:, None]) >= 0
    last = _turn(steps, line[1:] - before[:, None]) >= 0
    return np.asarray((to_right * (first != last)).sum(axis=1), np.int64)


def _turn(a: Points, b: Points) -> NDArray[np.float64]:
    """Returns the cross product: positive where `b` points to the right of `a` (y is down)."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0], np.float64)
