"""Draws faces, frames and heat maps on pictures. All drawing of results happens here.

Colour is never the only sign: each state has its own text, symbol and line. The colours are those of Okabe
and Ito, which people with any kind of colour blindness can tell apart.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.captions import Rectangle, place
from maskwatch.labels import FACE, NAMES, SYMBOLS
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.zones import Zone, ZoneKind
from maskwatch.types import Faces, Image, Label


@dataclass(frozen=True, slots=True)
class Style:
    """How a state is drawn.

    Attributes:
        text: The name of the state for people.
        colour: Blue, green, red, each 0 to 255.
        symbol: One character.
        weight: Thickness of the line, as a multiple of the usual one.
        dashed: Whether the line is dashed.
    """

    text: str
    colour: tuple[int, int, int]
    symbol: str
    weight: float = 1.0
    dashed: bool = False

    @property
    def css(self) -> str:
        """The colour in CSS: #rrggbb."""
        blue, green, red = self.colour
        return f"#{red:02x}{green:02x}{blue:02x}"


STYLES: Final[dict[Label, Style]] = {
    "with_mask": Style(NAMES["with_mask"], (115, 158, 0), SYMBOLS["with_mask"]),
    "without_mask": Style(NAMES["without_mask"], (0, 94, 213), SYMBOLS["without_mask"], weight=2.0),
    "mask_worn_incorrectly": Style(
        NAMES["mask_worn_incorrectly"], (66, 228, 240), SYMBOLS["mask_worn_incorrectly"], weight=1.5
    ),
}
UNCERTAIN: Final = Style("Unsure", (200, 200, 200), "?", dashed=True)
UNCLASSIFIED: Final = Style(FACE, (233, 180, 86), "")
ZONES: Final[dict[ZoneKind, Style]] = {
    "zone": Style("Zone", (167, 121, 204), ""),
    "line": Style("Line", (167, 121, 204), "→", weight=1.5),
    "ignore": Style("Ignored", (200, 200, 200), "", dashed=True),
}
_PLACE: Final = Style("", (255, 255, 255), "", weight=1.5, dashed=True)

_HEAT: Final = cv2.COLORMAP_VIRIDIS  # even in lightness, and readable with any kind of colour blindness
_PANEL: Final = 320  # side of each picture of a heat map, pixels
_GAP: Final = 8  # between its parts, pixels
_LETTERS: Final = 15  # height of its letters, pixels
_SMALLEST_LETTERS: Final = 6  # pixels; smaller ones cannot be read
_UNIT: Final = 320  # shorter side, pixels, of a picture whose thin lines are one pixel thick

_BLACK: Final = (0, 0, 0)
_WHITE: Final = (255, 255, 255)
_Segment = tuple[tuple[int, int], tuple[int, int]]
"""Both ends of a straight line in pixels."""
_FONTS = threading.local()  # a font face keeps a cache of glyphs and is not made to be shared


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """What is drawn for one face."""

    box: Rectangle
    style: Style
    text: str
    short: str


@dataclass(frozen=True, slots=True)
class _Caption:
    """A caption with its place; `letters` and `pad` in pixels."""

    text: str
    letters: int
    pad: int
    style: Style
    place: Rectangle


def annotate(image: Image, faces: Faces, numbered: bool = False) -> Image:
    """Draws the faces on a copy of the picture.

    A certain face gets its state and the probability. An uncertain face gets a dashed frame and a question
    mark after the most probable state. Captions stand where they hide least of other faces and captions (see
    `maskwatch.captions`). Lines and letters grow with the picture.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        faces: The faces detected in it.
        numbered: Also write the number of each face, from 1, so that a table can refer to it.

    Returns:
        (h, w, 3) uint8, BGR.
    """
    canvas = image.copy()
    certain = faces.certain
    marks: list[_Mark] = []
    for i in np.argsort(-faces.scores, kind="stable"):
        label = faces.labels[i]
        if faces.probabilities is None or label is None:
            style, text, short = UNCLASSIFIED, f"Face {faces.scores[i]:.0%}", f"{faces.scores[i]:.0%}"
        else:
            share = f"{faces.probabilities[i].max():.0%}"
            style = STYLES[label] if certain[i] else UNCERTAIN
            doubt = "" if certain[i] else "?"
            text = f"{STYLES[label].symbol if certain[i] else '?'} {STYLES[label].text}{doubt} {share}"
            short = f"{STYLES[label].symbol}{doubt}"
        if numbered:
            text, short = f"{i + 1} {text}", f"{i + 1}{short}"
        x1, y1, x2, y2 = (round(float(v)) for v in faces.boxes[i])
        marks.append(_Mark((x1, y1, x2, y2), style, text, short))
    # The best faces choose their captions' places first; frames and captions of the best are drawn last.
    captions: list[_Caption] = []
    for mark in marks:
        others = [other.box for other in marks if other is not mark]
        if (caption := _caption(canvas, mark, others, [other.place for other in captions])) is not None:
            captions.append(caption)
    for mark in reversed(marks):
        _draw_frame(canvas, mark.box, mark.style, _unit(canvas))
    for caption in reversed(captions):
        _draw_caption(canvas, caption)
    return canvas


def outline(image: Image, box: Sequence[float]) -> Image:
    """Draws a dashed white frame on a copy of the picture: it marks a place and says nothing about its state.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        box: x1, y1, x2, y2 in pixels.

    Returns:
        (h, w, 3) uint8, BGR.
    """
    canvas = image.copy()
    _draw_frame(canvas, [round(float(v)) for v in box], _PLACE, _unit(canvas))
    return canvas


def draw_zones(canvas: Image, zones: Iterable[Zone], counts: PeopleCounts | None = None) -> Image:
    """Draws zones, lines and areas to be ignored onto the picture itself, with their names and counts.

    An arrow across a line points forward. Draw the zones before the faces, so that these stay whole.

    Args:
        canvas: (h, w, 3) uint8, BGR; drawn on.
        zones: What to draw.
        counts: Written beside the names; None writes the names alone.

    Returns:
        The same array.
    """
    height, width = canvas.shape[:2]
    captions: list[_Caption] = []
    for zone in zones:
        style = ZONES[zone.kind]
        points = [(round(x), round(y)) for x, y in zone.corners((width - 1, height - 1))]
        ends = points[1:] + ([] if zone.kind == "line" else points[:1])
        segments = list(zip(points, ends, strict=False))
        if zone.kind == "line":
            segments += _arrow(points, 12 * _unit(canvas))
        _draw_segments(canvas, segments, style, _unit(canvas))
        x, y = min(points, key=lambda point: (point[1], point[0]))
        mark = _Mark((x, y, x + width, y), style, _zone_text(zone, counts), zone.name)
        if (caption := _caption(canvas, mark, [], [other.place for other in captions])) is not None:
            captions.append(caption)
    for caption in captions:
        _draw_caption(canvas, caption)
    return canvas


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
    for colour, thickness in ((_BLACK, 5), (_WHITE, 2)):
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
    left = _GAP + _text_width(weak, _LETTERS) + _GAP
    right = width - 2 * _GAP - _text_width(strong, _LETTERS)
    ramp = np.linspace(0, 255, max(right - left, 1)).astype(np.uint8)[None]
    canvas[_GAP : _GAP + _LETTERS, left : left + ramp.shape[1]] = cv2.applyColorMap(ramp, _HEAT)
    texts = [
        (weak, _GAP, 0),
        (strong, right + _GAP, 0),
        *((t, _GAP, n) for n, t in enumerate(wrapped, start=1)),
    ]
    for text, x, number in texts:
        at = (x, _GAP + number * row + round(0.85 * _LETTERS))
        cv2.putText(canvas, text, at, _BLACK, _font(), _LETTERS, weight=500)
    return canvas


def _wrapped(text: str, width: int) -> list[str]:
    """Wraps text between words into lines of at most `width` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _text_width(longer, _LETTERS) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _zone_text(zone: Zone, counts: PeopleCounts | None) -> str:
    if zone.kind == "ignore":
        return f"{zone.name}: ignored"
    if counts is not None and (people := counts.zones.get(zone.name)) is not None:
        return f"{zone.name}: {people.now.total} now, {people.so_far.total} so far"
    if counts is not None and (passed := counts.lines.get(zone.name)) is not None:
        return f"{zone.name}: {passed.forward} forward, {passed.backward} back"
    return zone.name


def _arrow(points: Sequence[tuple[int, int]], length: float) -> list[_Segment]:
    """Returns an arrow across the middle of a line's longest part, from its left side to its right."""
    start, end = max(pairwise(points), key=lambda part: math.dist(*part))
    along = np.subtract(end, start) / max(math.dist(start, end), 1)
    across, middle = np.array([-along[1], along[0]]), np.add(start, end) / 2
    tip = middle + length * across
    wings = [tip - 0.5 * length * across + side * 0.5 * length * along for side in (-1, 1)]
    (x, y), *others = ((round(float(x)), round(float(y))) for x, y in (tip, middle - length * across, *wings))
    return [((x, y), other) for other in others]


def _unit(canvas: Image) -> float:
    """Returns the thickness of a thin line in pixels."""
    return float(max(1.0, min(canvas.shape[:2]) / _UNIT))


def _draw_frame(canvas: Image, box: Sequence[int], style: Style, unit: float) -> None:
    x1, y1, x2, y2 = box
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    _draw_segments(canvas, zip(corners, corners[1:] + corners[:1], strict=True), style, unit)


def _draw_segments(canvas: Image, segments: Iterable[_Segment], style: Style, unit: float) -> None:
    segments = list(segments)
    line = max(1, round(unit * style.weight))
    # A dark rim keeps light lines visible on a light background.
    dash = round(8 * unit) if style.dashed else 0
    for colour, thickness in ((_BLACK, line + 2), (style.colour, line)):
        for start, end in segments:
            _line(canvas, start, end, colour, thickness, dash)


def _line(
    canvas: Image,
    start: tuple[int, int],
    end: tuple[int, int],
    colour: tuple[int, int, int],
    thickness: int,
    dash: int,
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


def _caption(
    canvas: Image, mark: _Mark, others: Sequence[Rectangle], taken: Sequence[Rectangle]
) -> _Caption | None:
    """Returns the caption of a face and its place; None where the picture has no room for letters."""
    height, width = canvas.shape[:2]
    letters = int(min(max(12.0, 12 * _unit(canvas)), height / 2))
    if letters < _SMALLEST_LETTERS:
        return None
    pad = max(1, letters // 5)
    room = min(width, max(3 * (mark.box[2] - mark.box[0]), letters))
    # In a crowd long labels would hide the neighbours: small faces get only the symbol.
    text = mark.text if _text_width(mark.text, letters) + 2 * pad <= room else mark.short
    while letters > _SMALLEST_LETTERS and _text_width(text, letters) + 2 * pad > width:
        letters -= 1
    size = (min(_text_width(text, letters) + 2 * pad, width), min(letters + 2 * pad, height))
    return _Caption(text, letters, pad, mark.style, place(size, mark.box, (width, height), others, taken))


def _draw_caption(canvas: Image, caption: _Caption) -> None:
    left, top, right, bottom = caption.place
    colour = caption.style.colour
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), colour, cv2.FILLED)
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), _BLACK, 1)
    cv2.putText(
        canvas,
        caption.text,
        (left + caption.pad, top + caption.pad + round(caption.letters * 0.85)),
        _text_colour(colour),
        _font(),
        caption.letters,
        weight=600,
    )


def _text_colour(background: tuple[int, int, int]) -> tuple[int, int, int]:
    """Returns black or white, whichever has the higher contrast (WCAG relative luminance)."""
    blue, green, red = ((c / 255) ** 2.2 for c in background)
    # At a luminance of 0.179 both have the same contrast.
    return _BLACK if 0.0722 * blue + 0.7152 * green + 0.2126 * red > 0.179 else _WHITE


def _font() -> cv2.FontFace:
    if not hasattr(_FONTS, "sans"):
        _FONTS.sans = cv2.FontFace("sans")
    font: cv2.FontFace = _FONTS.sans
    return font


def _text_width(text: str, letters: int) -> int:
    x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _font(), letters, weight=600)
    return int(x + width)
