"""Whether a track is a face at all: the opinion of several looks, remembered by track."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

_LEAST: Final = 0.001
"""Scores are taken as at least this, and at most 1 minus this: no single look may outweigh all others."""

_RARE: Final = 0.5
"""Seconds between two looks from which more time makes no difference."""

_LEAST_THRESHOLD: Final = 0.01


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
        sure: Mean face score from which, after `slow_looks`, no doubt is left that it is a face.
        rejected: Mean face score below which, after `quick_looks`, it is taken for no face.
        apart: Seconds between two looks from which each has its full weight.
        memory: Seconds after which a look counts a third (1/e): who comes nearer is seen anew.
        lasting: The same for what is believed to be a face: a person may turn away for long.
    """

    quick: float
    slow: float
    sure: float = 0.65
    quick_looks: float = 1.7
    slow_looks: float = 3.5
    rejected: float = 0.1
    apart: float = 0.1
    memory: float = 2.0
    lasting: float = 5.0

    @classmethod
    def of_threshold(cls, threshold: float, slow: float = 0.8) -> BeliefRules:
        """Returns the rules for the score from which a single frame would report a face.

        Args:
            threshold: That score. Where it is 0, every detection is a face but those that the classifier
                takes for none.
            slow: Share of it that many looks need.
        """
        threshold = max(threshold, _LEAST_THRESHOLD)
        return cls(quick=threshold, slow=slow * threshold, rejected=0.25 * threshold)


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

    @property
    def sure(self) -> bool:
        """Whether no doubt is left, even where single looks have some."""
        return self._weight >= self._rules.slow_looks and self.score >= self._rules.sure

    def observe(self, t: float, score: float) -> None:
        """Takes the face score of one look, by both opinions, in [0, 1].

        Args:
            t: Seconds since the stream began.
            score: 0 for a place that the classifier takes for no face.
        """
        rules = self._rules
        passed = math.inf if self._last is None else max(0.0, t - self._last)
        self._last = t
        weight = min(1.0, passed / rules.apart)
        memory = rules.lasting if self.belief is Belief.FACE else rules.memory
        # Looks that are rare, because frames are, are not forgotten for that.
        self._weight = self._weight * math.exp(-min(passed, _RARE) / memory) + weight
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
    bounded = min(max(score, _LEAST), 1 - _LEAST)
    return math.log(bounded / (1 - bounded))
