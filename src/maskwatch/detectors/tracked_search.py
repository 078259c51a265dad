"""Searches the frames of a stream around the people who are known, and widely from time to time.

Who has been found is searched again where the next frame should show the face: in a small square at about
the frame's own size (`maskwatch.detectors.mosaic`). Whoever is new is found by the wide searches, which come
at fixed times: by turns the whole frame, and one piece of it (`maskwatch.detectors.fine_search`). A stream
begins with nothing but them, until each piece has had its turn. Where frames come slowly, each is searched as
`FineSearch` does. All decisions depend on the times of the frames, so a file gives the same result each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.detectors.fine_search import SLOW, PieceTurns, merged
from maskwatch.detectors.mosaic import squares_around
from maskwatch.geometry import covered_share
from maskwatch.types import Faces, Image

# Chosen on made scenes; see docs/experiments.md.
WIDE_EVERY: Final = 0.1
"""Seconds between two wide searches, as far as the frame rate allows."""

MOST: Final = 9
"""Squares of one frame at most. Of more faces each is searched in every second frame, every third..."""

_MARGIN: Final = 1.7
"""Side of the square around a face that does not move, in longer sides of the face."""

_SPEED: Final = 5.0
"""Speed with which a face may leave its expected place, in its longer sides a second."""

_SHOWN: Final = 0.95
"""Share of an expected face inside a piece from which the search of the piece shows it."""


class TrackedSearch:
    """Chooses what of each frame is searched. For one stream, one thread at a time.

    Args:
        search: Returns the places of a picture, or of a piece of it, where faces may be.
        search_in: The same for squares of a picture; see `maskwatch.detectors.mosaic.search_squares`.
        side: Longer side in pixels at which it searches; None searches no pieces.
        least: Detector score below which nothing counts that is found around a known face. From so near there
            is something like a face in much: whoever is hidden would be followed in what hides the face.
    """

    def __init__(
        self,
        search: Callable[[Image], Faces],
        search_in: Callable[[Image, NDArray[np.int64]], Faces],
        side: int | None,
        least: float,
    ) -> None:
        self._search = search
        self._search_in = search_in
        self._turns = PieceTurns(search, side)
        self._least = least
        self._wide_at: float | None = None
        self._last: float | None = None
        self._was_whole = False
        self._round = 0

    def candidates(self, image: Image, t: float, expected: NDArray[np.float32]) -> Faces:
        """Searches the frame, one piece of it, or the places where faces are expected.

        Args:
            image: (h, w, 3) uint8, BGR.
            t: Seconds since the stream began, not less than at the call before.
            expected: (n, 4): where known faces should be, x1, y1, x2, y2 in pixels.

        Returns:
            The faces, as of `maskwatch.detectors.base.Detector.detect`, in pixels of the frame.
        """
        gap = 0.0 if self._last is None else t - self._last
        self._last = t
        has_new_size = self._turns.plan(image.shape[1], image.shape[0])
        if self._wide_at is None or has_new_size:
            return self._whole(image, t)
        if gap > SLOW:
            whole = self._whole(image, t)
            return merged(whole, self._turns.search(image)[0]) if self._turns else whole
        if self._turns.complete and t - self._wide_at < WIDE_EVERY - 1e-3:
            return self._around(image, expected, gap)
        if not self._was_whole or not self._turns:
            return self._whole(image, t)
        self._wide_at, self._was_whole = t, False
        found, piece = self._turns.search(image)
        shown = np.array([[piece.x1, piece.y1, piece.x2, piece.y2]], np.float32)
        beside = expected[covered_share(expected, shown)[:, 0] < _SHOWN]
        return merged(found, self._around(image, beside, gap))

    def _whole(self, image: Image, t: float) -> Faces:
        self._wide_at, self._was_whole = t, True
        return self._search(image)

    def _around(self, image: Image, expected: NDArray[np.float32], gap: float) -> Faces:
        """Searches around expected faces (n, 4), as far as they may go in `gap` seconds."""
        width, height = image.shape[1], image.shape[0]
        # A face that the edge cuts seems to stand while it leaves. Often found, it would be waited for.
        inside = ((expected[:, :2] > 0) & (expected[:, 2:] < (width, height))).all(axis=1)
        expected = expected[inside]
        if len(expected) > MOST:
            step = -(-len(expected) // MOST)
            self._round += 1
            expected = expected[self._round % step :: step]
        squares = squares_around(expected, _MARGIN + 2 * _SPEED * gap, width, height)
        found = self._search_in(image, squares)
        return found[found.scores >= self._least]
