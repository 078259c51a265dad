"""Draws zones, lines and areas to be ignored, with their names and counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from maskwatch.annotate.marks import Caption, Mark, draw_caption, place_caption
from maskwatch.annotate.strokes import Segment, draw_segments, unit_of
from maskwatch.annotate.styles import Style
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.zones import Zone, ZoneKind
from maskwatch.types import Image

ZONES: Final[dict[ZoneKind, Style]] = {
    "zone": Style("Zone", (167, 121, 204), ""),
    "line": Style("Line", (167, 121, 204), "→", weight=1.5),
    "ignore": Style("Ignored", (200, 200, 200), "", dashed=True),
}


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
    captions: list[Caption] = []
    for zone in zones:
        style = ZONES[zone.kind]
        points = [(round(x), round(y)) for x, y in zone.corners((width - 1, height - 1))]
        ends = points[1:] + ([] if zone.kind == "line" else points[:1])
        segments = list(zip(points, ends, strict=False))
        if zone.kind == "line":
            segments += _arrow(points, 12 * unit_of(canvas))
        draw_segments(canvas, segments, style, unit_of(canvas))
        x, y = min(points, key=lambda point: (point[1], point[0]))
        mark = Mark((x, y, x + width, y), style, _zone_text(zone, counts), zone.name)
        if (caption := place_caption(canvas, mark, [], [other.place for other in captions])) is not None:
            captions.append(caption)
    for caption in captions:
        draw_caption(canvas, caption)
    return canvas


def _zone_text(zone: Zone, counts: PeopleCounts | None) -> str:
    if zone.kind == "ignore":
        return f"{zone.name}: ignored"
    if counts is not None and (people := counts.zones.get(zone.name)) is not None:
        return f"{zone.name}: {people.now.total} now, {people.so_far.total} so far"
    if counts is not None and (passed := counts.lines.get(zone.name)) is not None:
        return f"{zone.name}: {passed.forward} forward, {passed.backward} back"
    return zone.name


def _arrow(points: Sequence[tuple[int, int]], length: float) -> list[Segment]:
    """Returns an arrow across the middle of a line's longest part, from its left side to its right."""
    start, end = max(pairwise(points), key=lambda part: math.dist(*part))
    along = np.subtract(end, start) / max(math.dist(start, end), 1)
    across, middle = np.array([-along[1], along[0]]), np.add(start, end) / 2
    tip = middle + length * across
    wings = [tip - 0.5 * length * across + side * 0.5 * length * along for side in (-1, 1)]
    (x, y), *others = ((round(float(x)), round(float(y))) for x, y in (tip, middle - length * across, *wings))
    return [((x, y), other) for other in others]
