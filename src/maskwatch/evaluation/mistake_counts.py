"""Mistakes counted by what they have in common: which kinds of faces a model fails on. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from maskwatch.evaluation.metrics import HEIGHTS
from maskwatch.types import LABELS

WHOLE: Final = "whole picture"
"""The class of height of a picture of one person in which nothing was found."""

_UNKNOWN: Final = "face"


@dataclass(frozen=True, slots=True)
class MistakeCounts:
    """The mistakes of one sort of faces.

    Attributes:
        by: What the faces were sorted by: "height", "state" or "source".
        name: The sort.
        missed: Faces that were not found.
        false: Faces that are none.
        wrong: Found faces with a wrong label.
        wrong_certain: Those of them whose answer was given as certain.
    """

    by: str
    name: str
    missed: int
    false: int
    wrong: int
    wrong_certain: int


def count(mistakes: Iterable[Mapping[str, Any]]) -> list[MistakeCounts]:
    """Counts mistakes by face height, by true state and by source.

    Args:
        mistakes: Rows as `maskwatch.evaluation.mistakes.records` makes them.

    Returns:
        Heights from small to large, then states (a false face has none), then sources by name; sorts
        without a mistake are left out.
    """
    counts: dict[tuple[str, str], Counter[str]] = {}
    for mistake in mistakes:
        kind = str(mistake["kind"])
        sorts = [("height", _height(mistake.get("height"))), ("source", str(mistake.get("source") or "-"))]
        if kind != "false_face":
            sorts.append(("state", str(mistake.get("true") or _UNKNOWN)))
        for sort in sorts:
            tally = counts.setdefault(sort, Counter())
            tally[kind] += 1
            tally["wrong_certain"] += kind == "wrong_label" and bool(mistake.get("certain"))
    order = {name: place for place, name in enumerate((*HEIGHTS, WHOLE, *LABELS, _UNKNOWN))}
    place = ("height", "state", "source")
    return [
        MistakeCounts(
            by, name, tally["missed_face"], tally["false_face"], tally["wrong_label"], tally["wrong_certain"]
        )
        for (by, name), tally in sorted(
            counts.items(), key=lambda item: (place.index(item[0][0]), order.get(item[0][1], 99), item[0][1])
        )
    ]


def _height(pixels: float | None) -> str:
    if pixels is None:
        return WHOLE
    return next(name for name, (low, high) in HEIGHTS.items() if low <= pixels < high)
