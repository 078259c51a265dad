"""Draws zones, lines and areas to be ignored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from maskwatch.annotate.strokes import BLACK, WHITE, draw_path, font, unit_of
from maskwatch.annotate.styles import Style
from maskwatch.people.zones import Zone
from maskwatch.types import Image

_EDGE: Final = Style("", WHITE, "")
_IGNORED: Final = Style("", WHITE, "", dashed=True)
_ARROW: Final = 12  # length of the arrow on a line, thin lines


def draw_zones(canvas: Image, zones: Sequence[Zone]) -> None:
    """Draws each zone with its name.

    A zone has a solid edge, an area to be ignored a dashed one. A line has an arrow in its middle, which
    shows what "forward" is.

    Args:
        canvas: (h, w, 3) uint8, BGR; changed.
        zones: Their points are shares of the picture's width and height.
    """
    height, width = canvas.shape[:2]
    unit = unit_of(canvas)
    for zone in zones:
        points = [(round(x), round(y)) for x, y in zone.corners((width - 1, height - 1)).tolist()]
        draw_path(
            canvas, points, _IGNORED if zone.kind == "ignore" else _EDGE, unit, closed=zone.kind != "line"
        )
        if zone.kind == "line":
            _draw_arrow(canvas, points, unit)
        _draw_name(canvas, f"{zone.name} (ignored)" if zone.kind == "ignore" else zone.name, points, unit)


def _draw_arrow(canvas: Image, points: Sequence[tuple[int, int]], unit: float) -> None:
    """Draws the arrow from the left side of a line to its right, as seen when walking along it."""
    path = np.array(points, float)
    steps = np.diff(path, axis=0)
    lengths = np.hypot(*steps.T)
    if not lengths.any():
        return
    piece = int(lengths.argmax())  # of a bent line the longest piece
    middle = (path[piece] + path[piece + 1]) / 2
    along = steps[piece] / lengths[piece]
    tip = middle + _ARROW * unit * np.array([-along[1], along[0]])  # y goes down: this is to the right
    start, end = (tuple(np.rint(point).astype(int).tolist()) for point in (middle, tip))
    for colour, thickness in ((BLACK, round(unit) + 2), (WHITE, round(unit))):
        cv2.arrowedLine(canvas, start, end, colour, thickness, tipLength=0.5)


def _draw_name(canvas: Image, name: str, points: Sequence[tuple[int, int]], unit: float) -> None:
    """Writes the name below the highest point, inside the picture."""
    letters = int(max(12.0, 10 * unit))
    x, y = min(points, key=lambda point: (point[1], point[0]))
    _, _, wide, _ = cv2.getTextSize((0, 0), name, (0, 0), font(), letters, weight=500)
    left = max(0, min(x + letters // 2, canvas.shape[1] - wide))
    base = max(letters, min(y + 3 * letters // 2, canvas.shape[0] - letters // 3))
    step = max(1, round(unit))
    # White letters with a dark rim are read on any ground, and need no plate that hides the picture.
    for dx, dy in ((-step, 0), (step, 0), (0, -step), (0, step)):
        cv2.putText(canvas, name, (left + dx, base + dy), BLACK, font(), letters, weight=500)
    cv2.putText(canvas, name, (left, base), WHITE, font(), letters, weight=500)
