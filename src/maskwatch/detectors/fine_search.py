"""Searches the frames of a stream by turns: one as a whole, the next in one piece at about its own size.

A frame of 1280 x 720 is searched at half its size, in which a face of 20 pixels has 10. A piece of it,
searched at its own size, costs the same and shows the face as it is. Some frames are searched as a whole.
Those between take one piece each, so that after a while every place was searched finely. Where frames come
slowly, each is searched as a whole and in one piece.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.detectors.tiles import Tile
from maskwatch.geometry import nms
from maskwatch.types import Faces, Image

_OVERLAP: Final = 64
"""Pixels that neighbouring pieces share: smaller faces are whole in one of them."""

_WORTHWHILE: Final = 1.3
"""Reduction of the frame from which pieces show more."""

_MOST: Final = 3
"""Pieces along each side at most: with more of them each would come too seldom."""

WHOLE_EVERY: Final = 0.1
"""Seconds between two searches of the whole frame, as far as the frame rate allows."""

SLOW: Final = 0.08
"""Seconds between two frames from which there is time for both searches."""

_SAME: Final = 0.45
"""IoU from which two boxes of both searches are one face."""


class PieceTurns:
    """Searches one piece of each frame, the next one each time. False in a condition if there are none.

    Args:
        search: Returns the places of a piece where faces may be.
        side: Longer side in pixels at which it searches; None for no pieces.
    """

    def __init__(self, search: Callable[[Image], Faces], side: int | None) -> None:
        self._search = search
        self._side = side
        self._size = (0, 0)
        self._pieces: list[Tile] = []
        self._searched = 0

    def __len__(self) -> int:
        return len(self._pieces)

    def plan(self, width: int, height: int) -> bool:
        """Plans the pieces of frames of this size; returns whether the size is a new one."""
        if (width, height) == self._size:
            return False
        self._size, self._searched = (width, height), 0
        self._pieces = [] if self._side is None else pieces(width, height, self._side)
        return True

    @property
    def complete(self) -> bool:
        """Whether each piece has had its turn."""
        return self._searched >= len(self._pieces)

    def search(self, image: Image) -> tuple[Faces, Tile]:
        """Searches the next piece of a frame of the planned size; there is at least one piece.

        Returns:
            The faces that the piece does not cut, in pixels of the frame, and the piece.
        """
        piece = self._pieces[self._searched % len(self._pieces)]
        self._searched += 1
        faces = self._search(piece.cut(image))
        boxes = piece.placed(faces.boxes)
        return faces.with_(boxes=boxes)[piece.whole(boxes, *self._size)], piece


class FineSearch:
    """Chooses what of each frame is searched. For one stream, one thread at a time.

    Args:
        search: Returns the places of a picture, or of a piece of it, where faces may be.
        side: Longer side in pixels at which it searches; None searches every frame as a whole.
    """

    def __init__(self, search: Callable[[Image], Faces], side: int | None) -> None:
        self._search = search
        self._turns = PieceTurns(search, side)
        self._whole_at: float | None = None
        self._last: float | None = None
        self._was_whole = False

    def candidates(self, image: Image, t: float, expected: NDArray[np.float32] | None = None) -> Faces:
        """Searches the frame, or one piece of it.

        Args:
            image: (h, w, 3) uint8, BGR.
            t: Seconds since the stream began.
            expected: Where known faces should be: of no use here.

        Returns:
            The faces, as of `maskwatch.detectors.base.Detector.detect`, in pixels of the frame.
        """
        self._turns.plan(image.shape[1], image.shape[0])
        slow = self._last is not None and t - self._last > SLOW
        self._last = t
        if not self._turns or self._is_whole_due(t, slow):
            self._whole_at, self._was_whole = t, True
            return self._search(image)
        self._was_whole = False
        in_piece, _ = self._turns.search(image)
        if not slow:
            return in_piece
        self._whole_at = t
        return merged(self._search(image), in_piece)

    def _is_whole_due(self, t: float, slow: bool) -> bool:
        """Whether the frame is searched as a whole and in no piece."""
        if self._whole_at is None:
            return True
        passed = t - self._whole_at
        return not slow and not self._was_whole and not 0 <= passed < WHOLE_EVERY - 1e-3


def pieces(width: int, height: int, side: int) -> list[Tile]:
    """Plans the pieces of a frame; none where the whole is searched finely enough.

    Args:
        width: Of the frame, pixels.
        height: Of the frame, pixels.
        side: Longer side in pixels at which pictures are searched.

    Returns:
        Pieces that overlap and together cover the frame. Neighbours do not follow each other.
    """
    reduction = max(width, height) / side
    if reduction < _WORTHWHILE:
        return []
    number = min(_MOST, math.ceil(reduction - 0.2))
    columns, rows = _spans(width, number), _spans(height, number)
    planned = [(x, y) for y in rows for x in columns]
    scale = min(1.0, side / max(columns[0][1] - columns[0][0], rows[0][1] - rows[0][0]))
    step = next(step for step in (number + 1, number + 2, 1) if math.gcd(step, len(planned)) == 1)
    return [
        Tile(x1, y1, x2, y2, round((x2 - x1) * scale), round((y2 - y1) * scale))
        for (x1, x2), (y1, y2) in (planned[i * step % len(planned)] for i in range(len(planned)))
    ]


def merged(first: Faces, second: Faces) -> Faces:
    """Returns the faces of both searches, best first; of a face that both found the better one."""
    both = Faces.joined([first, second])
    return both[nms(both.boxes, both.scores, _SAME)]


def _spans(length: int, number: int) -> list[tuple[int, int]]:
    """Divides a length into equal spans that overlap."""
    span = math.ceil((length + (number - 1) * _OVERLAP) / number)
    starts = [round(i * (length - span) / max(number - 1, 1)) for i in range(number)]
    return [(start, start + span) for start in starts]
