"""From labelled pictures to what the classifier learns from: faces, badly cut boxes, other things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN, Sample
from maskwatch.geometry import iou
from maskwatch.training.data.auto_labeller import AutoLabels, landmarks_for, turned
from maskwatch.training.data.classifier_dataset import NOT_A_FACE, PRESUMED_BARE, WITH, WITHOUT, FaceExample
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.data.pseudo_labels import DetectedFaces

_SMALLEST: Final = 12.0
_SMALLEST_UNLABELLED: Final = 16.0
_PAINTABLE: Final = 24.0
_LARGE: Final = 40.0
"""Shorter side, pixels, from which a face can give its mask to another."""

_SAME: Final = 0.4  # IoU from which a found box means a true face
_NONE: Final = np.zeros((0, 4), np.float32)


def face_examples(
    samples: Sequence[Sample], teacher: AutoLabels, found: Mapping[Path, DetectedFaces] | None = None
) -> list[FaceExample]:
    """One example for every labelled face of 12 pixels and more.

    Args:
        samples: Pictures with true faces.
        teacher: Gives the landmarks of the faces that it sees.
        found: Where a detector sees faces.
    """
    examples = []
    for sample in samples:
        boxes = _found_again(sample, (found or {}).get(sample.path))
        points = landmarks_for(sample, teacher.get(sample.path))
        aside = turned(points)
        for row, (box, state) in enumerate(zip(sample.boxes, sample.states, strict=True)):
            side = float(min(box[2:] - box[:2]))
            if sample.ignore[row] or side < (_SMALLEST_UNLABELLED if state == UNKNOWN else _SMALLEST):
                continue
            seen = bool(np.isfinite(points[row]).all())
            bare = state in (UNKNOWN, WITHOUT) and side >= _PAINTABLE
            donor = state == WITH and side >= _LARGE and not aside[row]
            landmarks = points[row] if seen and (bare or donor) else None
            known = int(state) if state != UNKNOWN else PRESUMED_BARE
            examples.append(
                FaceExample(
                    sample.path, box, known, landmarks, bool(aside[row]) if seen else None, boxes[row]
                )
            )
    return examples


def background_examples(
    samples: Sequence[Sample],
    teacher: AutoLabels,
    pictures: PictureCache,
    seed: int,
    incomplete: Sequence[str] = (),
) -> list[FaceExample]:
    """Squares beside the faces, and boxes that miss theirs by most of it.

    Args:
        samples: Pictures with true faces.
        teacher: Its faces are avoided too.
        pictures: Decoded pixels.
        seed: Of the places.
        incomplete: Sources in which faces without a label are frequent: nothing is taken from them.
    """
    rng = np.random.default_rng(seed)
    return [
        FaceExample(sample.path, box, NOT_A_FACE)
        for sample in samples
        if sample.source not in incomplete and sample.path in pictures
        for box in _beside(sample, teacher, pictures, rng)
    ]


def negative_examples(
    negatives: Sequence[Sample],
    found: Mapping[Path, DetectedFaces],
    pictures: PictureCache,
    seed: int,
    hard: int = 4,
) -> list[FaceExample]:
    """Places in pictures without faces: those that a detector took for one, thrice, and some at random."""
    rng = np.random.default_rng(seed)
    examples = []
    for sample in negatives:
        if sample.path not in pictures:
            continue
        seen = found.get(sample.path)
        if seen is not None:
            hardest = np.argsort(-seen.scores)[:hard]
            for box in seen.boxes[hardest]:
                examples += [FaceExample(sample.path, box, NOT_A_FACE)] * 3
        width, height = _size(sample, pictures)
        for _ in range(4):
            examples.append(
                FaceExample(sample.path, _square(rng, width, height, 24, min(width, height)), NOT_A_FACE)
            )
    return examples


def _found_again(sample: Sample, found: DetectedFaces | None) -> list[NDArray[np.float32] | None]:
    """For every true box the one that a detector gives for the same face; None where it gives none."""
    if found is None or not len(found.boxes) or not len(sample.boxes):
        return [None] * len(sample.boxes)
    overlap = iou(sample.boxes, found.boxes)
    best = overlap.argmax(1)
    mutual = (overlap.max(1) >= _SAME) & (overlap[:, best].argmax(0) == np.arange(len(best)))
    return [found.boxes[column] if same else None for column, same in zip(best, mutual, strict=True)]


def _beside(
    sample: Sample, teacher: AutoLabels, pictures: PictureCache, rng: Generator
) -> Iterator[NDArray[np.float32]]:
    seen = teacher.get(sample.path)
    faces = np.concatenate([sample.boxes, seen.boxes if seen is not None else _NONE])
    width, height = _size(sample, pictures)
    for _ in range(2):
        box = _square(rng, width, height, 14, 160)
        if iou(box[None], faces).max(initial=0) < 0.05:
            yield box
    for face in sample.boxes[:3]:
        side = float(max(face[2:] - face[:2]))
        angle = rng.uniform(0, 2 * np.pi)
        moved = face + np.tile([np.cos(angle), np.sin(angle)], 2) * side * rng.uniform(0.75, 1.1)
        box = moved.astype(np.float32)
        if side >= 16 and iou(box[None], faces).max(initial=0) < 0.15:
            yield box


def _size(sample: Sample, pictures: PictureCache) -> tuple[float, float]:
    image, shrunk = pictures[sample.path]
    return image.shape[1] / shrunk, image.shape[0] / shrunk


def _square(rng: Generator, width: float, height: float, least: float, most: float) -> NDArray[np.float32]:
    side = np.exp(rng.uniform(np.log(least), np.log(max(most, least + 1))))
    x, y = rng.uniform(0, max(1, width - side)), rng.uniform(0, max(1, height - side))
    return np.array([x, y, x + side, y + side], np.float32)
