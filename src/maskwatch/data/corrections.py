"""Corrections: a list of the wrong labels of a data set, applied when it is read.

The list is a CSV file with the columns `picture`, `box` and `state`. Other columns are for people:

    picture,box,state,note
    street_12.jpg,3,mask_worn_incorrectly,under the chin
    street_40.jpg,0,ignore,no face in this box
    crops/with_mask/7.jpg,,without_mask,

`maskwatch.data.picture_lists` explains `picture` and `box`. `box` is empty for a portrait, and for a negative
that does show a face ("ignore"). `state` is one of the three states, "face" for a face whose state cannot be
seen, or "ignore".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from maskwatch.data.formats.class_names import MEANINGS, state_of
from maskwatch.data.picture_lists import entries_for, index_by_name, read_picture_list
from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.errors import DataError


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry of the list.

    Attributes:
        picture: The end of the picture's path, in parts.
        box: Number of the box; None for the whole picture.
        meaning: The right label, one of `maskwatch.data.formats.class_names.MEANINGS`.
    """

    picture: tuple[str, ...]
    box: int | None
    meaning: str


def read_corrections(path: Path) -> list[Correction]:
    """Reads a list of corrections.

    Raises:
        DataError: The file cannot be read, a column is missing, or a state is unknown.
    """
    needs = f"picture, box (a number or nothing) and state ({', '.join(MEANINGS)})"
    corrections = []
    for row in read_picture_list(path, needs):
        meaning = row.columns.get("state", "")
        if meaning not in MEANINGS:
            raise DataError(f"{row.where}: needs {needs}")
        corrections.append(Correction(row.picture, row.box, meaning))
    return corrections


def short_names(paths: Iterable[Path]) -> dict[Path, str]:
    """Returns the shortest unique names of pictures, as a list of corrections has them.

    Returns:
        Path -> the file name, or as many parts of the end of the path as make it unique.
    """
    names: dict[Path, str] = {}
    left, count = set(paths), 1
    while left:
        ends: dict[tuple[str, ...], list[Path]] = {}
        for path in left:
            ends.setdefault(path.parts[-count:], []).append(path)
        for end, same in ends.items():
            if len(same) == 1:
                names[same[0]] = "/".join(end).replace("//", "/")
                left.discard(same[0])
        count += 1
    return names


def label_portraits(paths: Iterable[Path], corrections: Iterable[Correction]) -> list[PortraitSample]:
    """Makes portraits of unlabelled pictures whose state the list gives.

    Args:
        paths: The unlabelled pictures.
        corrections: The list.

    Returns:
        The pictures with an entry for the whole picture and one of the three states.
    """
    entries = index_by_name(corrections)
    portraits = []
    for path in paths:
        for entry in entries_for(path, entries):
            state = state_of(entry.meaning, {}, str(path))
            if entry.box is None and state is not None and state != UNKNOWN:
                portraits.append(PortraitSample(path, state, path.parent.name))
    return portraits


def ignored_pictures(paths: Iterable[Path], corrections: Iterable[Correction]) -> set[Path]:
    """Returns the pictures that the list ignores as a whole, for example negatives that do show a face."""
    entries = index_by_name(corrections)
    return {
        path
        for path in paths
        if any(entry.box is None and entry.meaning == "ignore" for entry in entries_for(path, entries))
    }


def apply_corrections(
    samples: Iterable[Sample], portraits: Iterable[PortraitSample], corrections: Iterable[Correction]
) -> tuple[list[Sample], list[PortraitSample], int]:
    """Applies corrections to labels.

    Args:
        samples: Pictures with boxes.
        portraits: Pictures of one person.
        corrections: The list; entries about other pictures have no effect.

    Returns:
        The samples, the portraits, and the number of labels that were changed. Portraits that the list
        ignores or gives an unknown state are left out.

    Raises:
        DataError: An entry names a box that its picture does not have.
    """
    entries = index_by_name(corrections)
    changed = 0
    corrected_samples: list[Sample] = []
    for sample in samples:
        states, ignore = sample.states.copy(), sample.ignore.copy()
        for entry in entries_for(sample.path, entries):
            if entry.box is None:
                continue
            if entry.box >= len(states):
                raise DataError(f"{sample.path}: has no box {entry.box}, named in the corrections")
            state = state_of(entry.meaning, {}, str(sample.path))
            old = states[entry.box], ignore[entry.box]
            states[entry.box] = UNKNOWN if state is None else state
            ignore[entry.box] = state is None
            changed += old != (states[entry.box], ignore[entry.box])
        corrected_samples.append(replace(sample, states=states, ignore=ignore))
    corrected_portraits: list[PortraitSample] = []
    for portrait in portraits:
        corrected: int | None = portrait.state
        for entry in entries_for(portrait.path, entries):
            if entry.box is None:
                corrected = state_of(entry.meaning, {}, str(portrait.path))
        changed += corrected != portrait.state
        if corrected is not None and corrected != UNKNOWN:
            corrected_portraits.append(replace(portrait, state=corrected))
    return corrected_samples, corrected_portraits, changed
