"""From what the user named to the pictures that an evaluation looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from maskwatch.data.dataset import read_dataset, source_name
from maskwatch.data.negatives import is_held_out, read_negatives
from maskwatch.data.sample import Dataset, PortraitSample, Sample
from maskwatch.errors import DataError

EVERY: Final = "all"
"""The name of the split that takes every picture."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked to be looked at.

    Attributes:
        data: Data sets in any form; see `maskwatch.data.dataset.read_dataset`.
        negatives: Folders of pictures without a face.
        portraits: Folders of pictures of one person, by state.
        names: Class name in the data -> meaning.
        split: Which split; None takes val, else test, else everything; "all" everything.
        held_out_only: Of the negatives only those that training leaves out.
        limit: At most so many pictures of each kind, drawn at random but always the same; None: all.
    """

    data: Sequence[Path] = ()
    negatives: Sequence[Path] = ()
    portraits: Sequence[Path] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    held_out_only: bool = False
    limit: int | None = None


@dataclass(slots=True)
class EvaluationSet:
    """The pictures.

    Attributes:
        samples: Pictures with boxes.
        negatives: Pictures without a face.
        portraits: Pictures of one person.
        problems: What was left out, one line each.
        about: Where they are from, for the report.
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


def select(wanted: Selection) -> EvaluationSet:
    """Reads the data sets.

    Raises:
        DataError: One cannot be read, has no such split, or nothing is left to look at.
    """
    material = EvaluationSet()
    splits = []
    for path in (*wanted.data, *wanted.portraits):
        dataset = read_dataset(path, wanted.names)
        if path in wanted.portraits and not dataset.portraits:
            raise DataError(f"{path}: {dataset.form} is not a set of pictures of one person each")
        part, split = _part(dataset, wanted.split, path)
        splits.append(f"{path.name}: {split}")
        material.samples += part.samples
        material.portraits += part.portraits
        material.problems += dataset.problems
    for path in wanted.negatives:
        found = read_negatives(path)
        material.negatives += [s for s in found if is_held_out(s.path)] if wanted.held_out_only else found
    material.samples = _limited(material.samples, wanted.limit)
    material.negatives = _limited(material.negatives, wanted.limit)
    material.portraits = _limited(material.portraits, wanted.limit)
    if not (material.samples or material.negatives or material.portraits):
        raise DataError("nothing to look at: name a data set, or --negatives or --crops")
    material.about = {
        "names": sorted(
            {source_name(path) for path in (*wanted.data, *wanted.portraits)}
            | {p.name for p in wanted.negatives}
        ),
        "splits": ", ".join(splits),
        "pictures with boxes": len(material.samples),
        "pictures without a face": len(material.negatives),
        "pictures of one person": len(material.portraits),
        "sources": dict(Counter(sample.source for sample in material.samples)),
        "held-out negatives only": wanted.held_out_only,
        "limit": wanted.limit,
    }
    return material


def _part(dataset: Dataset, split: str | None, path: Path) -> tuple[Dataset, str]:
    known = dataset.splits
    if split == EVERY or not known:
        if split not in (None, EVERY):
            raise DataError(f"{path}: has no split {split!r}; it is not divided")
        return dataset, EVERY
    chosen = split or next((name for name in ("val", "test") if name in known), EVERY)
    if chosen == EVERY:
        return dataset, EVERY
    if chosen not in known:
        raise DataError(f"{path}: has no split {chosen!r}, only {', '.join(known)}")
    return dataset.part(chosen), chosen


def _limited(items: list[_Item], limit: int | None) -> list[_Item]:
    if limit is None or len(items) <= limit:
        return items
    chosen = np.sort(np.random.default_rng(0).permutation(len(items))[:limit])
    return [items[i] for i in chosen]
