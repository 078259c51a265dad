"""Calibrates a classifier: temperatures, thresholds of certainty, weights of the score fusion. Pure.

Temperature scaling: Guo et al., On calibration of modern neural networks, arXiv 1706.04599. A bias in
addition (Platt scaling) hardly makes the true states more likely. It would undo that training draws the rare
state more often than it occurs, and masks worn wrongly would be missed that are found without it.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.score_fusion import logit
from maskwatch.types import LABELS

_WITH, _WITHOUT, _WRONG = (
    LABELS.index("with_mask"),
    LABELS.index("without_mask"),
    LABELS.index("mask_worn_incorrectly"),
)
_STEPS: Final = 50
_MOST_WRONG: Final = 60


class Temperatures(NamedTuple):
    """Divisors of the logits of "mask" and "covered" that make their sigmoids true probabilities."""

    mask: float = 1.0
    covered: float = 1.0


UNSCALED: Final = Temperatures()


def fit(probabilities: NDArray[np.floating], states: NDArray[np.integer]) -> Temperatures:
    """Fits the temperatures under which the true states are most likely.

    Args:
        probabilities: (n, 3), columns as in `LABELS`, before scaling.
        states: (n,) true states.
    """
    mask, covered = logits(probabilities)
    masked = states != _WITHOUT
    return Temperatures(_fit(mask, masked), _fit(covered[masked], states[masked] == _WITH))


def apply(probabilities: NDArray[np.floating], temperatures: Temperatures) -> NDArray[np.float64]:
    """Returns the probabilities (n, 3) after scaling by the temperatures."""
    m, c = (
        1 / (1 + np.exp(-logit / temperature))
        for logit, temperature in zip(logits(probabilities), temperatures, strict=True)
    )
    return np.stack([m * c, 1 - m, m * (1 - c)], 1)


def logits(probabilities: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the logits (n,) of "mask" and "covered" that make these probabilities (n, 3) of the states."""
    p = np.clip(probabilities.astype(np.float64), 1e-7, 1)
    return (
        np.log(p[:, _WITH] + p[:, _WRONG]) - np.log(p[:, _WITHOUT]),
        np.log(p[:, _WITH]) - np.log(p[:, _WRONG]),
    )


def _fit(logit: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Returns the temperature, by logistic regression on one logit."""
    if truth.all() or not truth.any():
        return 1.0
    # Platt's targets: wrong labels and few examples must not drive the slope to infinity.
    positives, negatives = truth.sum(), (~truth).sum()
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    return 1 / max(float(_newton(logit[:, None], target, np.ones(1))[0]), 0.05)


def undecided_below(
    probabilities: NDArray[np.floating], states: NDArray[np.integer], right: float = 0.99
) -> dict[str, float]:
    """Chooses for each state the probability from which its answers are certain.

    Of all combinations of three thresholds, takes the one with the most certain answers of which at least
    `right` are true: a state that is hard to tell must not make the answers of the others uncertain.

    Args:
        probabilities: (n, 3), calibrated.
        states: (n,) true states.
        right: Share of the certain answers that must be true.

    Returns:
        State -> a threshold between 1/3 and 1.
    """
    answers = probabilities.argmax(axis=1)
    choices = [
        _prefixes(probabilities[answers == state, state], states[answers == state] == state)
        for state in range(len(LABELS))
    ]
    best, chosen = 0, tuple(options[0] for options in choices)
    for combination in product(*choices):
        count = sum(option.answers for option in combination)
        wrong = sum(option.wrong for option in combination)
        if count > best and wrong <= (1 - right) * count:
            best, chosen = count, combination
    return {label: option.threshold for label, option in zip(LABELS, chosen, strict=True)}


class _Prefix(NamedTuple):
    threshold: float
    answers: int
    wrong: int


def _prefixes(best: NDArray[np.floating], true: NDArray[np.bool_]) -> list[_Prefix]:
    """Returns the longest runs of most probable answers with zero, one, two ... wrong answers among them."""
    order = np.argsort(-best, kind="stable")
    best, wrongs = best[order], np.cumsum(~true[order])
    options = [_Prefix(1.0, 0, 0)]
    for allowed in range(min(int(wrongs[-1]) if len(wrongs) else 0, _MOST_WRONG) + 1):
        count = int(np.searchsorted(wrongs, allowed, side="right"))
        # A threshold cannot separate equal probabilities.
        while 0 < count < len(best) and best[count] == best[count - 1]:
            count -= 1
        if count:
            options.append(_Prefix(float(best[count - 1]), count, int(wrongs[count - 1])))
    return options


def fit_fusion(
    scores: NDArray[np.floating], faces: NDArray[np.floating], true: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Fits the weights of the detector's and the classifier's opinion for the probability of a face.

    Args:
        scores: (n,) the detector's scores.
        faces: (n,) the classifier's probabilities of a face.
        true: (n,) bool: whether there is a face.

    Returns:
        The weights of both logits, not below 0.05, and the bias; see
        `maskwatch.classifiers.score_fusion.ScoreFusion`.
    """
    design = np.stack([logit(scores), logit(faces), np.ones(len(scores))], 1)
    weights = _newton(design, true.astype(np.float64), np.array([0.5, 0.5, 0.0]))
    return max(float(weights[0]), 0.05), max(float(weights[1]), 0.05), float(weights[2])


def _newton(
    design: NDArray[np.float64], target: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns the weights of a logistic regression, by Newton's method with steps of at most 1."""
    weights = start.astype(np.float64)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        gradient = design.T @ (p - target)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(design.shape[1])
        weights -= np.clip(np.linalg.solve(curvature, gradient), -1, 1)
    return weights
