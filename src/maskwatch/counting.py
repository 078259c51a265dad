"""Counts faces by the state of their masks."""

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
    """Numbers of faces. Each face is counted once.

    Attributes:
        masked: Faces that certainly wear a mask.
        unmasked: Faces that certainly wear none.
        wrong: Faces that certainly wear a mask which leaves nose or mouth uncovered.
        uncertain: All other faces.
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

    def __str__(self) -> str:
        return (
            f"{self.total} face{'' if self.total == 1 else 's'}: {self.masked} masked,"
            f" {self.unmasked} unmasked, {self.wrong} worn wrongly, {self.uncertain} uncertain"
        )


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
