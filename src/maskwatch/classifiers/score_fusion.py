"""One score from two opinions: the detector's and the classifier's on whether this is a face. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LOWEST_DETECTOR_SCORE: Final = 0.02
"""Detector scores under this are never looked at more closely."""

_SUREST: Final = 0.995  # what the classifier says of the plainest face
_EDGE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreFusion:
    """Logistic regression on the logits of both opinions: its result is the probability of a face.

    Attributes:
        detector: Weight of the detector's logit.
        face: Weight of the classifier's.
        bias: Added to both.
        threshold: The probability from which a face is reported unless the user says otherwise.
    """

    detector: float
    face: float
    bias: float
    threshold: float

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> ScoreFusion:
        """From the metadata of a model file.

        Raises:
            TypeError, ValueError, KeyError: It makes no sense.
        """
        return cls(*(float(entry[key]) for key in ("detector", "face", "bias", "threshold")))

    def __call__(self, found: NDArray[np.floating], seen: NDArray[np.floating]) -> NDArray[np.float32]:
        """The probability of a face.

        Args:
            found: (n,) scores of the detector, in [0, 1].
            seen: (n,) the classifier's probability of a face, in [0, 1].

        Returns:
            (n,) float32 in [0, 1].
        """
        total = self.detector * logit(found) + self.face * logit(seen) + self.bias
        return np.asarray(1 / (1 + np.exp(-total)), np.float32)

    def floor(self, threshold: float) -> float:
        """The detector score from which a face may reach `threshold`, if the classifier is quite sure."""
        wanted = logit(np.array([threshold, _SUREST]))
        needed = (wanted[0] - self.face * wanted[1] - self.bias) / self.detector
        return max(LOWEST_DETECTOR_SCORE, 1 / (1 + math.exp(-min(max(float(needed), -50), 50))))


def logit(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) log odds of probabilities (n,), finite for 0 and 1 as well."""
    p = np.clip(np.asarray(probability, np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(p / (1 - p)))
