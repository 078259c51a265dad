"""Confidence intervals of figures, and a test of differences. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
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


NOTHING: Final = Proportion(0, 0)
"""The proportion of nothing: it has no value."""


def proportion(hits: NDArray[np.bool_]) -> Proportion:
    """Returns the proportion of True in (n,) bool."""
    return Proportion(int(np.count_nonzero(hits)), len(hits))


def bootstrap(
    figure: Callable[[NDArray[np.intp]], float], units: int, rounds: int = 200, seed: int = 0
) -> Interval | None:
    """Returns the 95 % percentile interval of a figure, by drawing units (pictures) with replacement.

    Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7, 1979.

    Args:
        figure: Computes the figure of a drawn set from row numbers of units; NaN where it has none.
        units: How many units there are.
        rounds: How many sets are drawn.
        seed: Of the draw.

    Returns:
        Lower and upper end; None for fewer than two units or a figure that is mostly undefined.
    """
    if units < 2 or rounds < 1:
        return None
    draw = np.random.default_rng(seed)
    values = np.array([figure(draw.integers(0, units, units)) for _ in range(rounds)])
    values = values[np.isfinite(values)]
    if len(values) < rounds / 2:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def mcnemar(only_first: int, only_second: int) -> float:
    """Runs the exact two-sided McNemar test (Q. McNemar, Psychometrika 12, 1947).

    Args:
        only_first: Cases that the first alone got right.
        only_second: Cases that the second alone got right.

    Returns:
        The probability of a difference at least as large if both were equally good.
    """
    n, k = only_first + only_second, min(only_first, only_second)
    if n == 0:
        return 1.0
    if n > 1000:  # the normal limit with continuity correction: the exact sum would be slow
        distance = max(0.0, abs(only_first - only_second) - 1) / math.sqrt(n)
        return math.erfc(distance / math.sqrt(2))
    tail = sum(math.comb(n, i) for i in range(k + 1))
    return min(1.0, float(2 * tail / 2**n))
