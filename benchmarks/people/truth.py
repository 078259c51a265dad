"""The truth of one frame: who is where, how much of the face is seen, and who counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

VISIBLE: Final = 0.5
"""Share of a face that must be seen for it to count as found or missed."""

REMEMBERED: Final = 2.0
"""Seconds for which somebody inside the picture counts though the face is hidden."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The n people of one frame whose face is at least partly inside the picture.

    Attributes:
        t: Seconds since the scene began.
        ids: (n,) int64: number of the person.
        boxes: (n, 4) float32: x1, y1, x2, y2 of the face in pixels, cut at the rim.
        shares: (n,) float32: share of the face that is seen.
        states: (n,) int64: index into `LABELS`.
        counted: (n,) bool: is in the picture as people would count: seen, or hidden for at most two seconds.
        changes: (n,) int64: how often the state has changed so far.
    """

    t: float
    ids: NDArray[np.int64]
    boxes: NDArray[np.float32]
    shares: NDArray[np.float32]
    states: NDArray[np.int64]
    counted: NDArray[np.bool_]
    changes: NDArray[np.int64]

    @property
    def visible(self) -> NDArray[np.bool_]:
        """(n,) bool: a tracker has to report the face; others may be reported without blame."""
        return self.shares >= VISIBLE

    @property
    def count(self) -> int:
        """People in the picture."""
        return int(self.counted.sum())

    @classmethod
    def empty(cls, t: float) -> Truth:
        """Returns the truth of a frame without people."""
        whole = np.zeros(0, np.int64)
        return cls(
            t, whole, np.zeros((0, 4), np.float32), np.zeros(0, np.float32), whole, np.zeros(0, bool), whole
        )
