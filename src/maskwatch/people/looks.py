"""Plans which faces are classified in which frame: new and doubtful ones at once, settled ones in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_GOLDEN: Final = 0.618034
_NEVER: Final = 2.0  # urgency of a face that was never looked at, and of which nothing speaks for a face
_OVERDUE: Final = 3.0
_FAIR: Final = 0.01  # who waits for longest still goes first
_LIKELY: Final = 4.0  # more for one that is surely one: before all others, noise not before second looks


@dataclass(frozen=True, slots=True)
class Wish:
    """The wish of one track to be looked at.

    Attributes:
        number: Of the track.
        last: Seconds at which it was last looked at; None for never.
        interval: Seconds after which it wants to be looked at again; 0 for every frame.
        weight: Of several that wait, one of twice the weight goes first after half the time.
    """

    number: int
    last: float | None
    interval: float
    weight: float = 1.0


class LookPlanner:
    """Grants looks, within a budget.

    Every second brings the same number of looks. What is not used is saved, up to a second's worth, so that a
    group that comes in is classified soon. With more people than the budget allows, each waits longer.

    Args:
        rate: Looks a second.
        burst: Looks that one frame may take; more where the frame before was longer ago.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = self._most = burst
        self._saved = max(rate, float(burst))
        self._last: float | None = None

    def plan(self, wishes: Iterable[Wish], t: float) -> list[int]:
        """Returns the numbers of the tracks to look at now, the most urgent first.

        Args:
            wishes: Of all tracks that are seen in this frame.
            t: Seconds since the stream began.
        """
        earned = 0.0 if self._last is None else self._rate * max(0.0, t - self._last)
        limit = max(self._rate, float(self._burst))
        self._saved = min(limit, self._saved + earned)
        self._most = max(self._burst, int(min(limit, earned)))
        self._last = t
        # At equal urgency the older track.
        due = sorted(((_urgency(wish, t), -wish.number) for wish in wishes), reverse=True)
        granted = [-number for urgency, number in due if urgency >= 1][: self.saved]
        self.spend(len(granted))
        return granted

    def spend(self, looks: int) -> None:
        """Takes looks out of what is saved."""
        self._saved = max(0.0, self._saved - looks)

    @property
    def saved(self) -> int:
        """Looks that the next frame may take."""
        return min(self._most, int(self._saved))


def stagger(number: int, interval: float) -> float:
    """Returns an interval that differs a little from track to track, so that not all are due in one frame."""
    return interval * (0.8 + 0.4 * ((number * _GOLDEN) % 1))


def _urgency(wish: Wish, t: float) -> float:
    """Returns how often the interval has passed since the last look, by weight; below 1 it is not due."""
    if wish.last is None:
        return _NEVER + _LIKELY * wish.weight
    passed = t - wish.last
    if passed + 1e-6 < wish.interval:
        return 0.0
    times = passed / max(wish.interval, 1 / 60)
    # Waiting counts little beyond some intervals, or those who wait would leave no look for new faces.
    return 1 + wish.weight * (min(times, _OVERDUE) + _FAIR * times)
