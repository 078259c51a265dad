"""Decides what the rows of YOLO label files are: boxes, boxes with key points, or corners of polygons.

After the class, a row holds one of

    x y w h                          a box: centre, width, height
    x y w h score                    the same with a confidence: the answer of a model
    x y w h, then x y of each point  a box with landmarks (yolov5-face); -1 or 0 for a missing point
    x y w h, then x y visibility     a box with key points (v8-face, pose)
    x y of each corner               a polygon (segmentation) or a rotated box (OBB, four corners)

all in fractions of the picture's size. Some numbers of values fit two of them. `kpt_shape` in the YAML file
decides. Without it, all rows of the data set with this number of values decide: key points lie in their box,
while corners of a polygon lie close to each other and its edges do not cross.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from maskwatch.data.sample import Box

RowKind = Literal["box", "scored box", "key points", "corners", "scored corners"]
"""What a row holds."""

_BOX: Final = 4  # numbers of a box
_MOST: Final = 0.95  # share of rows from which a reading fits the set
_HALF: Final = 0.5  # share of rows below which it does not
_MAX_TESTED: Final = 500  # rows of each length that are tested: the shares settle long before
_TRIANGLE: Final = 6  # numbers of three corners: too few to tell them from a box with one key point
_ENOUGH: Final = 5  # rows that look alike, from which that is no chance
_MANY: Final = 20
_MARGIN: Final = 0.3  # key points may lie outside their box by this share of its size
_MAX_CORNERS_TESTED: Final = 40  # crossing edges are searched among this many corners
_MAX_FRACTION: Final = 10  # larger numbers are pixels

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RowForms:
    """What the rows of a data set are.

    Attributes:
        kinds: Number of values after the class -> what they are.
        problems: One line for each number of values whose meaning stays uncertain.
    """

    kinds: dict[int, RowKind]
    problems: tuple[str, ...] = ()


def row_forms(rows: Iterable[Sequence[float]], kpt_shape: tuple[int, int] | None = None) -> RowForms:
    """Decides what the rows of a data set are.

    Args:
        rows: The finite numbers after the class of all rows.
        kpt_shape: Number of key points and of numbers for each, if the data set says so.
    """
    by_length: dict[int, list[Sequence[float]]] = defaultdict(list)
    for row in rows:
        by_length[len(row)].append(row)
    kinds: dict[int, RowKind] = {_BOX: "box", _BOX + 1: "scored box"}
    if kpt_shape is not None:
        values = _BOX + kpt_shape[0] * kpt_shape[1]
        return RowForms({**kinds, values: "key points", values + 1: "key points"})
    problems = []
    lengths = sorted(length for length in by_length if length > _BOX + 1)
    for length in lengths:
        kind, certain = _kind(by_length[length][:_MAX_TESTED], length, len(lengths) > 1)
        if kind is not None:
            kinds[length] = kind
        if kind is not None and not certain:
            count, read = len(by_length[length]), _DESCRIPTIONS[kind]
            problems.append(
                f"{count} rows of {length} numbers after the class may be boxes with key points or polygons;"
                f" they are read as {read}. A data.yaml with kpt_shape: [points, 2 or 3] says that they are"
                " key points"
            )
    return RowForms(kinds, tuple(problems))


_DESCRIPTIONS: Final[dict[RowKind, str]] = {
    "box": "boxes",
    "scored box": "boxes with a confidence",
    "key points": "boxes with key points",
    "corners": "polygons",
    "scored corners": "polygons with a confidence",
}


def describe_forms(counts: dict[RowKind, int]) -> list[str]:
    """Returns one line for each unusual kind of row: what is used of it. `counts` are numbers of files."""
    used: dict[RowKind, str] = {
        "scored box": "the confidence is not used; it looks like the answers of a model",
        "key points": "the key points are not used",
        "corners": "the upright box around them is used",
        "scored corners": "the upright box around them is used",
    }
    return [
        f"{counts[kind]} label files hold {_DESCRIPTIONS[kind]}: {text}"
        for kind, text in used.items()
        if counts.get(kind)
    ]


def to_box(values: Sequence[float], forms: RowForms) -> Box:
    """Returns the box of a row in fractions: x1, y1, x2, y2.

    Args:
        values: The numbers after the class.
        forms: What the rows of the data set are.

    Raises:
        ValueError: The values are no box in fractions.
    """
    kind = forms.kinds.get(len(values))
    if kind is None:
        raise ValueError(f"{len(values)} numbers after the class")
    if not all(map(math.isfinite, values)):
        raise ValueError("a number that is not finite")
    if kind in ("corners", "scored corners"):
        numbers = values[:-1] if kind == "scored corners" else values
        x1, x2, y1, y2 = min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])
    else:
        numbers = values[:_BOX]
        x, y, w, h = numbers
        x1, y1, x2, y2 = x - w / 2, y - h / 2, x + w / 2, y + h / 2
        if kind == "scored box" and not 0 <= values[_BOX] <= 1:
            raise ValueError("5 numbers after the class, and the last is no confidence from 0 to 1")
    if x2 <= x1 or y2 <= y1:
        raise ValueError("a box without an area")
    if max(map(abs, numbers)) > _MAX_FRACTION:
        raise ValueError("pixels instead of fractions of the picture's size")
    return x1, y1, x2, y2


def _kind(rows: Sequence[Sequence[float]], length: int, several: bool) -> tuple[RowKind | None, bool]:
    """Returns what rows of a length above 5 are, None if they fit nothing, and whether that is certain."""
    key_points = sum(map(_are_key_points, rows)) / len(rows)
    scored = length % 2 == 1
    corners: RowKind = "scored corners" if scored else "corners"
    polygons = sum(_is_polygon(row[:-1] if scored else row) for row in rows) / len(rows)
    if scored:
        polygons *= all(0 <= row[-1] <= 1 for row in rows)
    if length == _TRIANGLE:
        if key_points >= _MOST and polygons < _HALF and len(rows) >= _ENOUGH and not several:
            return "key points", False
        return corners, several or key_points < _HALF or len(rows) < _ENOUGH
    if polygons >= _MOST and (not scored or len(rows) >= _ENOUGH):
        # Key points hardly ever look like a polygon, polygons often like key points.
        certain = key_points < _HALF or length == 2 * _BOX or several or len(rows) >= _ENOUGH
        return corners, certain
    if key_points >= _MOST:
        # By chance, polygons look like key points in a few rows, but not in many.
        missing = any(min(row) == -1 for row in rows)
        return "key points", polygons < _HALF or missing or len(rows) >= _MANY
    if not scored:
        # Polygons of several lengths are what they seem, even where some of them are degenerate.
        return corners, key_points == 0 or (polygons >= _HALF and several)
    return None, True


def _are_key_points(row: Sequence[float]) -> bool:
    """Returns whether a row can be a box with key points, perhaps with a confidence."""
    x, y, w, h = row[:_BOX]
    if not (0 < w <= 1 and 0 < h <= 1):
        return False
    # Boxes lie in their picture, nearly; labels of cut faces reach out of it.
    if not all(
        -0.5 * size <= c - size / 2 and c + size / 2 <= 1 + 0.5 * size for c, size in ((x, w), (y, h))
    ):
        return False
    rest = row[_BOX:]
    for numbers in (rest, rest[:-1], rest[1:]):  # a confidence stands last, or behind the box
        if len(numbers) >= 2 and len(numbers) % 2 == 0 and _lie_in(numbers[::2], numbers[1::2], row):
            return True
        visible = numbers[2::3]
        if (
            len(numbers) >= 3
            and len(numbers) % 3 == 0
            and all(v in (-1, 0, 1, 2) for v in visible)
            and _lie_in(numbers[::3], numbers[1::3], row)
        ):
            return True
    return False


def _lie_in(xs: Sequence[float], ys: Sequence[float], row: Sequence[float]) -> bool:
    """Returns whether all points that are not missing lie in the box of a row, or close to it."""
    x, y, w, h = row[:_BOX]
    reach_x, reach_y = w * (0.5 + _MARGIN), h * (0.5 + _MARGIN)
    return all(
        (px <= 0 and py <= 0) or (abs(px - x) <= reach_x and abs(py - y) <= reach_y)
        for px, py in zip(xs, ys, strict=True)
    )


def _is_polygon(numbers: Sequence[float]) -> bool:
    """Returns whether numbers can be the corners of a polygon: close together, and no edges that cross."""
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    if len(set(points)) < 3 or min(numbers) < -0.1 or max(numbers) > 1.1:
        return False
    (first, second), others = points[:2], points[2:]
    # Of a box with key points, the second "corner" is width and height: far from the points as a rule.
    for axis in (0, 1):
        low, high = min(p[axis] for p in others), max(p[axis] for p in others)
        reach = 2 * max(high - low, abs(first[axis] - low), abs(first[axis] - high))
        if not low - reach <= second[axis] <= high + reach:
            return False
    if len(points) > _MAX_CORNERS_TESTED:
        return True  # so many corners are an outline
    edges = list(zip(points, points[1:] + points[:1], strict=True))
    return not any(
        _cross(*edges[i], *edges[j]) for i in range(len(edges)) for j in range(i + 2, len(edges) - (i == 0))
    )


def _cross(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    """Returns whether the edges from a to b and from c to d cross."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: _Point, b: _Point, c: _Point) -> float:
    """Returns a number whose sign tells on which side of the line from a to b the point c lies."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
