"""Reads what a training learns from and is validated on: data sets, negatives, unlabelled pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from maskwatch.data.corrections import (
    Correction,
    apply_corrections,
    ignored_pictures,
    label_portraits,
    read_corrections,
)
from maskwatch.data.dataset import read_dataset
from maskwatch.data.formats.class_folders import class_folders
from maskwatch.data.negatives import is_held_out, read_negatives
from maskwatch.data.picture_files import is_folder, pictures_in
from maskwatch.data.sample import Dataset, PortraitSample, Sample
from maskwatch.data.stratified_split import face_counts, split_by_group
from maskwatch.errors import DataError
from maskwatch.training.data.auto_labeller import auto_label
from maskwatch.training.data.label_cache import AutoLabels
from maskwatch.training.data.picture_cache import PictureCache, cache

Say = Callable[[str], None]

_LEAST_TO_SPLIT: Final = 10
_MOST_NAMED: Final = 20


@dataclass(frozen=True)
class TrainingSources:
    """What to train on, as the user named it.

    Attributes:
        data: Data sets with boxes, or folders named after the states; see `read_dataset`.
        negatives: Folders of pictures without a face; every fourth picture is held out for evaluation.
        unlabelled: Folders of pictures with faces and no labels; the auto-labeller labels them.
        names: Class name in the data -> meaning; see `maskwatch.data.formats.class_names`.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`.
        auto_labeller: YuNet's ONNX file; None does without.
        cache: Folder for decoded pictures and the auto-labeller's boxes.
        labels_before_exif: Whether boxes were drawn before the EXIF turn; see `read_dataset`.
    """

    data: Sequence[Path]
    negatives: Sequence[Path] = ()
    unlabelled: Sequence[Path] = ()
    names: dict[str, str] = field(default_factory=dict)
    corrections: Path | None = None
    auto_labeller: Path | None = None
    cache: Path = Path("runs/cache")
    labels_before_exif: bool = False


@dataclass(frozen=True)
class LabelledPictures:
    """Labelled pictures: with boxes, and of one person."""

    samples: list[Sample]
    portraits: list[PortraitSample]

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return [s.path for s in self.samples] + [c.path for c in self.portraits]

    @property
    def items(self) -> list[Sample | PortraitSample]:
        """All of them."""
        return [*self.samples, *self.portraits]


@dataclass(frozen=True)
class TrainingSet:
    """What was read.

    Attributes:
        train: Pictures to learn from.
        held_out: Pictures to validate on.
        negatives: Pictures without a face, to learn from.
        held_out_negatives: Pictures without a face, to measure on.
        unlabelled: Pictures with faces that nobody labelled.
        pictures: Decoded pixels of all of them that can be read, but for `held_out_negatives`.
        auto_labels: The auto-labeller's boxes in them; empty without one.
        unreadable: One line for each picture that cannot be read.
    """

    train: LabelledPictures
    held_out: LabelledPictures
    negatives: list[Sample]
    held_out_negatives: list[Sample]
    unlabelled: list[Path]
    pictures: PictureCache
    auto_labels: AutoLabels
    unreadable: list[str]


def read_training_set(sources: TrainingSources, hold_out: float, seed: int, say: Say) -> TrainingSet:
    """Reads data sets, corrects their labels and decodes their pictures.

    Args:
        sources: What the user named.
        hold_out: Share that is held out for validation where a data set has no split "val".
        seed: Of that choice.
        say: Takes lines for people.

    Raises:
        DataError: There is nothing to train on.
    """
    corrections = [] if sources.corrections is None else read_corrections(sources.corrections)
    train, held_out = _read_labels(sources, hold_out, seed, say)
    if sources.corrections is not None:
        train, changed_in_train = _corrected(train, corrections)
        held_out, changed_in_held_out = _corrected(held_out, corrections)
        say(f"{changed_in_train + changed_in_held_out} labels corrected")
    for path in sources.unlabelled:
        if not is_folder(path):
            raise DataError(f"{path}: no such folder")
    unlabelled = [p for path in sources.unlabelled for p in pictures_in(path)]
    if labelled := label_portraits(unlabelled, corrections):
        train.portraits.extend(labelled)
        say(f"{len(labelled)} unlabelled pictures got a label from {sources.corrections}")
    if not train.items:
        raise DataError("no labelled picture to train on")
    negatives = [negative for path in sources.negatives for negative in read_negatives(path)]
    train_negatives = [negative for negative in negatives if not is_held_out(negative.path)]
    with_people = ignored_pictures([negative.path for negative in negatives], corrections)
    held_out_negatives = [n for n in negatives if is_held_out(n.path) and n.path not in with_people]
    paths = sorted({*train.paths, *held_out.paths, *(n.path for n in train_negatives), *unlabelled})
    pictures, unreadable = cache(paths, sources.cache)
    if len(unreadable) == len(paths):
        raise DataError(f"not one picture can be read; the first: {unreadable[0]}")
    auto_labels: AutoLabels = {}
    if sources.auto_labeller is not None:
        auto_labels = auto_label(paths, pictures, sources.auto_labeller, sources.cache)
    return TrainingSet(
        train,
        held_out,
        train_negatives,
        held_out_negatives,
        unlabelled,
        pictures,
        auto_labels,
        unreadable,
    )


def list_unreadable(unreadable: Sequence[str], say: Say) -> None:
    """Lists the pictures that were left out."""
    if unreadable:
        say(f"{len(unreadable)} pictures could not be read and were left out:")
    for line in unreadable[:_MOST_NAMED]:
        say(f"  {line}")
    if len(unreadable) > _MOST_NAMED:
        say(f"  and {len(unreadable) - _MOST_NAMED} more")


def _read_labels(
    sources: TrainingSources, hold_out: float, seed: int, say: Say
) -> tuple[LabelledPictures, LabelledPictures]:
    train, held_out = LabelledPictures([], []), LabelledPictures([], [])
    for path in sources.data:
        _refuse_empty_folders(path, sources.names)
        dataset = read_dataset(path, sources.names, sources.labels_before_exif)
        for problem in (*dataset.problems, *dataset.notes):
            say(problem)
        dataset = _with_validation(dataset, hold_out, seed)
        for target, split in ((train, "train"), (held_out, "val")):
            part = dataset.part(split)
            target.samples.extend(part.samples)
            target.portraits.extend(part.portraits)
    return train, held_out


def _corrected(labelled: LabelledPictures, corrections: Sequence[Correction]) -> tuple[LabelledPictures, int]:
    samples, portraits, changed = apply_corrections(labelled.samples, labelled.portraits, corrections)
    return LabelledPictures(samples, portraits), changed


def _refuse_empty_folders(path: Path, names: dict[str, str]) -> None:
    if not is_folder(path):
        return
    folders = class_folders(path, names)
    empty = [folder for folder, _, _ in folders if not pictures_in(folder)]
    if empty and len(empty) < len(folders):
        raise DataError(f"{empty[0]} holds no picture; put some there or remove the folder")


def _with_validation(dataset: Dataset, hold_out: float, seed: int) -> Dataset:
    """Returns the data set with the splits "train" and "val": its own, or whole groups drawn by class."""
    if {"train", "val"} <= set(dataset.splits):
        return dataset
    if "train" in dataset.splits:
        dataset = dataset.part("train")
    items: list[Sample | PortraitSample] = [*dataset.samples, *dataset.portraits]
    splits = ["train"] * len(items)
    if hold_out > 0 and len(items) >= _LEAST_TO_SPLIT:
        groups = [item.group and f"{item.source}/{item.group}" for item in items]
        counts = face_counts([_states(item) for item in items])
        with suppress(DataError):  # all pictures are one group
            splits = split_by_group(groups, counts, {"train": 1 - hold_out, "val": hold_out}, seed)
    assigned = [replace(item, split=split) for item, split in zip(items, splits, strict=True)]
    return replace(
        dataset,
        samples=tuple(item for item in assigned if isinstance(item, Sample)),
        portraits=tuple(item for item in assigned if isinstance(item, PortraitSample)),
    )


def _states(item: Sample | PortraitSample) -> np.ndarray:
    return np.array([item.state]) if isinstance(item, PortraitSample) else item.states[~item.ignore]
