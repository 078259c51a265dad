"""Which answers are not certain, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskwatch.types import LABELS


@dataclass(frozen=True, slots=True)
class UncertaintyRules:
    """An answer is doubtful if the face can hardly be seen, or if no state is probable enough.

    Attributes:
        limits: What is measured ("too_small": shorter side in pixels, "dark": luminance, "blurred":
            sharpness) -> the value under which no answer is certain.
        undecided: State -> the probability under which an answer of this state is not certain.
        causes: What is measured, or "turned_away" -> the value under which it is named as the cause where an
            answer is not probable enough; without a cause the answer is "undecided".
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    undecided: Mapping[str, float] = field(default_factory=dict)
    causes: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> UncertaintyRules:
        """From the "thresholds" of a model file.

        Raises:
            TypeError, ValueError, AttributeError: They make no sense.
        """
        undecided = entry.get("undecided", {})
        if not isinstance(undecided, Mapping):  # one for all states
            undecided = dict.fromkeys(LABELS, undecided)
        return cls(
            {key: float(entry[key]) for key in ("too_small", "dark", "blurred") if key in entry},
            {str(key): float(value) for key, value in undecided.items()},
            {str(key): float(value) for key, value in entry.get("causes", {}).items()},
        )

    def reasons(
        self, probabilities: NDArray[np.floating], measures: Mapping[str, NDArray[np.floating]]
    ) -> NDArray[np.object_]:
        """Why each answer is doubtful.

        Args:
            probabilities: (n, 3), columns as in `LABELS`.
            measures: (n,) values of "too_small", "dark", "blurred" and "turned_away", where known; less is
                worse.

        Returns:
            (n,) object: a `Reason`, None for a certain answer.
        """
        reasons = np.full(len(probabilities), None, np.object_)
        least = np.array([self.undecided.get(label, 0.0) for label in LABELS])
        doubtful = probabilities.max(axis=1) < least[probabilities.argmax(axis=1)]
        reasons[doubtful] = "undecided"
        for limits, rows in ((self.causes, doubtful), (self.limits, np.ones(len(probabilities), np.bool_))):
            for reason, values in reversed(list(measures.items())):  # the first that applies is told
                reasons[rows & (values < limits.get(reason, -np.inf))] = reason
        return reasons
