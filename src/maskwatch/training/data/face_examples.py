"""Makes the examples of the classifier from labelled pictures: faces, background, and false detections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN, Sample
from maskwatch.geometry import iou, mutual_best
from maskwatch.training.data.auto_labeller import landmarks_for, turned_away
from maskwatch.training.data.classifier_dataset import FaceExample
from maskwatch.training.data.classifier_targets import NOT_A_FACE, PRESUMED_BARE, WITH_MASK, WITHOUT_MASK
from maskwatch.training.data.label_cache import AutoLabels
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.data.pseudo_labels import DetectedFaces

# Shorter sides of faces in pixels.
_MIN_SIDE: Final = 12.0
_MIN_UNLABELLED_SIDE: Final = 16.0  # a face without a state
_MIN_PAINTED_SIDE: Final = 24.0  # a face on which a mask can be painted
_MIN_DONOR_SIDE: Final = 40.0  # a face whose mask gives fabric for others
_MIN_SHIFTED_SIDE: Final = 16.0  # a face beside which background is taken

_SAME_FACE_IOU: Final = 0.4  # from here a detection and a labelled box mean the same face
_BACKGROUND_IOU: Final = 0.05  # largest IoU of a random square with a face
_MISSED_IOU: Final = 0.15  # largest IoU of a shifted box with a face
_SQUARES: Final = 2  # random squares for each picture with faces
_SHIFTED: Final = 3  # faces of each picture whose boxes are shifted
_HARD_COPIES: Final = 3  # of each false detection
_DOUBTFUL_SCORE: Final = 0.6  # a detection above it, beside the labelled faces, may be a face nobody labelled
_RANDOM_SQUARES: Final = 4  # for each picture without faces
_NO_BOXES: Final = np.zeros((0, 4), np.float32)


def face_examples(
    samples: Sequence[Sample], auto_labels: AutoLabels, detections: Mapping[Path, DetectedFaces] | None = None
) -> list[FaceExample]:
    """Makes one example of every labelled face of 12 pixels and more.

    Args:
        samples: Pictures with true faces.
        auto_labels: Give the landmarks.
        detections: Boxes of a detector, which may be cut out instead of the labelled ones.
    """
    examples = []
    for sample in samples:
        detected = _match_detections(sample, (detections or {}).get(sample.path))
        points = landmarks_for(sample, auto_labels.get(sample.path))
        turned = turned_away(points)
        for row, (box, state) in enumerate(zip(sample.boxes, sample.states, strict=True)):
            side = float(min(box[2:] - box[:2]))
            if sample.ignore[row] or side < (_MIN_UNLABELLED_SIDE if state == UNKNOWN else _MIN_SIDE):
                continue
            has_landmarks = bool(np.isfinite(points[row]).all())
            paintable = state in (UNKNOWN, WITHOUT_MASK) and side >= _MIN_PAINTED_SIDE
            donor = state == WITH_MASK and side >= _MIN_DONOR_SIDE and not turned[row]
            examples.append(
                FaceExample(
                    sample.path,
                    box,
                    int(state) if state != UNKNOWN else PRESUMED_BARE,
                    points[row] if has_landmarks and (paintable or donor) else None,
                    bool(turned[row]) if has_landmarks else None,
                    detected[row],
                )
            )
    return examples


def background_examples(
    samples: Sequence[Sample],
    auto_labels: AutoLabels,
    pictures: PictureCache,
    seed: int,
    partly_labelled: Sequence[str] = (),
    detections: Mapping[Path, DetectedFaces] | None = None,
) -> list[FaceExample]:
    """Makes examples of background: squares, boxes that miss most of their face, false detections.

    Args:
        samples: Pictures with true faces.
        auto_labels: Their faces are avoided as well.
        pictures: Decoded pixels.
        seed: Of the places.
        partly_labelled: Sources in which many faces have no label; nothing is taken from them.
        detections: Boxes of a detector: three examples of each that shows no face and has a low score.
    """
    rng = np.random.default_rng(seed)
    examples = []
    for sample in samples:
        if sample.source in partly_labelled or sample.path not in pictures:
            continue
        faces = _all_faces(sample, auto_labels)
        for box in _background_boxes(sample, faces, pictures, rng):
            examples.append(FaceExample(sample.path, box, NOT_A_FACE))
        for box in _false_detections(faces, (detections or {}).get(sample.path)):
            examples += [FaceExample(sample.path, box, NOT_A_FACE)] * _HARD_COPIES
    return examples


def negative_examples(
    negatives: Sequence[Sample],
    detections: Sequence[Mapping[Path, DetectedFaces]],
    pictures: PictureCache,
    seed: int,
    hard: int = 4,
) -> list[FaceExample]:
    """Makes examples of pictures without faces: hard negatives, three times each, and random squares.

    Args:
        negatives: Pictures without faces.
        detections: False detections in them, of each detector: the hard negatives.
        pictures: Decoded pixels.
        seed: Of the random squares.
        hard: Most hard negatives of a picture and a detector, those with the highest scores.
    """
    rng = np.random.default_rng(seed)
    examples = []
    for sample in negatives:
        if sample.path not in pictures:
            continue
        for detected in (found[sample.path] for found in detections if sample.path in found):
            hardest = np.argsort(-detected.scores)[:hard]
            for box in detected.boxes[hardest]:
                examples += [FaceExample(sample.path, box, NOT_A_FACE)] * _HARD_COPIES
        width, height = _picture_size(sample, pictures)
        for _ in range(_RANDOM_SQUARES):
            box = _random_square(rng, width, height, 24, min(width, height))
            examples.append(FaceExample(sample.path, box, NOT_A_FACE))
    return examples


def _match_detections(sample: Sample, detected: DetectedFaces | None) -> list[NDArray[np.float32] | None]:
    """Returns for every true box the detected box of the same face; None where there is none."""
    boxes: list[NDArray[np.float32] | None] = [None] * len(sample.boxes)
    if detected is not None:
        for row, column in zip(*mutual_best(sample.boxes, detected.boxes, _SAME_FACE_IOU), strict=True):
            boxes[row] = detected.boxes[column]
    return boxes


def _all_faces(sample: Sample, auto_labels: AutoLabels) -> NDArray[np.float32]:
    """Returns the boxes (n, 4) of all faces of a picture, labelled or not."""
    label = auto_labels.get(sample.path)
    return np.concatenate([sample.boxes, label.boxes if label is not None else _NO_BOXES])


def _false_detections(faces: NDArray[np.float32], detected: DetectedFaces | None) -> NDArray[np.float32]:
    """Returns the detected boxes (n, 4) that show no face."""
    if detected is None:
        return _NO_BOXES
    missed = iou(detected.boxes, faces).max(1, initial=0) < _MISSED_IOU
    return np.asarray(detected.boxes[missed & (detected.scores < _DOUBTFUL_SCORE)], np.float32)


def _background_boxes(
    sample: Sample, faces: NDArray[np.float32], pictures: PictureCache, rng: Generator
) -> Iterator[NDArray[np.float32]]:
    """Draws squares without a face, and boxes of faces that are shifted away."""
    width, height = _picture_size(sample, pictures)
    for _ in range(_SQUARES):
        box = _random_square(rng, width, height, 14, 160)
        if iou(box[None], faces).max(initial=0) < _BACKGROUND_IOU:
            yield box
    for face in sample.boxes[:_SHIFTED]:
        side = float(max(face[2:] - face[:2]))
        angle = rng.uniform(0, 2 * np.pi)
        moved = face + np.tile([np.cos(angle), np.sin(angle)], 2) * side * rng.uniform(0.75, 1.1)
        box = moved.astype(np.float32)
        if side >= _MIN_SHIFTED_SIDE and iou(box[None], faces).max(initial=0) < _MISSED_IOU:
            yield box


def _picture_size(sample: Sample, pictures: PictureCache) -> tuple[float, float]:
    """Returns width and height of a picture before it was shrunk for the cache, pixels."""
    image, shrunk = pictures[sample.path]
    return image.shape[1] / shrunk, image.shape[0] / shrunk


def _random_square(
    rng: Generator, width: float, height: float, smallest: float, largest: float
) -> NDArray[np.float32]:
    """Draws a square with a side between two limits (uniform in the logarithm): (4,) x1, y1, x2, y2."""
    side = np.exp(rng.uniform(np.log(smallest), np.log(max(largest, smallest + 1))))
    x, y = rng.uniform(0, max(1, width - side)), rng.uniform(0, max(1, height - side))
    return np.array([x, y, x + side, y + side], np.float32)
