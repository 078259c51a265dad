"""Zones, lines and areas to be ignored, in coordinates relative to the picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ZoneKind = Literal["zone", "line", "ignore"]
"""A polygon that people are counted in, a line that they cross, a polygon in which faces are ignored."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture that has a name.

    Attributes:
        name: For people; different from those of the other zones of the stream.
        kind: What it is for.
        points: (x, y), each from 0 to 1: share of the picture's width and height, from its upper left corner.
            At least 3 of a polygon, which is closed by itself; at least 2 of a line.
    """

    name: str
    kind: ZoneKind
    points: tuple[tuple[float, float], ...]
