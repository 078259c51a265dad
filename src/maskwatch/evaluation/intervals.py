"""Confidence intervals of figures by drawing anew, and a test of differences. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from maskwatch.proportion import Interval


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
