"""Temperatures (Guo et al., arXiv 1706.04599) that make the classifier's probabilities true. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.types import LABELS

_WITH, _WITHOUT, _WRONG = (
    LABELS.index("with_mask"),
    LABELS.index("without_mask"),
    LABELS.index("mask_worn_incorrectly"),
)
_GRID: Final = np.exp(np.linspace(np.log(0.25), np.log(4.0), 61))


def fit_temperatures(probabilities: NDArray[np.floating], states: NDArray[np.integer]) -> tuple[float, float]:
    """Finds the temperatures under which the true states are most likely.

    Args:
        probabilities: (n, 3), columns as in `LABELS`, made with temperature 1.
        states: (n,) true states.

    Returns:
        Temperatures of the outputs "mask" and "covered".
    """
    mask, covered = logits(probabilities)
    masked = states != _WITHOUT
    return _fit(mask, masked), _fit(covered[masked], states[masked] == _WITH)


def logits(probabilities: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The logits of "mask" and "covered" behind the probabilities (n, 3) of the three states."""
    p = np.clip(probabilities.astype(np.float64), 1e-7, 1)
    return (
        np.log(p[:, _WITH] + p[:, _WRONG]) - np.log(p[:, _WITHOUT]),
        np.log(p[:, _WITH]) - np.log(p[:, _WRONG]),
    )


def _fit(logit: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    if len(logit) == 0 or truth.all() or not truth.any():
        return 1.0
    signed = np.where(truth, logit, -logit)
    losses = [np.logaddexp(0, -signed / temperature).mean() for temperature in _GRID]
    return float(_GRID[int(np.argmin(losses))])


def undecided_below(
    probabilities: NDArray[np.floating], states: NDArray[np.integer], right: float = 0.99
) -> float:
    """The smallest probability of the best state from which on at least `right` of the answers are true.

    Args:
        probabilities: (n, 3), calibrated.
        states: (n,) true states.
        right: Share of the certain answers that must be true.

    Returns:
        A threshold between 1/3 and 1.
    """
    best = probabilities.max(axis=1)
    order = np.argsort(-best, kind="stable")
    true = np.cumsum(probabilities[order].argmax(axis=1) == states[order])
    good = np.flatnonzero(true >= right * np.arange(1, len(order) + 1))
    return float(best[order[good[-1]]]) if len(good) else 1.0
