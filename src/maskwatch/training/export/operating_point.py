"""How both opinions on a face are joined, and from which score it is reported. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.evaluation.matching import IGNORED, TRUE
from maskwatch.evaluation.metrics import threshold_for
from maskwatch.training.export.calibration import fit_fusion

_CHEAP: Final = 0.005
"""Share of the faces that may be missed for every false face fewer than allowed."""

_HIGHEST: Final = 0.999


@dataclass(slots=True)
class Candidates:
    """Places that the detector offered, as columns.

    Attributes:
        found: (n,) the detector's score.
        seen: (n,) the classifier's probability of a face.
        outcome: (n,) see `maskwatch.evaluation.matching`.
        probabilities: (n, 3) of the states.
        state: (n,) the true state, or `UNKNOWN`.
        side: (n,) shorter side in pixels.
        bare: (n,) bool: in a picture without any face.
        crop: (n,) bool: in a picture of one person.
    """

    found: list[NDArray[np.floating]] = field(default_factory=list)
    seen: list[NDArray[np.floating]] = field(default_factory=list)
    outcome: list[NDArray[np.int8]] = field(default_factory=list)
    probabilities: list[NDArray[np.floating]] = field(default_factory=list)
    state: list[NDArray[np.int64]] = field(default_factory=list)
    side: list[NDArray[np.floating]] = field(default_factory=list)
    bare: list[NDArray[np.bool_]] = field(default_factory=list)
    portrait: list[NDArray[np.bool_]] = field(default_factory=list)

    def joined(self, name: str) -> NDArray[Any]:
        """One column."""
        return np.concatenate(getattr(self, name))


def choose_fusion(seen: Candidates, allowed: int) -> tuple[ScoreFusion, int]:
    """How both opinions are joined.

    The threshold is the one with the best F2 on the pictures with faces (a missed face is worse than a false
    one), or a higher one if the pictures without any would show more than `allowed` false faces, or fewer of
    them cost hardly a face.

    Returns:
        How, and the number of false faces that may pass.
    """
    outcome, found, face = (seen.joined(name) for name in ("outcome", "found", "seen"))
    counts = outcome != IGNORED
    fitted = fit_fusion(found[counts], face[counts], outcome[counts] == TRUE)
    # As the file will have them: the threshold is chosen for these.
    detector, weight, bias = (round(number, 4) for number in fitted)
    scores = ScoreFusion(detector, weight, bias, 0.5)(found, face)
    bare = seen.joined("bare")
    by_f2 = best_f2(scores[counts & ~bare], outcome[counts & ~bare] == TRUE)
    least, kept = max((by_f2, allowed), cheapest(scores[outcome == TRUE], scores[bare], allowed))
    return ScoreFusion(detector, weight, bias, _above(least)), kept


def best_f2(scores: NDArray[np.floating], true: NDArray[np.bool_]) -> float:
    """The threshold with the highest F2 (van Rijsbergen, Information Retrieval, 1979, chapter 7).

    Recall weighs twice as much as precision; every true face is taken to be among the candidates.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(true[order])
    f2 = 5 * hits / (np.arange(1, len(order) + 1) + 4 * max(int(true.sum()), 1))
    return float(scores[order[int(f2.argmax())]]) if len(order) else 0.5


def cheapest(true: NDArray[np.floating], false: NDArray[np.floating], allowed: int) -> tuple[float, int]:
    """The threshold that lets `allowed` false faces pass, or a higher one if hardly a face more is missed.

    Args:
        true: (n,) scores of faces.
        false: (m,) scores in pictures without any.
        allowed: False faces that may reach the threshold.

    Returns:
        The threshold, and how many of the false faces it lets pass at most.
    """
    choices = [(threshold_for(false, count), count) for count in range(allowed, -1, -1)]
    missed = [np.count_nonzero(true < threshold) / max(len(true), 1) for threshold, _ in choices]
    return max(
        choice
        for choice, miss in zip(choices, missed, strict=True)
        if miss - missed[0] <= _CHEAP * (allowed - choice[1])
    )


def settle(
    fusion: ScoreFusion, kept: int, scored: Callable[[ScoreFusion], NDArray[np.floating]]
) -> ScoreFusion:
    """Raises the threshold until as few false faces are met in use as were meant to be.

    In use the detector keeps fewer boxes than when all its candidates are looked at, and boxes vote for each
    other: a false face may lie a little elsewhere and have another score.

    Args:
        fusion: What was chosen.
        kept: False faces that may remain.
        scored: Scores of the false faces that are met with a fusion.
    """
    while len(met := scored(fusion)) > kept and fusion.threshold < _HIGHEST:
        fusion = replace(fusion, threshold=_above(threshold_for(met, kept)))
    return fusion


def _above(threshold: float) -> float:
    return min(round(threshold + 1e-4, 4), _HIGHEST)
