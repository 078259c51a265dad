"""Who is in a zone and who has crossed a line, frame after frame, without flicker. Pure.

A box is never found at quite the same place twice. Who stands on an edge or a line must not come and go with
each frame; so a change back counts only when it is clear: `CLEAR` face widths away (a Schmitt trigger).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.people.counts import LineCounts
from maskwatch.people.zone_geometry import Points, crossings, distance, inside
from maskwatch.people.zones import Zone, centres

CLEAR: Final = 0.25
"""Distance from an edge or a line, in widths of the person's face, from which a side is clear."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Those who were found in one frame.

    Attributes:
        numbers: Of n different people.
        boxes: (n, 4) of their faces in pixels.
        size: Width and height of the frame in pixels.
        points: (n, 2) where they are, relative to the picture.
        clear: (n,) distance in pixels from which each is clear of a line.
    """

    numbers: Sequence[int]
    boxes: NDArray[np.float64]
    size: tuple[int, int]
    points: Points = field(init=False)
    clear: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", centres(self.boxes, self.size))
        object.__setattr__(self, "clear", CLEAR * (self.boxes[:, 2] - self.boxes[:, 0]))


class Presence:
    """Keeps who is in one zone: from the first frame in which the centre is inside, until it is clearly out.

    Args:
        zone: A polygon.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._members: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number in self._members

    def update(self, seen: Sighting) -> None:
        """Takes the next frame; who was not found in it stays where he was."""
        corners = self._zone.corners(seen.size)
        points = seen.points * seen.size
        within = inside(points, corners)
        for row in np.flatnonzero(within).tolist():
            self._members.add(seen.numbers[row])
        out = [row for row in np.flatnonzero(~within).tolist() if seen.numbers[row] in self._members]
        if not out:
            return
        away = distance(points[out], np.vstack([corners, corners[:1]])) >= seen.clear[out]
        self._members.difference_update(
            seen.numbers[row] for row, gone in zip(out, away, strict=True) if gone
        )

    def forget(self, number: int) -> None:
        """Forgets somebody who is gone."""
        self._members.discard(number)


@dataclass(slots=True)
class _Walk:
    """Where somebody was last found, and how often the line was crossed since the last clear place.

    `net` is None until there was a clear place.
    """

    point: NDArray[np.float64]
    net: int | None


class Gate:
    """Counts who crosses one line.

    A crossing counts when somebody who was clearly on one side is clearly on the other, and the way between
    led over the line, not around its end. The way leads straight from each place where the person was found
    to the next, however long nobody saw it: where somebody is thought to be does not count.

    Args:
        zone: A line.
    """

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._walks: dict[int, _Walk] = {}
        self.counts = LineCounts()

    def update(self, seen: Sighting) -> None:
        """Takes the next frame."""
        if not len(seen.numbers):
            return
        line = self._zone.corners(seen.size)
        walks = [
            self._walks.setdefault(number, _Walk(point, None))
            for number, point in zip(seen.numbers, seen.points, strict=True)
        ]
        points = seen.points * seen.size
        crossed = crossings(np.array([walk.point for walk in walks]) * seen.size, points, line)
        clear = distance(points, line) >= seen.clear
        forward, backward = self.counts.forward, self.counts.backward
        for walk, point, times, is_clear in zip(walks, seen.points, crossed, clear, strict=True):
            net = None if walk.net is None else walk.net + int(times)
            if is_clear:
                forward += net is not None and net > 0
                backward += net is not None and net < 0
                net = 0
            walk.point, walk.net = point, net
        self.counts = LineCounts(forward, backward)

    def forget(self, number: int) -> None:
        """Forgets somebody who is gone."""
        self._walks.pop(number, None)
