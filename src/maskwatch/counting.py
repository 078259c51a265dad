"""Counts faces and people by the state of their masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maskwatch.labels import Label
from maskwatch.proportion import Proportion


class Classified(Protocol):
    """Faces with their labels, such as `maskwatch.types.Faces`."""

    @property
    def labels(self) -> Sequence[Label | None]:
        """The most probable state of each; None where nothing classified it."""
        ...

    @property
    def certain(self) -> NDArray[np.bool_]:
        """(n,) bool."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of faces, or of people. Each is counted once.

    Attributes:
        masked: Those that certainly wear a mask.
        unmasked: Those that certainly wear none.
        wrong: Those that certainly wear a mask which leaves nose or mouth uncovered.
        uncertain: All others.
    """

    masked: int = 0
    unmasked: int = 0
    wrong: int = 0
    uncertain: int = 0

    @property
    def total(self) -> int:
        """All."""
        return self.masked + self.unmasked + self.wrong + self.uncertain

    @property
    def share(self) -> Proportion:
        """The share of those that wear a mask right, among those whose state is certain."""
        return Proportion(self.masked, self.masked + self.unmasked + self.wrong)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.masked + other.masked,
            self.unmasked + other.unmasked,
            self.wrong + other.wrong,
            self.uncertain + other.uncertain,
        )

    def __str__(self) -> str:
        return self.words("face", "faces")

    def words(self, one: str, many: str) -> str:
        """Returns the numbers as one line.

        Args:
            one: What is counted, such as "person".
            many: The same of several, such as "people".
        """
        return (
            f"{self.total} {one if self.total == 1 else many}: {self.masked} masked,"
            f" {self.unmasked} unmasked, {self.wrong} worn wrongly, {self.uncertain} uncertain"
        )


def count(faces: Classified) -> Counts:
    """Counts the faces of one picture."""
    pairs = zip(faces.labels, faces.certain, strict=True)
    return counts_of(Counter(label if certain else None for label, certain in pairs))


def counts_of(numbers: Mapping[Label | None, int]) -> Counts:
    """Returns the counts from how many have each state; None stands for those whose state is not certain."""
    return Counts(
        masked=numbers.get("with_mask", 0),
        unmasked=numbers.get("without_mask", 0),
        wrong=numbers.get("mask_worn_incorrectly", 0),
        uncertain=numbers.get(None, 0),
    )
