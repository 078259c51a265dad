"""Collects what detector and classifier say of every candidate in labelled pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample, negative
from maskwatch.detectors.base import Detector
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE, match
from maskwatch.progress import progress
from maskwatch.sources.images import read_image
from maskwatch.training.export.decoded_pictures import DecodedPictures
from maskwatch.types import LABELS, Faces, Image

_MOST: Final = 40
"""Candidates of a picture that are classified."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """n boxes that a detector reports with a low threshold: row i of every column is candidate i.

    Attributes:
        detector_score: (n,) score of the detector.
        face: (n,) the classifier's probability of a face.
        outcome: (n,) int8, see `maskwatch.evaluation.matching`.
        probabilities: (n, 3) of the states, columns as in `LABELS`, not calibrated.
        state: (n,) int64: the true state, or `UNKNOWN`.
        side: (n,) shorter side in pixels.
        bare: (n,) bool: in a picture without any face.
        portrait: (n,) bool: in a picture of one person.
    """

    detector_score: NDArray[np.floating]
    face: NDArray[np.floating]
    outcome: NDArray[np.int8]
    probabilities: NDArray[np.floating]
    state: NDArray[np.int64]
    side: NDArray[np.floating]
    bare: NDArray[np.bool_]
    portrait: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Candidates:
        """Returns no candidates."""
        empty = np.zeros(0, np.float32)
        labels = np.zeros((0, len(LABELS)), np.float32)
        no, state = np.zeros(0, np.bool_), np.zeros(0, np.int64)
        return cls(empty, empty, np.zeros(0, np.int8), labels, state, empty, no, no)

    @classmethod
    def concatenate(cls, parts: Iterable[Candidates]) -> Candidates:
        """Returns all candidates of several pictures, in their order."""
        parts = list(parts) or [cls.none()]
        columns: dict[str, Any] = {
            column.name: np.concatenate([getattr(part, column.name) for part in parts])
            for column in fields(cls)
        }
        return cls(**columns)

    def __len__(self) -> int:
        return len(self.outcome)

    def __getitem__(self, rows: NDArray[np.bool_]) -> Candidates:
        """Returns the candidates where `rows`, (n,) bool, is true."""
        columns: dict[str, Any] = {column.name: getattr(self, column.name)[rows] for column in fields(self)}
        return Candidates(**columns)


def collect_candidates(
    models: Mapping[str, tuple[Detector, MobileNet]],
    evaluation_set: EvaluationSet,
    partly_labelled: Collection[str],
    negatives: DecodedPictures,
) -> dict[str, Candidates]:
    """Shows every picture to several pairs of models; each picture is decoded once.

    Args:
        models: Name of a use ("still", "live") -> detector, with a low threshold, and classifier.
        evaluation_set: The pictures.
        partly_labelled: Sources in which some faces have no box: candidates without a label are ignored
            there.
        negatives: Reads the pictures without a face, and keeps them for later.

    Returns:
        Name of a use -> its candidates.
    """
    parts: dict[str, list[Candidates]] = {use: [] for use in models}
    for sample in progress(evaluation_set.samples, "calibrating"):
        image = read_image(sample.path)
        partly = sample.source in partly_labelled
        for use, (detector, classifier) in models.items():
            parts[use].append(_of_sample(sample, image, detector, classifier, partly))
    for sample in progress(evaluation_set.negatives, "calibrating"):
        image = negatives.read(sample.path)
        for use, (detector, classifier) in models.items():
            parts[use].append(_of_sample(negative(sample.path), image, detector, classifier, False))
    for portrait in progress(evaluation_set.portraits, "calibrating"):
        image = read_image(portrait.path)
        for use, (detector, classifier) in models.items():
            parts[use].append(_of_portrait(portrait, image, detector, classifier))
    return {use: Candidates.concatenate(found) for use, found in parts.items()}


def _of_sample(
    sample: Sample, image: Image, detector: Detector, classifier: MobileNet, partly: bool
) -> Candidates:
    faces = detector.detect(image)[:_MOST]
    matched = match(faces.boxes, faces.scores, sample.boxes, sample.ignore)
    outcome = np.where((matched.outcome == FALSE) & partly, np.int8(IGNORED), matched.outcome)
    states = np.append(sample.states, UNKNOWN)[matched.truth]  # row -1: no true face
    bare = len(sample.boxes) == 0
    return _classified(image, faces[matched.order], classifier, outcome, states, bare=bare)


def _of_portrait(
    portrait: PortraitSample, image: Image, detector: Detector, classifier: MobileNet
) -> Candidates:
    """Takes the best candidate for the face: a portrait has no box."""
    faces = detector.detect(image)[:1]
    outcome = np.full(len(faces), TRUE, np.int8)
    states = np.full(len(faces), portrait.state, np.int64)
    return _classified(image, faces, classifier, outcome, states, portrait=True)


def _classified(
    image: Image,
    faces: Faces,
    classifier: MobileNet,
    outcome: NDArray[np.int8],
    states: NDArray[np.int64],
    *,
    bare: bool = False,
    portrait: bool = False,
) -> Candidates:
    predictions = classifier.predict(image, faces.boxes)
    count = len(faces)
    return Candidates(
        detector_score=faces.scores,
        face=predictions.face,
        outcome=outcome,
        probabilities=predictions.probabilities,
        state=states,
        side=(faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1, initial=np.inf),
        bare=np.full(count, bare),
        portrait=np.full(count, portrait),
    )
