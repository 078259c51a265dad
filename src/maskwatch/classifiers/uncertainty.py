"""Decides which answers are uncertain, and for which reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.types import LABELS

if TYPE_CHECKING:
    from maskwatch.models.metadata import Thresholds


CERTAIN_FACE: Final = 0.75
"""Face score, by both models' opinion, below which no answer is certain (reason "maybe_no_face").

Of the certain answers on the scenes of val with at least this score, more than 99 of 100 lie on faces: still
804 of 808, live 764 of 767 (matched with the labels, then checked by eye, for most of what is not labelled is
a face all the same). The others are a hand, an ear, a skull and a drawing. Certain answers with lower scores
lie on backs of heads, fists, bags and lamps, too."""


@dataclass(frozen=True, slots=True)
class UncertaintyRules:
    """An answer is uncertain if the face can hardly be seen, or if no state is probable enough.

    Attributes:
        limits: What is measured ("too_small": shorter side in pixels, "dark": luminance from 0 to 255,
            "blurred": sharpness) -> value below which no answer is certain.
        undecided: State -> probability below which an answer of this state is uncertain.
        causes: What is measured, or "turned_away" -> value below which it is named as the reason of an answer
            that is not probable enough; without such a cause the reason is "undecided".
        certain_face: Face score ("maybe_no_face") below which no answer is certain.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    undecided: Mapping[str, float] = field(default_factory=dict)
    causes: Mapping[str, float] = field(default_factory=dict)
    certain_face: float = 0.0

    @classmethod
    def from_metadata(cls, thresholds: Thresholds) -> UncertaintyRules:
        """Makes them from the "thresholds" in the metadata of a model file."""
        limits = {"too_small": thresholds.too_small, "dark": thresholds.dark, "blurred": thresholds.blurred}
        undecided = thresholds.undecided
        return cls(
            {key: limit for key, limit in limits.items() if limit is not None},
            undecided if isinstance(undecided, dict) else dict.fromkeys(LABELS, undecided),
            thresholds.causes,
            CERTAIN_FACE,
        )

    def reasons(
        self, probabilities: NDArray[np.floating], measures: Mapping[str, NDArray[np.floating]]
    ) -> NDArray[np.object_]:
        """Returns the reason why each answer is uncertain.

        Args:
            probabilities: (n, 3), columns as in `LABELS`.
            measures: (n,) values of "too_small", "dark", "blurred", "turned_away" and "maybe_no_face", where
                known; lower is worse.

        Returns:
            (n,) object: a `Reason`, None for a certain answer.
        """
        reasons = np.full(len(probabilities), None, np.object_)
        least = np.array([self.undecided.get(label, 0.0) for label in LABELS])
        uncertain = probabilities.max(axis=1) < least[probabilities.argmax(axis=1)]
        reasons[uncertain] = "undecided"
        for limits, rows in ((self.causes, uncertain), (self.limits, np.ones(len(probabilities), np.bool_))):
            for reason, values in reversed(list(measures.items())):  # the first that applies wins
                reasons[rows & (values < limits.get(reason, -np.inf))] = reason
        if "maybe_no_face" in measures:
            unexplained = np.array([reason in (None, "undecided") for reason in reasons], np.bool_)
            reasons[unexplained & (measures["maybe_no_face"] < self.certain_face)] = "maybe_no_face"
        return reasons
