"""A share of something, with its confidence interval. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
"""Lower and upper end."""

_Z95: Final = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `total`, with its 95 % Wilson interval (E. B. Wilson, JASA 22, 1927)."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The proportion, from 0 to 1; None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        """Lower and upper end of the interval; None of nothing."""
        if not self.total:
            return None
        n, p, z2 = self.total, self.hits / self.total, _Z95**2
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def record(self) -> dict[str, float] | None:
        """Returns value, low and high for JSON, with four decimals; None of nothing."""
        value, interval = self.value, self.interval
        if value is None or interval is None:
            return None
        return {"value": round(value, 4), "low": round(interval[0], 4), "high": round(interval[1], 4)}


NOTHING: Final = Proportion(0, 0)
"""The proportion of nothing: it has no value."""


def proportion(hits: NDArray[np.bool_]) -> Proportion:
    """Returns the proportion of True in (n,) bool."""
    return Proportion(int(np.count_nonzero(hits)), len(hits))
