"""Reads the labelled pictures that an evaluation runs on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from maskwatch.data.corrections import apply_corrections, ignored_pictures, read_corrections
from maskwatch.data.dataset import read_dataset, source_name
from maskwatch.data.negatives import is_held_out, read_negatives
from maskwatch.data.sample import Dataset, PortraitSample, Sample
from maskwatch.errors import DataError

ALL_SPLITS: Final = "all"
"""The name of the split that takes every picture."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user selected.

    Attributes:
        data: Data sets in any form; see `maskwatch.data.dataset.read_dataset`.
        negatives: Folders of pictures without a face.
        portraits: Folders of pictures of one person, by state.
        names: Class name in the data -> meaning.
        split: Which split; None takes val, else test, else every picture; "all" takes every picture.
        held_out_only: Of the negatives only those that training leaves out.
        limit: At most so many pictures of each kind, drawn at random but always the same; None: all.
        labels_before_exif: Whether boxes were drawn before the EXIF turn; see `read_dataset`.
    """

    data: Sequence[Path] = ()
    negatives: Sequence[Path] = ()
    portraits: Sequence[Path] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    held_out_only: bool = False
    limit: int | None = None
    labels_before_exif: bool = False


@dataclass(slots=True)
class EvaluationSet:
    """The pictures of an evaluation.

    Attributes:
        samples: Pictures with boxes.
        negatives: Pictures without a face.
        portraits: Pictures of one person.
        problems: What was left out, one line each.
        about: Where they are from and how many there are, for the report.
    """

    samples: list[Sample] = field(default_factory=list)
    negatives: list[Sample] = field(default_factory=list)
    portraits: list[PortraitSample] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        """The sources of the pictures with boxes, sorted."""
        return sorted({sample.source for sample in self.samples})


def select(selection: Selection) -> EvaluationSet:
    """Reads the data sets.

    Raises:
        DataError: A data set cannot be read or has no such split, or no picture is selected.
    """
    evaluation_set = EvaluationSet()
    splits = []
    for path in (*selection.data, *selection.portraits):
        dataset = read_dataset(path, selection.names, selection.labels_before_exif)
        if path in selection.portraits and not dataset.portraits:
            raise DataError(f"{path}: {dataset.form} is not a set of pictures of one person each")
        part, split = _part(dataset, selection.split, path)
        splits.append(f"{path.name}: {split}")
        evaluation_set.samples += part.samples
        evaluation_set.portraits += part.portraits
        evaluation_set.problems += dataset.problems
    for path in selection.negatives:
        negatives = read_negatives(path)
        if selection.held_out_only:
            negatives = [sample for sample in negatives if is_held_out(sample.path)]
        evaluation_set.negatives += negatives
    evaluation_set.samples = _limited(evaluation_set.samples, selection.limit)
    evaluation_set.negatives = _limited(evaluation_set.negatives, selection.limit)
    evaluation_set.portraits = _limited(evaluation_set.portraits, selection.limit)
    if not (evaluation_set.samples or evaluation_set.negatives or evaluation_set.portraits):
        raise DataError("nothing to look at: name a data set, or --negatives or --crops")
    evaluation_set.about = {
        "names": sorted(
            {source_name(path) for path in (*selection.data, *selection.portraits)}
            | {p.name for p in selection.negatives}
        ),
        "splits": ", ".join(splits),
        "pictures with boxes": len(evaluation_set.samples),
        "pictures without a face": len(evaluation_set.negatives),
        "pictures of one person": len(evaluation_set.portraits),
        "sources": dict(Counter(sample.source for sample in evaluation_set.samples)),
        # Written so since the first version: older files hold this key.
        "held-back negatives only": selection.held_out_only,
        "limit": selection.limit,
    }
    return evaluation_set


def with_corrections(evaluation_set: EvaluationSet, corrections: Path | None) -> EvaluationSet:
    """Returns the pictures with corrected labels, without negatives that show a face.

    Args:
        evaluation_set: The pictures, labelled as the data says.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`. None corrects nothing.

    Raises:
        DataError: The list cannot be used.
    """
    if corrections is None:
        return evaluation_set
    entries = read_corrections(corrections)
    with_faces = ignored_pictures([sample.path for sample in evaluation_set.negatives], entries)
    samples, portraits, _ = apply_corrections(evaluation_set.samples, evaluation_set.portraits, entries)
    negatives = [sample for sample in evaluation_set.negatives if sample.path not in with_faces]
    counts = {
        "pictures with boxes": len(samples),
        "pictures without a face": len(negatives),
        "pictures of one person": len(portraits),
    }
    about = evaluation_set.about | {key: counts[key] for key in counts if key in evaluation_set.about}
    return replace(evaluation_set, samples=samples, portraits=portraits, negatives=negatives, about=about)


def _part(dataset: Dataset, split: str | None, path: Path) -> tuple[Dataset, str]:
    known = dataset.splits
    if split == ALL_SPLITS or not known:
        if split not in (None, ALL_SPLITS):
            raise DataError(f"{path}: has no split {split!r}; it is not divided")
        return dataset, ALL_SPLITS
    chosen = split or next((name for name in ("val", "test") if name in known), ALL_SPLITS)
    if chosen == ALL_SPLITS:
        return dataset, ALL_SPLITS
    if chosen not in known:
        raise DataError(f"{path}: has no split {chosen!r}, only {', '.join(known)}")
    return dataset.part(chosen), chosen


def _limited(items: list[_T], limit: int | None) -> list[_T]:
    if limit is None or len(items) <= limit:
        return items
    chosen = np.sort(np.random.default_rng(0).permutation(len(items))[:limit])
    return [items[i] for i in chosen]
