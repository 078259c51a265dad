"""Zones, lines and areas to be ignored, in coordinates relative to the picture. Pure.

The centre of the box of the face stands for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from maskwatch.errors import ConfigError, printable, shorten
from maskwatch.people.zone_geometry import Points, inside
from maskwatch.types import Faces

ZoneKind = Literal["zone", "line", "ignore"]
"""A polygon that people are counted in, a line that they cross, a polygon in which faces are ignored."""

MOST_ZONES: Final = 32
"""Of one stream."""
MOST_POINTS: Final = 64
"""Of one zone."""
LONGEST_NAME: Final = 40
"""In characters."""

_NOUNS: Final[dict[ZoneKind, str]] = {"zone": "a zone", "line": "a line", "ignore": "an area to be ignored"}
_FEWEST: Final[dict[ZoneKind, int]] = {"zone": 3, "line": 2, "ignore": 3}
_NUMBERS: Final = (int, float, np.integer, np.floating)
_LAST: Final = float(np.nextafter(1.0, 0.0))  # 1 itself lies beyond the picture


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture that has a name.

    Attributes:
        name: For people, at most 40 characters; different from those of the other zones of the stream.
            Spaces around it are taken away.
        kind: What it is for.
        points: (x, y), each from 0 to 1: share of the picture's width and height, from its upper left corner.
            From 3 to 64 of a polygon, which is closed by itself and may cross itself: what it encloses twice
            is outside. From 2 to 64 of a line.

    Raises:
        ConfigError: One of these is not so.
    """

    name: str
    kind: ZoneKind
    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.name))
        try:
            if self.kind not in get_args(ZoneKind):
                raise ValueError(f"kind is {shorten(self.kind)}, and not {', '.join(get_args(ZoneKind))}")
            object.__setattr__(self, "points", _points(self.kind, self.points))
        except ValueError as error:
            raise ConfigError(f"zone '{self.name}': {error}") from None

    def corners(self, size: tuple[int, int]) -> Points:
        """Returns its points in pixels of a picture of that width and height: (n, 2) float64."""
        return np.array(self.points, np.float64) * size

    def record(self) -> dict[str, Any]:
        """Returns it as files and messages hold it: a dictionary for JSON."""
        return {"name": self.name, "kind": self.kind, "points": [list(point) for point in self.points]}


def check_zones(zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Returns the zones of one stream.

    Raises:
        ConfigError: There are more than 32, or two have the same name.
    """
    if len(zones) > MOST_ZONES:
        raise ConfigError(f"{len(zones)} zones are too many: a stream may have {MOST_ZONES}")
    names = [zone.name for zone in zones]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"zone '{name}': {names.count(name)} zones have this name; each needs its own")
    return tuple(zones)


def centres(boxes: NDArray[np.floating], size: tuple[int, int]) -> Points:
    """Returns the points that stand for people.

    Args:
        boxes: (n, 4) x1, y1, x2, y2 of their faces in pixels.
        size: Width and height of the picture in pixels.

    Returns:
        (n, 2) float64, relative to the picture: from 0 to just below 1, also where a box reaches out of it.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    return np.clip((boxes[:, :2] + boxes[:, 2:]) / 2 / size, 0.0, _LAST)


def outside(faces: Faces, zones: Sequence[Zone], size: tuple[int, int]) -> Faces:
    """Drops the faces whose centres lie in an area to be ignored, such as a poster or a screen.

    Args:
        faces: Of one picture.
        zones: Those of another kind are left alone.
        size: Width and height of the picture in pixels.

    Returns:
        The other faces, in the same order.
    """
    ignored = [zone for zone in zones if zone.kind == "ignore"]
    if not ignored or not len(faces):
        return faces
    points = centres(faces.boxes, size)
    out = np.ones(len(faces), np.bool_)
    for zone in ignored:
        out &= ~inside(points, zone.corners((1, 1)))
    return faces[out]


def _name(name: object) -> str:
    """Returns the name without spaces around it."""
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"a zone needs a name, got {shorten(name)}")
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise ConfigError(
            f"zone '{name[:LONGEST_NAME]}...': its name has {len(name)} characters, of at most {LONGEST_NAME}"
        )
    if printable(name) != name:
        raise ConfigError(f"zone '{name}': its name has characters that cannot be shown")
    return name


def _points(kind: ZoneKind, points: object) -> tuple[tuple[float, float], ...]:
    """Returns the points as pairs of numbers.

    Raises:
        ValueError: They are none, too few or too many, or the zone would be empty.
    """
    if not isinstance(points, list | tuple | np.ndarray):
        raise ValueError(f"points are pairs of x and y, got {shorten(points)}")
    if len(points) < _FEWEST[kind]:
        raise ValueError(f"{_NOUNS[kind]} needs at least {_FEWEST[kind]} points, got {len(points)}")
    if len(points) > MOST_POINTS:
        raise ValueError(f"{_NOUNS[kind]} may have {MOST_POINTS} points, got {len(points)}")
    pairs = tuple(_point(number, point) for number, point in enumerate(points, start=1))
    if len(set(pairs)) == 1:
        raise ValueError("all its points are the same")
    if kind != "line" and _flat(pairs):
        raise ValueError("it encloses nothing: all its points lie on one straight line")
    return pairs


def _point(number: int, point: object) -> tuple[float, float]:
    pair = list(point) if isinstance(point, list | tuple | np.ndarray) else []
    if len(pair) != 2 or not all(
        isinstance(v, int | float | np.number) and type(v) is not bool for v in pair
    ):
        raise ValueError(f"point {number} is no pair of numbers, got {shorten(point)}")
    if not all(0 <= v <= 1 for v in pair):  # false for NaN, too
        raise ValueError(
            f"point {number} lies outside the picture: x and y go from 0 to 1 (left to right, top to bottom),"
            f" got {shorten(pair[0])}, {shorten(pair[1])}"
        )
    return float(pair[0]), float(pair[1])


def _flat(points: Sequence[tuple[float, float]]) -> bool:
    """Says whether all points lie on one straight line, to a millionth of the picture."""
    away = np.array(points) - np.mean(points, axis=0)
    return bool(np.linalg.svd(away, compute_uv=False)[1] < 1e-6)
