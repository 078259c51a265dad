"""A list of labels that are wrong in a data set: names of pictures and numbers of boxes, no pictures.

A CSV file with the columns `picture`, `box` and `state`, and any others for people:

    picture,box,state,note
    street_12.jpg,3,mask_worn_incorrectly,under the chin
    street_40.jpg,0,ignore,no face in this box
    crops/with_mask/7.jpg,,without_mask,

`maskwatch.data.picture_lists` explains `picture` and `box`; `box` stays empty for a picture of one person,
and for one that was thought to show no face ("ignore"). `state` is one of the three states, "face" for one
whose state cannot be told, or "ignore".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from maskwatch.data.formats.class_names import MEANINGS, state_of
from maskwatch.data.picture_lists import about, by_name, read_rows
from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.errors import DataError


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry: the end of the picture's path, the box (None: the whole picture), what it truly is."""

    picture: tuple[str, ...]
    box: int | None
    meaning: str


def read_corrections(path: Path) -> list[Correction]:
    """Reads a list of corrections.

    Raises:
        DataError: The file cannot be read, lacks a column, or has an entry of no meaning.
    """
    needs = f"picture, box (a number or nothing) and state ({', '.join(MEANINGS)})"
    found = []
    for row in read_rows(path, needs):
        meaning = row.columns.get("state", "")
        if meaning not in MEANINGS:
            raise DataError(f"{row.where}: needs {needs}")
        found.append(Correction(row.picture, row.box, meaning))
    return found


def short_names(paths: Iterable[Path]) -> dict[Path, str]:
    """How a list of corrections names pictures: the file name, or as much of the path as tells them apart."""
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


def label_pictures(paths: Iterable[Path], corrections: Iterable[Correction]) -> list[PortraitSample]:
    """Pictures of one person that nobody labelled but the list: those it gives one of the three states."""
    entries = by_name(corrections)
    found = []
    for path in paths:
        for entry in about(path, entries):
            state = state_of(entry.meaning, {}, str(path))
            if entry.box is None and state is not None and state != UNKNOWN:
                found.append(PortraitSample(path, state, path.parent.name))
    return found


def left_out(paths: Iterable[Path], corrections: Iterable[Correction]) -> set[Path]:
    """Pictures that the list ignores as a whole: as ones without a face, for example, that do show one."""
    entries = by_name(corrections)
    return {
        path
        for path in paths
        if any(entry.box is None and entry.meaning == "ignore" for entry in about(path, entries))
    }


def correct(
    samples: Iterable[Sample], portraits: Iterable[PortraitSample], corrections: Iterable[Correction]
) -> tuple[list[Sample], list[PortraitSample], int]:
    """Applies corrections.

    Args:
        samples: Pictures with boxes.
        portraits: Pictures of one person; those to be ignored, or of unknown state, are left out.
        corrections: The list; entries about other pictures are passed over.

    Returns:
        The samples, the crops, and the number of labels that were changed.

    Raises:
        DataError: An entry names a box that its picture does not have.
    """
    entries = by_name(corrections)
    changed = 0
    mended_samples: list[Sample] = []
    for sample in samples:
        states, ignore = sample.states.copy(), sample.ignore.copy()
        for entry in about(sample.path, entries):
            if entry.box is None:
                continue
            if entry.box >= len(states):
                raise DataError(f"{sample.path}: has no box {entry.box}, named in the corrections")
            state = state_of(entry.meaning, {}, str(sample.path))
            old = states[entry.box], ignore[entry.box]
            states[entry.box] = UNKNOWN if state is None else state
            ignore[entry.box] = state is None
            changed += old != (states[entry.box], ignore[entry.box])
        mended_samples.append(replace(sample, states=states, ignore=ignore))
    mended_crops: list[PortraitSample] = []
    for portrait in portraits:
        whole: int | None = portrait.state
        for entry in about(portrait.path, entries):
            if entry.box is None:
                whole = state_of(entry.meaning, {}, str(portrait.path))
        changed += whole != portrait.state
        if whole is not None and whole != UNKNOWN:
            mended_crops.append(replace(portrait, state=whole))
    return mended_samples, mended_crops, changed
