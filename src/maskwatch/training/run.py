"""From folders to a trained checkpoint: what `maskwatch train` does, without the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN, Sample
from maskwatch.training.classifier import ClassifierRecipe, train_classifier
from maskwatch.training.data import pseudo_labels
from maskwatch.training.data.auto_labeller import AutoLabels, hard_faces, landmarks_for
from maskwatch.training.data.classifier_dataset import FaceExample
from maskwatch.training.data.classifier_targets import WITHOUT_MASK
from maskwatch.training.data.face_examples import background_examples, face_examples, negative_examples
from maskwatch.training.data.person_boxes import (
    detect_faces,
    detect_portraits,
    live_detector,
    shipped_detector,
)
from maskwatch.training.data.size_advice import advise
from maskwatch.training.data.training_set import (
    LabelledPictures,
    Say,
    TrainingSet,
    TrainingSources,
    read_training_set,
    tell_failures,
)
from maskwatch.training.detector import DetectorRecipe, train_detector
from maskwatch.training.engine import distributed
from maskwatch.training.engine.hardware import Hardware
from maskwatch.types import LABELS


def run_detector(
    material: TrainingSources,
    recipe: DetectorRecipe,
    folder: Path,
    start: Path | None,
    resume: bool,
    hardware: Hardware,
    say: Say,
    imitated: Path | None = None,
) -> Path:
    """Reads the data and trains a detector; see `train_detector`.

    Pictures of one person and unlabelled ones join in with the teacher's boxes; without a teacher they
    are left out.
    """
    read = _read(material, recipe.hold_out, recipe.seed, say)
    faces = _boxed(read.train, read, recipe.incomplete)
    faces += [
        sample
        for sample in pseudo_labels.box_pictures(read.unlabelled, read.teacher, 0.8, 0.3)
        if sample.path in read.pictures
    ]
    say(f"training on {len(faces)} pictures with faces, {len(read.negatives)} without")
    advise({"face": sum(int((~s.ignore).sum()) for s in faces)}, say)
    saved = distributed.launch(
        hardware.devices,
        train_detector,
        faces,
        read.negatives,
        read.pictures,
        recipe,
        folder,
        start,
        resume,
        hardware.threads,
        landmarks={s.path: _of_bare_faces(s, read.teacher) for s in faces} if recipe.crops.painted else None,
        hard=_hard(faces, read.teacher) if recipe.crops.hard != 1 else None,
        hardware=hardware,
        held=_boxed(read.held, read, recipe.incomplete),
        imitated=imitated,
        say=say,
    )
    tell_failures(read.failures, say)
    return saved


def run_classifier(
    material: TrainingSources,
    recipe: ClassifierRecipe,
    folder: Path,
    start: Path | None,
    resume: bool,
    hardware: Hardware,
    say: Say,
    imitated: Path | None = None,
) -> Path:
    """Reads the data and trains a classifier; see `train_classifier`."""
    read = _read(material, recipe.hold_out, recipe.seed, say)
    examples = _faces(read.train, read, where_found=recipe.faces.found > 0)
    advise(_kinds(examples), say)
    count = len({e.path for e in examples}) + len(read.negatives)
    examples += background_examples(
        read.train.samples, read.teacher, read.pictures, recipe.seed, recipe.incomplete
    )
    examples += negative_examples(read.negatives, read.teacher, read.pictures, recipe.seed)
    say(f"training on {len(examples)} places in {count} pictures")
    saved = distributed.launch(
        hardware.devices,
        train_classifier,
        examples,
        read.pictures,
        recipe,
        folder,
        start,
        resume,
        hardware.threads,
        hardware=hardware,
        held=_faces(read.held, read),
        imitated=imitated,
        say=say,
    )
    tell_failures(read.failures, say)
    return saved


def _read(material: TrainingSources, hold_out: float, seed: int, say: Say) -> TrainingSet:
    # Decoded pictures are kept in files that several processes must not write at once.
    with distributed.first_goes_first():
        return read_training_set(material, hold_out, seed, say)


def _boxed(labelled: LabelledPictures, read: TrainingSet, incomplete: Sequence[str]) -> list[Sample]:
    """Pictures with boxes: true ones, with what nobody labelled ignored, and the teacher's."""
    faces = [
        sample
        for score, samples in _by_trust(labelled.samples, incomplete)
        for sample in pseudo_labels.ignore_unlabelled(samples, read.teacher, score)
    ]
    faces += pseudo_labels.box_portraits(labelled.portraits, read.teacher, 0.8)
    return [sample for sample in faces if sample.path in read.pictures]


def _faces(labelled: LabelledPictures, read: TrainingSet, where_found: bool = False) -> list[FaceExample]:
    """The faces of all pictures, those of one person boxed by the teacher or the shipped detector."""
    if read.teacher or not labelled.portraits:
        boxed = pseudo_labels.box_portraits(labelled.portraits, read.teacher, 0.8)
    else:
        boxed = detect_portraits(labelled.portraits, read.pictures, shipped_detector())
    samples = [sample for sample in [*labelled.samples, *boxed] if sample.path in read.pictures]
    paths = [sample.path for sample in samples]
    found = detect_faces(paths, read.pictures, live_detector()) if where_found else {}
    return face_examples(samples, read.teacher, found)


def _kinds(examples: Sequence[FaceExample]) -> dict[str, int]:
    states = [e.state for e in examples if e.state >= 0]
    return {label: states.count(state) for state, label in enumerate(LABELS) if state in states}


def _by_trust(samples: Sequence[Sample], incomplete: Sequence[str]) -> list[tuple[float, list[Sample]]]:
    """Where many faces lack a label, a less certain find is enough to leave a place alone."""
    return [
        (0.45, [s for s in samples if s.source in incomplete]),
        (0.6, [s for s in samples if s.source not in incomplete]),
    ]


def _hard(faces: Iterable[Sample], teacher: AutoLabels) -> dict[Path, NDArray[np.bool_]]:
    return {sample.path: hard_faces(sample, teacher.get(sample.path)) for sample in faces}


def _of_bare_faces(sample: Sample, teacher: AutoLabels) -> NDArray[np.float32]:
    points = landmarks_for(sample, teacher.get(sample.path))
    points[~np.isin(sample.states, (UNKNOWN, WITHOUT_MASK)) | sample.ignore] = np.nan
    return points
