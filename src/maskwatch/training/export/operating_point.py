"""Chooses the score fusion and the threshold from which a face is reported. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.score_fusion import ScoreFusion
from maskwatch.evaluation.matching import IGNORED, TRUE
from maskwatch.evaluation.metrics import threshold_for
from maskwatch.training.export.calibration import fit_fusion
from maskwatch.training.export.candidates import Candidates

_CHEAP: Final = 0.005
"""Share of the faces that may be missed for each false face fewer than allowed."""

_HIGHEST: Final = 0.999


def choose_fusion(candidates: Candidates, allowed: int) -> tuple[ScoreFusion, int]:
    """Chooses how detector and classifier make the reported score, and from which score a face is reported.

    The threshold is the one with the best F2 on the pictures with faces (a missed face is worse than a false
    one). It is raised if the pictures without a face would show more than `allowed` false faces, and raised
    further as long as that costs hardly a face.

    Args:
        candidates: What both models say of labelled pictures.
        allowed: False faces that the pictures without a face may show.

    Returns:
        The fusion, and the number of false faces that may remain.
    """
    counts = candidates.outcome != IGNORED
    true = candidates.outcome == TRUE
    scores, face = candidates.detector_score, candidates.face
    fitted = fit_fusion(scores[counts], face[counts], true[counts])
    # Rounded as the file will have them: the threshold is chosen for these weights.
    detector, weight, bias = (round(number, 4) for number in fitted)
    fused = ScoreFusion(detector, weight, bias, 0.5)(scores, face)
    with_faces = counts & ~candidates.bare
    by_f2 = best_f2(fused[with_faces], true[with_faces])
    threshold, remaining = max((by_f2, allowed), cheapest(fused[true], fused[candidates.bare], allowed))
    return ScoreFusion(detector, weight, bias, _above(threshold)), remaining


def best_f2(scores: NDArray[np.floating], true: NDArray[np.bool_]) -> float:
    """Returns the threshold with the highest F2 (van Rijsbergen, Information Retrieval, 1979, chapter 7).

    Recall weighs twice as much as precision; every true face is taken to be among the candidates.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(true[order])
    f2 = 5 * hits / (np.arange(1, len(order) + 1) + 4 * max(int(true.sum()), 1))
    return float(scores[order[int(f2.argmax())]]) if len(order) else 0.5


def cheapest(true: NDArray[np.floating], false: NDArray[np.floating], allowed: int) -> tuple[float, int]:
    """Returns the threshold that lets `allowed` false faces pass, or a higher one that costs few faces.

    Args:
        true: (n,) scores of faces.
        false: (m,) scores in pictures without any.
        allowed: False faces that may reach the threshold.

    Returns:
        The threshold, and how many false faces it lets pass at most.
    """
    choices = [(threshold_for(false, count), count) for count in range(allowed, -1, -1)]
    missed = [np.count_nonzero(true < threshold) / max(len(true), 1) for threshold, _ in choices]
    return max(
        choice
        for choice, miss in zip(choices, missed, strict=True)
        if miss - missed[0] <= _CHEAP * (allowed - choice[1])
    )


def raise_threshold(
    fusion: ScoreFusion, remaining: int, scores_in_use: Callable[[ScoreFusion], NDArray[np.floating]]
) -> ScoreFusion:
    """Raises the threshold until no more false faces are met in use than may remain.

    In use the detector keeps fewer boxes than when all candidates are collected, and boxes vote for each
    other: a false face may lie a little elsewhere and have another score.

    Args:
        fusion: What was chosen.
        remaining: False faces that may remain.
        scores_in_use: Returns the scores (n,) of the false faces that an engine with this fusion reports.
    """
    while len(scores := scores_in_use(fusion)) > remaining and fusion.threshold < _HIGHEST:
        fusion = replace(fusion, threshold=_above(threshold_for(scores, remaining)))
    return fusion


def _above(threshold: float) -> float:
    """Returns the next threshold, of four digits, that a candidate with this score does not reach."""
    return min(round(threshold + 1e-4, 4), _HIGHEST)
