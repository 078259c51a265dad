"""Counts mistakes by face height, true state and source. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from maskwatch.evaluation.metrics import HEIGHTS
from maskwatch.types import LABELS

WHOLE_PICTURE: Final = "whole picture"
"""The height class of a picture of one person in which no face was found."""

_UNKNOWN: Final = "face"


@dataclass(frozen=True, slots=True)
class MistakeCounts:
    """The mistakes of one group of faces.

    Attributes:
        by: What the faces are grouped by: "height", "state" or "source".
        name: The group.
        missed: True faces that were not found.
        false: Detections that are no faces.
        wrong: Found faces with a wrong label.
        wrong_certain: Those of them whose answer was given as certain.
    """

    by: str
    name: str
    missed: int
    false: int
    wrong: int
    wrong_certain: int


def count_mistakes(mistakes: Iterable[Mapping[str, Any]]) -> list[MistakeCounts]:
    """Counts mistakes by face height, by true state and by source.

    Args:
        mistakes: Rows as `maskwatch.evaluation.mistakes.records` makes them.

    Returns:
        Heights from small to large, then states (a false face has none), then sources by name; groups
        without a mistake are left out.
    """
    counts: dict[tuple[str, str], Counter[str]] = {}
    for mistake in mistakes:
        kind = str(mistake["kind"])
        groups = [("height", _height(mistake.get("height"))), ("source", str(mistake.get("source") or "-"))]
        if kind != "false_face":
            groups.append(("state", str(mistake.get("true") or _UNKNOWN)))
        for group in groups:
            tally = counts.setdefault(group, Counter())
            tally[kind] += 1
            tally["wrong_certain"] += kind == "wrong_label" and bool(mistake.get("certain"))
    order = {name: place for place, name in enumerate((*HEIGHTS, WHOLE_PICTURE, *LABELS, _UNKNOWN))}
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
        return WHOLE_PICTURE
    return next(name for name, (low, high) in HEIGHTS.items() if low <= pixels < high)
