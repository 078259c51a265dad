"""A list of labels that are wrong in a data set: names of pictures and numbers of boxes, no pictures.

A CSV file with the columns `picture`, `box` and `state`, and any others for people:

    picture,box,state,note
    street_12.jpg,3,mask_worn_incorrectly,under the chin
    street_40.jpg,0,ignore,no face in this box
    crops/with_mask/7.jpg,,without_mask,

`picture` is a file name, or the end of a path where names are not unique. `box` counts from 0 as the data
set lists the boxes; it stays empty for a picture of one person, and for one that was thought to show no
face ("ignore"). `state` is one of the three states, "face" for one whose state cannot be told, or "ignore".
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from maskwatch.data.names import MEANINGS, state_of
from maskwatch.data.sample import UNKNOWN, CropSample, Sample
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
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from error
    found = []
    for number, row in enumerate(rows, 2):
        picture, box, meaning = (str(row.get(key) or "").strip() for key in ("picture", "box", "state"))
        if not picture or meaning not in MEANINGS or not (box.isdecimal() or not box):
            raise DataError(
                f"{path}:{number}: needs picture, box (a number or nothing) and state ({', '.join(MEANINGS)})"
            )
        parts = tuple(part for part in picture.replace("\\", "/").split("/") if part)
        found.append(Correction(parts, int(box) if box else None, meaning))
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


def label_pictures(paths: Iterable[Path], corrections: Iterable[Correction]) -> list[CropSample]:
    """Pictures of one person that nobody labelled but the list: those it gives one of the three states."""
    by_name = _by_name(corrections)
    found = []
    for path in paths:
        for entry in _about(path, by_name):
            state = state_of(entry.meaning, {}, str(path))
            if entry.box is None and state is not None and state != UNKNOWN:
                found.append(CropSample(path, state, path.parent.name))
    return found


def left_out(paths: Iterable[Path], corrections: Iterable[Correction]) -> set[Path]:
    """Pictures that the list ignores as a whole: as ones without a face, for example, that do show one."""
    by_name = _by_name(corrections)
    return {
        path
        for path in paths
        if any(entry.box is None and entry.meaning == "ignore" for entry in _about(path, by_name))
    }


def correct(
    samples: Iterable[Sample], crops: Iterable[CropSample], corrections: Iterable[Correction]
) -> tuple[list[Sample], list[CropSample], int]:
    """Applies corrections.

    Args:
        samples: Pictures with boxes.
        crops: Pictures of one person; those to be ignored, or of unknown state, are left out.
        corrections: The list; entries about other pictures are passed over.

    Returns:
        The samples, the crops, and the number of labels that were changed.

    Raises:
        DataError: An entry names a box that its picture does not have.
    """
    by_name = _by_name(corrections)
    changed = 0
    mended_samples: list[Sample] = []
    for sample in samples:
        states, ignore = sample.states.copy(), sample.ignore.copy()
        for entry in _about(sample.path, by_name):
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
    mended_crops: list[CropSample] = []
    for crop in crops:
        whole: int | None = crop.state
        for entry in _about(crop.path, by_name):
            if entry.box is None:
                whole = state_of(entry.meaning, {}, str(crop.path))
        changed += whole != crop.state
        if whole is not None and whole != UNKNOWN:
            mended_crops.append(replace(crop, state=whole))
    return mended_samples, mended_crops, changed


def _by_name(corrections: Iterable[Correction]) -> dict[str, list[Correction]]:
    by_name: dict[str, list[Correction]] = {}
    for entry in corrections:
        by_name.setdefault(entry.picture[-1], []).append(entry)
    return by_name


def _about(path: Path, by_name: dict[str, list[Correction]]) -> list[Correction]:
    """The entries whose name is the end of this path."""
    return [e for e in by_name.get(path.name, ()) if path.parts[-len(e.picture) :] == e.picture]
