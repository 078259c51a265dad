"""Figures of slices: faces that look alike (turned aside, glasses, a dark mask ...), named in a list.

A list is a CSV file with the columns `picture`, `box` (see `maskwatch.data.picture_lists`) and `slice`, one
line a face and slice:

    picture,box,slice
    street_12.jpg,3,glasses
    street_12.jpg,3,dark mask
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskwatch.data.picture_lists import entries_for, index_by_name, read_picture_list
from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import DataError
from maskwatch.evaluation.figures import SliceFigures
from maskwatch.evaluation.match_table import MatchTable, PicturePrediction, tabulate
from maskwatch.proportion import proportion

_NEEDS = "picture, box (a number) and slice (a name)"


@dataclass(frozen=True, slots=True)
class Member:
    """A face that belongs to a slice.

    Attributes:
        picture: The end of the picture's path, by its parts.
        box: Its row among the picture's boxes.
        name: Of the slice.
    """

    picture: tuple[str, ...]
    box: int
    name: str


def read_slices(path: Path) -> list[Member]:
    """Reads a list.

    Raises:
        DataError: It cannot be read, or lacks something.
    """
    members = []
    for row in read_picture_list(path, _NEEDS):
        name = row.columns.get("slice", "")
        if row.box is None or not name:
            raise DataError(f"{row.where}: needs {_NEEDS}")
        members.append(Member(row.picture, row.box, name))
    return members


def by_slice(
    predictions: Sequence[PicturePrediction], members: Iterable[Member], partly_labelled: Collection[str] = ()
) -> dict[str, SliceFigures]:
    """Computes the figures of each slice, by its name, at the operating point.

    Args:
        predictions: Of pictures with boxes.
        members: The faces of the slices; those of other pictures and ignored ones are skipped.
        partly_labelled: Sources in which some faces have no box.

    Raises:
        DataError: A slice names a box that its picture does not have.
    """
    entries = index_by_name(members)
    rows: dict[str, list[tuple[bool, bool, bool, bool]]] = {}  # found, of known state, right, certain
    for item in predictions:
        of_picture = entries_for(item.sample.path, entries)
        if not of_picture:
            continue
        table = tabulate(item, item.faces, 0.5, partly_labelled)
        places = {int(row): place for place, row in enumerate(table.truth_row)}
        for member in of_picture:
            if member.box >= len(item.sample.boxes):
                raise DataError(f"{item.sample.path}: has no box {member.box}, named in the slices")
            if member.box not in places:
                continue
            rows.setdefault(member.name, []).append(_outcome(table, places[member.box]))
    return {name: _slice_figures(outcomes) for name, outcomes in sorted(rows.items())}


def _outcome(table: MatchTable, place: int) -> tuple[bool, bool, bool, bool]:
    """Returns whether a true face is found, is found and of known state, is labelled right, is certain."""
    state, detection = table.truth_state[place], table.truth_detection[place]
    if detection < 0:
        return False, False, False, False
    probabilities = table.detection_probabilities[detection]
    known = bool(state != UNKNOWN and not np.isnan(probabilities).any())
    right = known and bool(probabilities.argmax() == state)
    return True, known, right, known and bool(table.detection_certain[detection])


def _slice_figures(rows: list[tuple[bool, bool, bool, bool]]) -> SliceFigures:
    found, known, right, certain = np.array(rows, np.bool_).T
    return SliceFigures(
        found=proportion(found),
        right=proportion(right[known]),
        certain=proportion(certain[known]),
        certain_right=proportion(right[certain]),
    )
