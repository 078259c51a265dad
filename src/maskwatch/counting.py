"""Counts faces, and people, by the state of their masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maskwatch.labels import Label


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
        masked: Those who certainly wear a mask.
        unmasked: Those who certainly wear none.
        wrong: Those who certainly wear a mask which leaves nose or mouth uncovered.
        uncertain: All others.
    """

    masked: int = 0
    unmasked: int = 0
    wrong: int = 0
    uncertain: int = 0

    @property
    def total(self) -> int:
        """All faces."""
        return self.masked + self.unmasked + self.wrong + self.uncertain

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.masked + other.masked,
            self.unmasked + other.unmasked,
            self.wrong + other.wrong,
            self.uncertain + other.uncertain,
        )

    def text(self, one: str, more: str) -> str:
        """Returns one line for people, such as "3 people: 2 masked, ...".

        Args:
            one: What is counted, in the singular.
            more: The same in the plural.
        """
        return (
            f"{self.total} {one if self.total == 1 else more}: {self.masked} masked,"
            f" {self.unmasked} unmasked, {self.wrong} worn wrongly, {self.uncertain} uncertain"
        )

    def __str__(self) -> str:
        return self.text("face", "faces")


_FIELDS: dict[Label, str] = {
    "with_mask": "masked",
    "without_mask": "unmasked",
    "mask_worn_incorrectly": "wrong",
}


def count(faces: Classified) -> Counts:
    """Counts the faces of one picture."""
    numbers = dict.fromkeys(("masked", "unmasked", "wrong", "uncertain"), 0)
    for label, certain in zip(faces.labels, faces.certain, strict=True):
        numbers[_FIELDS[label] if label is not None and certain else "uncertain"] += 1
    return Counts(**numbers)
