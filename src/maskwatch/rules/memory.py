"""What a rule remembers of people: bounded, however long the stream."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Holds a value for each person, by number, until the person has not been noted for a while.

    Args:
        keep: Seconds for which somebody is remembered after having been noted.

    Attributes:
        before: Seconds of the frame before the current one; -inf in the first frame.
    """

    def __init__(self, keep: float) -> None:
        self.before = -math.inf
        self._keep = keep
        self._now = -math.inf
        self._noted: OrderedDict[int, tuple[float, T]] = OrderedDict()  # longest ago first

    def __len__(self) -> int:
        return len(self._noted)

    def turn_to(self, t: float) -> list[T]:
        """Makes the frame at `t` seconds the current one.

        Returns:
            The values of those who are forgotten now: all, if the time goes back, as the stream has then
            begun anew and its numbers stand for other people.
        """
        forgotten = []
        if t < self._now:
            forgotten = [value for _, value in self._noted.values()]
            self._noted.clear()
            self._now = -math.inf
        self.before, self._now = self._now, t
        while self._noted and t - next(iter(self._noted.values()))[0] > self._keep:
            forgotten.append(self._noted.popitem(last=False)[1][1])
        return forgotten

    def get(self, number: int) -> T | None:
        """Returns what is remembered of a person; None of somebody unknown."""
        noted = self._noted.get(number)
        return None if noted is None else noted[1]

    def note(self, number: int, value: T) -> None:
        """Remembers a value of a person, as of the current frame."""
        self._noted[number] = (self._now, value)
        self._noted.move_to_end(number)
