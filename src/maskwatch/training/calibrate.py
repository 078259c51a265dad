"""Scaling that makes the classifier's probabilities true. Pure.

Temperature: Guo et al., arXiv 1706.04599; with a bias it is Platt scaling (Platt, Probabilistic outputs for
support vector machines, 1999).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskwatch.types import LABELS

_WITH, _WITHOUT, _WRONG = (
    LABELS.index("with_mask"),
    LABELS.index("without_mask"),
    LABELS.index("mask_worn_incorrectly"),
)
_STEPS: Final = 50


class Scaling(NamedTuple):
    """sigmoid(logit / temperature + bias) is a true probability."""

    temperature: float = 1.0
    bias: float = 0.0


UNSCALED: Final = Scaling()


def fit(probabilities: NDArray[np.floating], states: NDArray[np.integer]) -> tuple[Scaling, Scaling]:
    """Finds the scaling under which the true states are most likely.

    Rare states are drawn more often in training than they occur, which the biases take back.

    Args:
        probabilities: (n, 3), columns as in `LABELS`, not yet scaled.
        states: (n,) true states.

    Returns:
        For the outputs "mask" and "covered".
    """
    mask, covered = logits(probabilities)
    masked = states != _WITHOUT
    return _fit(mask, masked), _fit(covered[masked], states[masked] == _WITH)


def apply(probabilities: NDArray[np.floating], mask: Scaling, covered: Scaling) -> NDArray[np.float64]:
    """The probabilities (n, 3) after scaling."""
    m, c = (
        1 / (1 + np.exp(-(logit / scaling.temperature + scaling.bias)))
        for logit, scaling in zip(logits(probabilities), (mask, covered), strict=True)
    )
    return np.stack([m * c, 1 - m, m * (1 - c)], 1)


def logits(probabilities: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The logits of "mask" and "covered" behind the probabilities (n, 3) of the three states."""
    p = np.clip(probabilities.astype(np.float64), 1e-7, 1)
    return (
        np.log(p[:, _WITH] + p[:, _WRONG]) - np.log(p[:, _WITHOUT]),
        np.log(p[:, _WITH]) - np.log(p[:, _WRONG]),
    )


def _fit(logit: NDArray[np.float64], truth: NDArray[np.bool_]) -> Scaling:
    """Logistic regression on one number, by Newton's method."""
    if truth.all() or not truth.any():
        return UNSCALED
    design = np.stack([logit, np.ones_like(logit)], 1)
    # Platt's targets: wrong labels and few examples must not drive the slope to infinity.
    positives, negatives = truth.sum(), (~truth).sum()
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weights = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        gradient = design.T @ (p - target)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights -= np.clip(step, -1, 1)
    slope = max(float(weights[0]), 0.05)
    return Scaling(1 / slope, float(weights[1]))


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
