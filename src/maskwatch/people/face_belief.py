"""Whether a track is a face at all: the opinion of several looks, remembered by track."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Belief(Enum):
    """What is believed of a track."""

    OPEN = "open"
    FACE = "face"
    NO_FACE = "no face"


@dataclass(frozen=True, slots=True)
class BeliefRules:
    """When a track is believed to be a face.

    Attributes:
        quick: Mean face score from which `quick_looks` looks suffice.
        quick_looks: Sum of weights; a look soon after another weighs less.
        slow: Lower mean face score, for which it takes `slow_looks`.
        slow_looks: Sum of weights.
        rejected: Mean face score below which, after `quick_looks`, it is taken for no face.
        apart: Seconds between two looks from which each has its full weight.
        memory: Number of looks over which the mean is taken.
    """

    quick: float
    slow: float
    quick_looks: float = 2.0
    slow_looks: float = 5.0
    rejected: float = 0.1
    apart: float = 0.1
    memory: float = 12.0

    @classmethod
    def of_threshold(cls, threshold: float) -> BeliefRules:
        """Returns the rules for the score from which a single frame would report a face."""
        return cls(quick=threshold, slow=0.8 * threshold, rejected=0.25 * threshold)


class FaceBelief:
    """The looks at one track.

    Args:
        rules: When it is a face.

    Attributes:
        belief: What is believed now. A face becomes none only if later looks speak against it clearly.
    """

    def __init__(self, rules: BeliefRules) -> None:
        self.belief = Belief.OPEN
        self._rules = rules
        self._mean = 0.0  # of the log-odds
        self._weight = 0.0
        self._last: float | None = None

    def observe(self, t: float, score: float) -> None:
        """Takes the face score of one look, by both opinions, in [0, 1].

        Args:
            t: Seconds since the stream began.
            score: 0 for a place that the classifier takes for no face.
        """
        rules = self._rules
        weight = 1.0 if self._last is None else min(1.0, max(0.0, t - self._last) / rules.apart)
        self._last = t
        self._weight = min(self._weight + weight, rules.memory)
        if self._weight > 0:
            self._mean += weight / self._weight * (_log_odds(score) - self._mean)
        mean = self.score
        if self.belief is Belief.FACE:
            if mean < rules.rejected:
                self.belief = Belief.NO_FACE
            return
        if (self._weight >= rules.quick_looks and mean >= rules.quick) or (
            self._weight >= rules.slow_looks and mean >= rules.slow
        ):
            self.belief = Belief.FACE
        elif self._weight >= rules.quick_looks and mean < rules.rejected:
            self.belief = Belief.NO_FACE
        else:
            self.belief = Belief.OPEN

    @property
    def score(self) -> float:
        """Mean face score of the looks, in [0, 1]."""
        return 1 / (1 + math.exp(-self._mean))


def _log_odds(score: float) -> float:
    bounded = min(max(score, 0.001), 0.999)
    return math.log(bounded / (1 - bounded))
