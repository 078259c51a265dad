"""From the training set to what detector and classifier learn from: boxes, faces, places without a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.training.data import pseudo_labels
from maskwatch.training.data.auto_labeller import hard_faces, landmarks_for
from maskwatch.training.data.classifier_dataset import FaceExample
from maskwatch.training.data.classifier_targets import WITHOUT_MASK
from maskwatch.training.data.face_examples import background_examples, face_examples, negative_examples
from maskwatch.training.data.person_boxes import (
    detect_faces,
    detect_portraits,
    live_detector,
    shipped_detector,
    still_detector,
)
from maskwatch.training.data.size_advice import advise
from maskwatch.training.data.training_set import LabelledPictures, Say, TrainingSet
from maskwatch.types import LABELS, Faces

_SURE: Final = 0.8
"""Score from which a box of the auto-labeller counts as a true face..."""

_MAYBE: Final = 0.3
"""...and below that, in pictures without labels, one from which the place is left alone."""


@dataclass(frozen=True)
class DetectorExamples:
    """What a detector learns from.

    Attributes:
        faces: Pictures with boxes.
        held_out: The same, to validate on.
        landmarks: Picture -> (n, 5, 2) landmarks of its bare faces, NaN for the others.
        hard: Picture -> (n,) bool, which of its faces are hard to find.
    """

    faces: list[Sample]
    held_out: list[Sample]
    landmarks: dict[Path, NDArray[np.float32]]
    hard: dict[Path, NDArray[np.bool_]]


@dataclass(frozen=True)
class ClassifierExamples:
    """What a classifier learns from.

    Attributes:
        examples: Faces, and places that show none.
        held_out: Faces to validate on.
    """

    examples: list[FaceExample]
    held_out: list[FaceExample]


def detector_examples(
    training_set: TrainingSet, partly_labelled: Sequence[str], say: Say
) -> DetectorExamples:
    """Makes a detector's examples.

    Portraits and unlabelled pictures join in with the auto-labeller's boxes; without one they are left out.

    Args:
        training_set: What was read.
        partly_labelled: Sources in which many faces have no label.
        say: Takes lines for people.
    """
    labels, pictures = training_set.auto_labels, training_set.pictures
    faces = _with_boxes(training_set.train, training_set, partly_labelled)
    pseudo_labelled = pseudo_labels.box_pictures(training_set.unlabelled, labels, _SURE, _MAYBE)
    faces += [sample for sample in pseudo_labelled if sample.path in pictures]
    say(f"training on {len(faces)} pictures with faces, {len(training_set.negatives)} without")
    advise({"face": sum(int((~s.ignore).sum()) for s in faces)}, say)
    return DetectorExamples(
        faces,
        _with_boxes(training_set.held_out, training_set, partly_labelled),
        {sample.path: _bare_landmarks(sample, training_set) for sample in faces},
        {sample.path: hard_faces(sample, labels.get(sample.path)) for sample in faces},
    )


def classifier_examples(
    training_set: TrainingSet, partly_labelled: Sequence[str], seed: int, detected_boxes: bool, say: Say
) -> ClassifierExamples:
    """Makes a classifier's examples.

    Args:
        training_set: What was read.
        partly_labelled: Sources in which many faces have no label: no background is taken from them.
        seed: Of the places without a face.
        detected_boxes: Whether the faces also get the boxes that the shipped detector finds, and what it,
            and in negatives the one for still pictures, takes for faces is learnt as none.
        say: Takes lines for people.
    """
    labels, pictures = training_set.auto_labels, training_set.pictures
    detections = _detections(training_set) if detected_boxes else {}
    examples = _faces(training_set.train, training_set, detections)
    states = [example.state for example in examples]
    advise({label: states.count(state) for state, label in enumerate(LABELS) if state in states}, say)
    count = len({example.path for example in examples}) + len(training_set.negatives)
    examples += background_examples(
        training_set.train.samples, labels, pictures, seed, partly_labelled, detections
    )
    in_negatives = (labels, detections, _still_detections(training_set)) if detected_boxes else (labels,)
    examples += negative_examples(training_set.negatives, in_negatives, pictures, seed)
    say(f"training on {len(examples)} places in {count} pictures")
    return ClassifierExamples(examples, _faces(training_set.held_out, training_set, {}))


def _detections(training_set: TrainingSet) -> dict[Path, Faces]:
    """What the shipped detector finds in all pictures to learn from."""
    train = training_set.train
    samples: list[Sample | PortraitSample] = [*train.samples, *train.portraits, *training_set.negatives]
    return detect_faces([sample.path for sample in samples], training_set.pictures, live_detector())


def _still_detections(training_set: TrainingSet) -> dict[Path, Faces]:
    """What the shipped detector for still pictures takes for faces in pictures without any."""
    paths = [sample.path for sample in training_set.negatives]
    return detect_faces(paths, training_set.pictures, still_detector())


def _with_boxes(
    labelled: LabelledPictures, training_set: TrainingSet, partly_labelled: Sequence[str]
) -> list[Sample]:
    """Pictures with boxes: the true ones, with unlabelled faces ignored, and the auto-labeller's."""
    labels = training_set.auto_labels
    partly = [sample for sample in labelled.samples if sample.source in partly_labelled]
    fully = [sample for sample in labelled.samples if sample.source not in partly_labelled]
    boxed = [
        # Where many faces lack a label, a less certain box is enough to leave a place alone.
        *pseudo_labels.ignore_unlabelled(partly, labels, 0.45),
        *pseudo_labels.ignore_unlabelled(fully, labels, 0.6),
        *pseudo_labels.box_portraits(labelled.portraits, labels, _SURE),
    ]
    return [sample for sample in boxed if sample.path in training_set.pictures]


def _faces(
    labelled: LabelledPictures, training_set: TrainingSet, detections: Mapping[Path, Faces]
) -> list[FaceExample]:
    """The faces of all pictures, those of portraits boxed by the auto-labeller or the shipped detector."""
    labels, pictures = training_set.auto_labels, training_set.pictures
    if labels or not labelled.portraits:
        boxed = pseudo_labels.box_portraits(labelled.portraits, labels, _SURE)
    else:
        boxed = detect_portraits(labelled.portraits, pictures, shipped_detector())
    samples = [sample for sample in [*labelled.samples, *boxed] if sample.path in pictures]
    return face_examples(samples, labels, detections)


def _bare_landmarks(sample: Sample, training_set: TrainingSet) -> NDArray[np.float32]:
    points = landmarks_for(sample, training_set.auto_labels.get(sample.path))
    points[~np.isin(sample.states, (UNKNOWN, WITHOUT_MASK)) | sample.ignore] = np.nan
    return points
