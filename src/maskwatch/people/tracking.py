"""Tracks: boxes of each frame to stable numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import iou


@dataclass(slots=True)
class Track:
    """One face over the frames of a stream.

    Attributes:
        number: Of the track, from 1, never given twice. (Persons have numbers of their own.)
        box: (4,) float32: as found in the newest frame, else as predicted for it.
        seen: Whether it was found in the newest frame.
        first_seen: Seconds at which it was first found.
        last_seen: Seconds at which it was last found.
        hits: Number of frames in which it was found.
    """

    number: int
    box: NDArray[np.float32]
    seen: bool
    first_seen: float
    last_seen: float
    hits: int = 1


class Tracker:
    """Follows faces.

    Args:
        sure: Detector score from which a box is sure: it is matched first, and may begin a track.
        hidden: Seconds for which a face that is not found keeps its track.
    """

    def __init__(self, sure: float, hidden: float = 2.0) -> None:
        self._sure = sure
        self._hidden = hidden
        self._next = 1
        self.tracks: dict[int, Track] = {}

    def update(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], t: float, size: tuple[int, int]
    ) -> NDArray[np.int64]:
        """Takes the boxes of the next frame.

        Args:
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.
            scores: (n,) float32, of the detector.
            t: Seconds since the stream began, larger than at the call before.
            size: Width and height of the frame in pixels: who walks out of it is not waited for.

        Returns:
            (n,) int64: number of the track of each box; -1 for a box that is unsure and belongs to none.
        """
        # First version: greedy by IoU.
        numbers = np.full(len(boxes), -1, np.int64)
        alive = [n for n, track in self.tracks.items() if t - track.last_seen <= self._hidden]
        self.tracks = {n: self.tracks[n] for n in alive}
        for track in self.tracks.values():
            track.seen = False
        if alive and len(boxes):
            shares = iou(boxes, np.stack([self.tracks[n].box for n in alive]))
            while shares.size and shares.max() > 0.2:
                row, column = np.unravel_index(shares.argmax(), shares.shape)
                shares[row, :] = shares[:, column] = -1
                number = alive[column]
                numbers[row] = number
                track = self.tracks[number]
                track.box, track.seen, track.last_seen = boxes[row], True, t
                track.hits += 1
        for row in np.flatnonzero((numbers < 0) & (scores >= self._sure)):
            numbers[row] = self._next
            self.tracks[self._next] = Track(self._next, boxes[row], True, t, t)
            self._next += 1
        return numbers

    def drop(self, number: int) -> None:
        """Forgets a track."""
        self.tracks.pop(number, None)
