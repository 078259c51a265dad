"""Draws what an answer rests on: a face beside the same face under a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.annotate.faces import outline
from maskwatch.annotate.strokes import BLACK, WHITE, font, text_width
from maskwatch.types import Image

_HEAT: Final = cv2.COLORMAP_VIRIDIS  # even in lightness, and readable with any kind of colour blindness
_PANEL: Final = 320  # side of each picture of a heat map, pixels
_GAP: Final = 8  # between its parts, pixels
_LETTERS: Final = 15  # height of its letters, pixels


def heat_map(
    view: Image,
    box: Sequence[float],
    heat: NDArray[np.float32],
    top: float,
    lines: Sequence[str],
    scale: Sequence[str],
) -> Image:
    """Draws a face, the same face under a heat map beside it, and a legend below.

    Colour is not the only sign: a contour surrounds the strong half, and the legend explains it in words.

    Args:
        view: (s, s, 3) uint8, BGR: the face and its surroundings.
        box: x1, y1, x2, y2 of the face in pixels of `view`.
        heat: (s, s) float.
        top: The heat with the strongest colour, above 0; the contour is at half of it.
        lines: Text below the pictures; long lines are wrapped.
        scale: Text at the weak and at the strong end of the colour scale.

    Returns:
        (h, w, 3) uint8, BGR; its size does not depend on that of `view`.
    """
    size = (_PANEL, _PANEL)
    face = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    share = cv2.resize(np.clip(heat / top, 0, 1).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    colours = cv2.applyColorMap((255 * share).astype(np.uint8), _HEAT)
    cover = (0.25 + 0.45 * share)[..., None]
    hot = np.asarray(grey * (1 - cover) + colours * cover, np.uint8)
    contours, _ = cv2.findContours((share >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for colour, thickness in ((BLACK, 5), (WHITE, 2)):
        cv2.drawContours(hot, contours, -1, colour, thickness)
    factor = _PANEL / view.shape[0]
    face = outline(face, [factor * side for side in box])
    pictures = np.hstack([face, np.full((_PANEL, _GAP, 3), 255, np.uint8), hot])
    legend = _legend(pictures.shape[1], lines, scale)
    return np.asarray(np.vstack([pictures, legend]), np.uint8)


def _legend(width: int, lines: Sequence[str], scale: Sequence[str]) -> Image:
    """Draws the colour scale with its meaning, then the lines, black on white."""
    wrapped = [part for line in lines for part in _wrapped(line, width - 2 * _GAP)]
    row = _LETTERS + _GAP
    canvas = np.full((row * (len(wrapped) + 1) + _GAP, width, 3), 255, np.uint8)
    weak, strong = scale
    left = _GAP + text_width(weak, _LETTERS) + _GAP
    right = width - 2 * _GAP - text_width(strong, _LETTERS)
    ramp = np.linspace(0, 255, max(right - left, 1)).astype(np.uint8)[None]
    canvas[_GAP : _GAP + _LETTERS, left : left + ramp.shape[1]] = cv2.applyColorMap(ramp, _HEAT)
    texts = [
        (weak, _GAP, 0),
        (strong, right + _GAP, 0),
        *((t, _GAP, n) for n, t in enumerate(wrapped, start=1)),
    ]
    for text, x, number in texts:
        at = (x, _GAP + number * row + round(0.85 * _LETTERS))
        cv2.putText(canvas, text, at, BLACK, font(), _LETTERS, weight=500)
    return canvas


def _wrapped(text: str, width: int) -> list[str]:
    """Wraps text between words into lines of at most `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, _LETTERS) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
