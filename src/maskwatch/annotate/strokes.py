"""Frames, lines and letters, which all drawing is made of."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np

from maskwatch.annotate.styles import Style
from maskwatch.types import Image

Colour = tuple[int, int, int]
"""Blue, green, red, each 0 to 255."""

Segment = tuple[tuple[int, int], tuple[int, int]]
"""Both ends of a straight line in pixels."""

BLACK: Final = (0, 0, 0)
WHITE: Final = (255, 255, 255)

_UNIT: Final = 320  # shorter side, pixels, of a picture whose thin lines are one pixel thick
_FONTS = threading.local()  # a font face keeps a cache of glyphs and is not made to be shared


def unit_of(canvas: Image) -> float:
    """Returns the thickness of a thin line in pixels."""
    return float(max(1.0, min(canvas.shape[:2]) / _UNIT))


def draw_frame(canvas: Image, box: Sequence[int], style: Style, unit: float) -> None:
    """Draws the frame of a box: x1, y1, x2, y2 in pixels; `unit` as `unit_of` gives it."""
    x1, y1, x2, y2 = box
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    draw_segments(canvas, zip(corners, corners[1:] + corners[:1], strict=True), style, unit)


def draw_segments(canvas: Image, segments: Iterable[Segment], style: Style, unit: float) -> None:
    """Draws straight lines in a style."""
    segments = list(segments)
    line = max(1, round(unit * style.weight))
    # A dark rim keeps light lines visible on a light background.
    dash = round(8 * unit) if style.dashed else 0
    for colour, thickness in ((BLACK, line + 2), (style.colour, line)):
        for start, end in segments:
            _draw_line(canvas, start, end, colour, thickness, dash)


def _draw_line(
    canvas: Image, start: tuple[int, int], end: tuple[int, int], colour: Colour, thickness: int, dash: int
) -> None:
    """Draws a straight line; dashed with `dash` pixels on and off, solid where `dash` is 0."""
    if not dash:
        cv2.line(canvas, start, end, colour, thickness)
        return
    a, b = np.array(start, float), np.array(end, float)
    # An odd number of equal pieces, so that every corner is drawn.
    pieces = 2 * int(np.linalg.norm(b - a) / (2 * dash)) + 1
    points = np.rint(np.linspace(a, b, pieces + 1)).astype(int).tolist()
    for first, last in zip(points[0::2], points[1::2], strict=True):
        cv2.line(canvas, tuple(first), tuple(last), colour, thickness)


def text_colour(background: Colour) -> Colour:
    """Returns black or white, whichever has the higher contrast (WCAG relative luminance)."""
    blue, green, red = ((c / 255) ** 2.2 for c in background)
    # At a luminance of 0.179 both have the same contrast.
    return BLACK if 0.0722 * blue + 0.7152 * green + 0.2126 * red > 0.179 else WHITE


def font() -> cv2.FontFace:
    """Returns the font of all letters; each thread has its own."""
    if not hasattr(_FONTS, "sans"):
        _FONTS.sans = cv2.FontFace("sans")
    sans: cv2.FontFace = _FONTS.sans
    return sans


def text_width(text: str, letters: int) -> int:
    """Returns the width in pixels of a text with letters that are `letters` pixels high."""
    x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), font(), letters, weight=600)
    return int(x + width)
