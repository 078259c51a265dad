"""From folders to a trained checkpoint: what `maskwatch train` does, without the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.corrections import correct, label_pictures, read_corrections
from maskwatch.data.dataset import read_dataset
from maskwatch.data.folders import read_negatives
from maskwatch.data.pictures import pictures_in
from maskwatch.data.sample import UNKNOWN, CropSample, Sample
from maskwatch.data.split import held_back
from maskwatch.errors import DataError
from maskwatch.training import pseudo
from maskwatch.training.classifier_data import WITHOUT
from maskwatch.training.face_examples import background_examples, face_examples, negative_examples
from maskwatch.training.pictures import Pictures, cache
from maskwatch.training.teacher import Teacher, landmarks_for, look
from maskwatch.training.train_classifier import ClassifierRecipe, train_classifier
from maskwatch.training.train_detector import DetectorRecipe, train_detector

Say = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """What to train on, as the user named it.

    Attributes:
        data: Data sets with boxes, or folders named after the states; see `read_dataset`.
        negatives: Folders of pictures without a face; every fourth picture is held back for evaluation.
        unlabelled: Folders of pictures with faces and no labels; the teacher labels them.
        names: Class name in the data -> meaning; see `maskwatch.data.names`.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`.
        teacher: YuNet's ONNX file; None does without.
        cache: Folder for decoded pictures and the teacher's findings.
    """

    data: Sequence[Path]
    negatives: Sequence[Path] = ()
    unlabelled: Sequence[Path] = ()
    names: dict[str, str] = field(default_factory=dict)
    corrections: Path | None = None
    teacher: Path | None = None
    cache: Path = Path("runs/cache")


@dataclass(frozen=True)
class _Read:
    samples: list[Sample]
    crops: list[CropSample]
    negatives: list[Sample]
    unlabelled: list[Path]
    pictures: Pictures
    teacher: Teacher


def run_detector(
    material: Material,
    recipe: DetectorRecipe,
    folder: Path,
    start: Path | None,
    resume: bool,
    threads: int,
    say: Say,
) -> Path:
    """Reads the data and trains a detector; see `train_detector`.

    Pictures of one person and unlabelled ones join in with the teacher's boxes; without a teacher they
    are left out.
    """
    read = _read(material, say)
    faces = [
        sample
        for score, samples in _by_trust(read.samples, recipe.incomplete)
        for sample in pseudo.ignore_unlabelled(samples, read.teacher, score)
    ]
    faces += pseudo.box_crops(read.crops, read.teacher, 0.8)
    faces += pseudo.box_pictures(read.unlabelled, read.teacher, 0.8, 0.3)
    faces = [sample for sample in faces if sample.path in read.pictures]
    say(f"training on {len(faces)} pictures with faces, {len(read.negatives)} without")
    return train_detector(
        faces,
        read.negatives,
        read.pictures,
        recipe,
        folder,
        start,
        resume,
        threads,
        landmarks={s.path: _of_bare_faces(s, read.teacher) for s in faces} if recipe.crops.painted else None,
    )


def run_classifier(
    material: Material,
    recipe: ClassifierRecipe,
    folder: Path,
    start: Path | None,
    resume: bool,
    threads: int,
    say: Say,
) -> Path:
    """Reads the data and trains a classifier; see `train_classifier`."""
    read = _read(material, say)
    if read.teacher:
        boxed = pseudo.box_crops(read.crops, read.teacher, 0.8)
    else:
        boxed = [_whole(crop, read.pictures) for crop in read.crops if crop.path in read.pictures]
    samples = [sample for sample in [*read.samples, *boxed] if sample.path in read.pictures]
    examples = face_examples(samples, read.teacher)
    examples += background_examples(read.samples, read.teacher, read.pictures, recipe.seed, recipe.incomplete)
    examples += negative_examples(read.negatives, read.teacher, read.pictures, recipe.seed)
    say(f"training on {len(examples)} places in {len(samples) + len(read.negatives)} pictures")
    return train_classifier(examples, read.pictures, recipe, folder, start, resume, threads)


def _read(material: Material, say: Say) -> _Read:
    samples: list[Sample] = []
    crops: list[CropSample] = []
    unlabelled = [p for path in material.unlabelled for p in pictures_in(path)]
    for path in material.data:
        dataset = read_dataset(path, material.names)
        part = dataset.part("train") if "train" in dataset.splits else dataset
        samples += part.samples
        crops += part.crops
        for problem in dataset.problems:
            say(problem)
    if material.corrections is not None:
        known = read_corrections(material.corrections)
        samples, crops, changed = correct(samples, crops, known)
        say(f"{changed} labels corrected")
        found = label_pictures(unlabelled, known)
        crops += found
        if found:
            say(f"{len(found)} unlabelled pictures got a label from {material.corrections}")
    if not samples and not crops:
        raise DataError("no labelled picture to train on")
    negatives = [n for path in material.negatives for n in read_negatives(path) if not held_back(n.path)]
    boxed = {s.path for s in (*samples, *negatives)}
    paths = sorted(boxed | {c.path for c in crops} | set(unlabelled))
    pictures, failures = cache(paths, material.cache)
    for failure in failures:
        say(failure)
    seen: Teacher = {}
    if material.teacher is not None:
        seen = look(paths, pictures, material.teacher, material.cache / "teacher.npz")
    return _Read(samples, crops, negatives, unlabelled, pictures, seen)


def _by_trust(samples: Sequence[Sample], incomplete: Sequence[str]) -> list[tuple[float, list[Sample]]]:
    """Where many faces lack a label, a less certain find is enough to leave a place alone."""
    return [
        (0.45, [s for s in samples if s.source in incomplete]),
        (0.6, [s for s in samples if s.source not in incomplete]),
    ]


def _of_bare_faces(sample: Sample, teacher: Teacher) -> NDArray[np.float32]:
    points = landmarks_for(sample, teacher.get(sample.path))
    points[~np.isin(sample.states, (UNKNOWN, WITHOUT)) | sample.ignore] = np.nan
    return points


def _whole(crop: CropSample, pictures: Pictures) -> Sample:
    """A picture that is filled by its face: the box is the picture less the usual margin."""
    image, shrunk = pictures[crop.path]
    height, width = image.shape[0] / shrunk, image.shape[1] / shrunk
    inset = np.array([width, height, -width, -height], np.float32) * 0.12
    box = np.array([0, 0, width, height], np.float32) + inset
    return Sample(
        crop.path, box[None], np.array([crop.state], np.int64), np.zeros(1, np.bool_), crop.source, crop.group
    )
