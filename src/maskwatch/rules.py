"""Rules turn results into events. Pure: time comes in with the frames."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from maskwatch.types import LABELS, Event, Faces

UNMASKED = LABELS.index("without_mask")


class Rule(Protocol):
    """Watches one stream."""

    def update(self, faces: Faces, t: float) -> list[Event]:
        """Takes the faces seen at `t` seconds; returns what is worth telling."""
        ...


class NoMaskRule:
    """One event when somebody has been without a mask for a while, and none again until all are masked.

    Looks at the picture as a whole, not at persons: it fires when, for `after` seconds, every moment
    (gaps up to `gap` seconds forgiven) showed at least one face that is certainly unmasked.

    Args:
        after: Seconds without a mask before the event.
        gap: Seconds without such a face after which the watch starts anew.
    """

    def __init__(self, after: float = 3.0, gap: float = 1.0) -> None:
        self.after = after
        self.gap = gap
        self._since: float | None = None
        self._last = 0.0
        self._told = False

    def update(self, faces: Faces, t: float) -> list[Event]:
        """See `Rule.update`."""
        probabilities = faces.probabilities
        seen = probabilities is not None and bool(
            np.any((probabilities.argmax(axis=1) == UNMASKED) & faces.certain)
        )
        if self._since is not None and t - self._last > self.gap:
            self._since, self._told = None, False
        if not seen:
            return []
        self._last = t
        if self._since is None:
            self._since = t
        if self._told or t - self._since < self.after:
            return []
        self._told = True
        return [Event("no_mask", t, f"Somebody has been without a mask for {self.after:g} seconds")]
