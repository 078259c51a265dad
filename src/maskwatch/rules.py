"""Rules that turn the faces of a stream into events. They read no clock: the time comes with the frames."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from maskwatch.types import LABELS, Event, Faces

UNMASKED = LABELS.index("without_mask")
"""Column of "without_mask" in `Faces.probabilities`."""


class Rule(Protocol):
    """Watches one stream and keeps what it needs to remember between frames."""

    def update(self, faces: Faces, t: float) -> list[Event]:
        """Takes the faces of the frame at `t` seconds; returns the events that it causes."""
        ...


class NoMaskRule:
    """Reports once when somebody has been without a mask for a while.

    It looks at the picture as a whole, not at single persons. The event comes when, for `after` seconds,
    there was always at least one face that is certainly unmasked; pauses of up to `gap` seconds do not
    count. The next event needs a longer pause first.

    Args:
        after: Seconds without a mask before the event.
        gap: Longest pause, in seconds, without such a face.
    """

    def __init__(self, after: float = 3.0, gap: float = 1.0) -> None:
        self.after = after
        self.gap = gap
        self._since: float | None = None
        self._last = 0.0
        self._reported = False

    def update(self, faces: Faces, t: float) -> list[Event]:
        """See `Rule.update`."""
        probabilities = faces.probabilities
        unmasked = probabilities is not None and bool(
            np.any((probabilities.argmax(axis=1) == UNMASKED) & faces.certain)
        )
        if self._since is not None and t - self._last > self.gap:
            self._since, self._reported = None, False
        if not unmasked:
            return []
        self._last = t
        if self._since is None:
            self._since = t
        if self._reported or t - self._since < self.after:
            return []
        self._reported = True
        return [Event("no_mask", t, f"Somebody has been without a mask for {self.after:g} seconds")]
