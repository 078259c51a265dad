"""Makes one score of two opinions on whether this is a face: the detector's and the classifier's. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from maskwatch.models.metadata import FusionWeights

LOWEST_DETECTOR_SCORE: Final = 0.02
"""Candidates with a lower score of the detector are never classified."""

_SUREST: Final = 0.995  # the classifier's probability for the clearest face
_EDGE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreFusion:
    """Logistic regression on the logits of both opinions; its result is the probability of a face.

    Attributes:
        detector: Weight of the logit of the detector's score.
        face: Weight of the logit of the classifier's probability of a face.
        bias: Added to both.
        threshold: Probability from which a face is reported, unless the user says otherwise.
    """

    detector: float
    face: float
    bias: float
    threshold: float

    @classmethod
    def from_metadata(cls, weights: FusionWeights) -> ScoreFusion:
        """Makes it from the metadata of a model file."""
        return cls(*(float(w) for w in (weights.detector, weights.face, weights.bias, weights.threshold)))

    def __call__(self, scores: NDArray[np.floating], faces: NDArray[np.floating]) -> NDArray[np.float32]:
        """Returns the probability of a face for each candidate.

        Args:
            scores: (n,) scores of the detector, in [0, 1].
            faces: (n,) the classifier's probability of a face, in [0, 1].

        Returns:
            (n,) float32 in [0, 1].
        """
        total = self.detector * logit(scores) + self.face * logit(faces) + self.bias
        return np.asarray(1 / (1 + np.exp(-total)), np.float32)

    def floor(self, threshold: float) -> float:
        """Returns the lowest detector score with which a candidate can still reach `threshold`.

        The classifier is taken to be as sure of the face as it ever is.
        """
        target = logit(np.array([threshold, _SUREST]))
        needed = (target[0] - self.face * target[1] - self.bias) / self.detector
        return max(LOWEST_DETECTOR_SCORE, 1 / (1 + math.exp(-min(max(float(needed), -50), 50))))


class ScoreThresholds(NamedTuple):
    """The thresholds of an engine; None: the model's own default."""

    detector: float | None
    """Score of the detector from which a candidate goes to the classifier."""
    reported: float | None
    """Score from which a face is reported, after the classifier."""


def score_thresholds(fusion: ScoreFusion | None, threshold: float | None) -> ScoreThresholds:
    """Returns both thresholds of an engine for the one that the user gives.

    Without fusion the reported score is the detector's, and both thresholds are the user's.

    With fusion the reported score is another one. It is compared with the user's threshold, or with that of
    the fusion. The detector has to report every candidate that may still reach it, so its own threshold is
    the floor of the fusion: the lowest detector score that suffices if the classifier is quite sure of a
    face.

    Args:
        fusion: How the classifier makes the reported score; None: the detector's score stays.
        threshold: What the user asks for, in [0, 1]; None takes the model's default.
    """
    if fusion is None:
        return ScoreThresholds(threshold, threshold)
    reported = fusion.threshold if threshold is None else threshold
    return ScoreThresholds(fusion.floor(reported), reported)


def logit(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns the log odds (n,) of probabilities (n,), finite for 0 and 1 as well."""
    p = np.clip(np.asarray(probability, np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(p / (1 - p)))
