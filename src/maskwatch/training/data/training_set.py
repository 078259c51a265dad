"""What a training learns from and is validated on: data sets, negatives, unlabelled pictures, the teacher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from maskwatch.data.corrections import apply_corrections, label_portraits, read_corrections
from maskwatch.data.dataset import read_dataset
from maskwatch.data.formats.class_folders import class_folders
from maskwatch.data.negatives import is_held_out, read_negatives
from maskwatch.data.picture_files import pictures_in
from maskwatch.data.sample import Dataset, PortraitSample, Sample
from maskwatch.data.stratified_split import face_counts, split_by_group
from maskwatch.errors import DataError
from maskwatch.training.data.auto_labeller import AutoLabels, auto_label
from maskwatch.training.data.picture_cache import PictureCache, cache

Say = Callable[[str], None]

_LEAST_TO_DIVIDE: Final = 10
_MOST_NAMED: Final = 20


@dataclass(frozen=True)
class TrainingSources:
    """What to train on, as the user named it.

    Attributes:
        data: Data sets with boxes, or folders named after the states; see `read_dataset`.
        negatives: Folders of pictures without a face; every fourth picture is held out for evaluation.
        unlabelled: Folders of pictures with faces and no labels; the teacher labels them.
        names: Class name in the data -> meaning; see `maskwatch.data.formats.class_names`.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`.
        teacher: YuNet's ONNX file; None does without.
        cache: Folder for decoded pictures and the teacher's findings.
        labels_before_exif: Whether boxes were drawn before the EXIF turn; see `read_dataset`.
    """

    data: Sequence[Path]
    negatives: Sequence[Path] = ()
    unlabelled: Sequence[Path] = ()
    names: dict[str, str] = field(default_factory=dict)
    corrections: Path | None = None
    teacher: Path | None = None
    cache: Path = Path("runs/cache")
    labels_before_exif: bool = False


@dataclass(frozen=True)
class LabelledPictures:
    """Labelled pictures: with boxes, and of one person."""

    samples: list[Sample]
    portraits: list[PortraitSample]

    @property
    def paths(self) -> list[Path]:
        """Where they are."""
        return [s.path for s in self.samples] + [c.path for c in self.portraits]


@dataclass(frozen=True)
class TrainingSet:
    """The material, read.

    Attributes:
        train: To learn from.
        held: To validate on.
        negatives: Pictures without a face, to learn from.
        unlabelled: Pictures with faces that nobody labelled.
        pictures: Decoded pixels of all of them that can be read.
        teacher: What the teacher sees in them; empty without one.
        failures: One line for each picture that cannot be read.
    """

    train: LabelledPictures
    held: LabelledPictures
    negatives: list[Sample]
    unlabelled: list[Path]
    pictures: PictureCache
    teacher: AutoLabels
    failures: list[str]


def read_training_set(material: TrainingSources, hold_out: float, seed: int, say: Say) -> TrainingSet:
    """Reads data sets and decodes their pictures.

    Args:
        material: What the user named.
        hold_out: Share that is kept for validation where a data set has no split "val".
        seed: Of that choice.
        say: Takes lines for people.

    Raises:
        DataError: There is nothing to train on.
    """
    unlabelled = [p for path in material.unlabelled for p in pictures_in(path)]
    train, held = read_labels(material, hold_out, seed, say)
    if material.corrections is not None:
        found = label_portraits(unlabelled, read_corrections(material.corrections))
        train.portraits.extend(found)
        if found:
            say(f"{len(found)} unlabelled pictures got a label from {material.corrections}")
    if not train.samples and not train.portraits:
        raise DataError("no labelled picture to train on")
    negatives = [n for path in material.negatives for n in read_negatives(path) if not is_held_out(n.path)]
    paths = sorted({*train.paths, *held.paths, *(n.path for n in negatives), *unlabelled})
    pictures, failures = cache(paths, material.cache)
    if len(failures) == len(paths):
        raise DataError(f"not one picture can be read; the first: {failures[0]}")
    seen: AutoLabels = {}
    if material.teacher is not None:
        seen = auto_label(paths, pictures, material.teacher, material.cache / "teacher.npz")
    return TrainingSet(train, held, negatives, unlabelled, pictures, seen, failures)


def read_labels(
    material: TrainingSources, hold_out: float, seed: int, say: Say = lambda text: None
) -> tuple[LabelledPictures, LabelledPictures]:
    """Reads the labelled pictures, mended by the corrections: those to learn from, those to validate on.

    See `read_training_set`.
    """
    train, held = LabelledPictures([], []), LabelledPictures([], [])
    for path in material.data:
        _refuse_empty_folders(path, material.names)
        dataset = read_dataset(path, material.names, material.labels_before_exif)
        for problem in (*dataset.problems, *dataset.notes):
            say(problem)
        dataset = _with_validation(dataset, hold_out, seed)
        for target, split in ((train, "train"), (held, "val")):
            part = dataset.part(split)
            target.samples.extend(part.samples)
            target.portraits.extend(part.portraits)
    if material.corrections is None:
        return train, held
    known, changed, mended = read_corrections(material.corrections), 0, []
    for labelled in (train, held):
        samples, portraits, count = apply_corrections(labelled.samples, labelled.portraits, known)
        mended.append(LabelledPictures(samples, portraits))
        changed += count
    say(f"{changed} labels corrected")
    return mended[0], mended[1]


def tell_failures(failures: Sequence[str], say: Say) -> None:
    """Lists the pictures that were left out."""
    if failures:
        say(f"{len(failures)} pictures could not be read and were left out:")
    for failure in failures[:_MOST_NAMED]:
        say(f"  {failure}")
    if len(failures) > _MOST_NAMED:
        say(f"  and {len(failures) - _MOST_NAMED} more")


def _refuse_empty_folders(path: Path, names: dict[str, str]) -> None:
    if not path.is_dir():
        return
    folders = class_folders(path, names)
    empty = [folder for folder, _, _ in folders if not pictures_in(folder)]
    if empty and len(empty) < len(folders):
        raise DataError(f"{empty[0]} holds no picture; put some there or remove the folder")


def _with_validation(dataset: Dataset, hold_out: float, seed: int) -> Dataset:
    """The data set with the splits "train" and "val": its own, or whole groups drawn by class."""
    if "train" in dataset.splits:
        if "val" in dataset.splits:
            return dataset
        dataset = dataset.part("train")
    items: list[Sample | PortraitSample] = [*dataset.samples, *dataset.portraits]
    if hold_out <= 0 or len(items) < _LEAST_TO_DIVIDE:
        splits = ["train"] * len(items)
    else:
        groups = [item.group and f"{item.source}/{item.group}" for item in items]
        counts = face_counts([_states(item) for item in items])
        try:
            splits = split_by_group(groups, counts, {"train": 1 - hold_out, "val": hold_out}, seed)
        except DataError:  # all pictures are one group
            splits = ["train"] * len(items)
    divided = [replace(item, split=split) for item, split in zip(items, splits, strict=True)]
    return replace(
        dataset,
        samples=tuple(item for item in divided if isinstance(item, Sample)),
        portraits=tuple(item for item in divided if isinstance(item, PortraitSample)),
    )


def _states(item: Sample | PortraitSample) -> np.ndarray:
    return np.array([item.state]) if isinstance(item, PortraitSample) else item.states[~item.ignore]
