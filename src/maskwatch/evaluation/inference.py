"""Runs an engine over labelled pictures, as a user would run it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from maskwatch.data.sample import PortraitSample, Sample
from maskwatch.detectors.base import Detector
from maskwatch.errors import ModelError, SourceError
from maskwatch.evaluation.match_table import PicturePrediction, PortraitPrediction
from maskwatch.factory import kind_of, load
from maskwatch.pipeline import Engine
from maskwatch.sources.images import read_image
from maskwatch.types import Faces, Image

LOW: Final = 0.02
"""Detector score down to which candidates are taken for curves."""

_Either = TypeVar("_Either", Sample, PortraitSample)


MOST: Final = 200
"""Candidates of a picture that are looked at more closely: a bad detector offers thousands."""


@dataclass(frozen=True, slots=True)
class Best:
    """A detector that reports only the best of what another finds."""

    detector: Detector
    count: int

    def detect(self, image: Image) -> Faces:
        """See `maskwatch.detectors.base.Detector.detect`."""
        return self.detector.detect(image)[: self.count]


@dataclass(frozen=True, slots=True)
class EvaluatedEngine:
    """A detector and a classifier, at two operating points.

    The usual one is what users get. It is no plain threshold on the reported score (the detector has
    one for its own score, the classifier another for what is a face at all), so it cannot be had from
    the other's answers, and pictures are looked at twice.

    Attributes:
        name: For people.
        usual: What users get.
        deep: The same models, reporting faces down to a low score.
        live: Whether they look at pictures as at frames of live video.
    """

    name: str
    usual: Engine
    deep: Engine
    _: KW_ONLY
    live: bool = False


@dataclass(slots=True)
class Predictions:
    """What one engine found in all pictures.

    Attributes:
        looked: Pictures with boxes.
        negatives: Pictures without a face.
        portraits: Pictures of one person.
        problems: One line for each picture that could not be read.
    """

    looked: list[PicturePrediction] = field(default_factory=list)
    negatives: list[PicturePrediction] = field(default_factory=list)
    portraits: list[PortraitPrediction] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def contender(
    detector: str,
    classifier: str,
    size: int | None = None,
    threshold: float | None = None,
    *,
    live: bool = False,
    threads: int | None = None,
) -> EvaluatedEngine:
    """Loads models as `maskwatch.factory.load` does, which explains the arguments."""
    usual = load(detector, classifier, size, threshold, live=live, threads=threads)
    deep = load(detector, classifier, size, LOW, live=live, threads=threads)
    deep = Engine(Best(deep.detector, MOST), deep.classifier, deep.threshold)
    return EvaluatedEngine(f"{short(detector)} + {short(classifier)}", usual, deep, live=live)


def parse_models(spec: str, detector: str, classifier: str) -> tuple[str, str]:
    """The detector and the classifier that a user names in one word.

    Args:
        spec: A detector, a classifier, an ONNX file of either kind, or DETECTOR+CLASSIFIER.
        detector: Taken where only a classifier is named.
        classifier: Taken where only a detector is named.
    """
    first, plus, second = spec.partition("+")
    if plus:
        return first, second
    return (detector, spec) if _is_classifier(spec) else (spec, classifier)


def _is_classifier(spec: str) -> bool:
    try:
        return kind_of(spec) == "classifier"
    except ModelError:  # `load` says what is wrong with it
        return False


def short(spec: str) -> str:
    """A model's name without its folders."""
    name, equals, path = spec.partition("=")
    return f"{name}={Path(path).name}" if equals else Path(spec).name


def look(
    contenders: Sequence[EvaluatedEngine],
    samples: Iterable[Sample] = (),
    negatives: Iterable[Sample] = (),
    portraits: Iterable[PortraitSample] = (),
) -> list[Predictions]:
    """Shows every picture to every engine, one after the other, so that their times compare.

    Args:
        contenders: What looks at them.
        samples: Pictures with boxes.
        negatives: Pictures without a face.
        portraits: Pictures of one person.

    Returns:
        The findings of each.
    """
    findings = [Predictions() for _ in contenders]
    problems: list[str] = []
    for sample, image in _read(samples, problems):
        for contender, found in zip(contenders, findings, strict=True):
            found.looked.append(_look(contender, sample, image))
    for sample, image in _read(negatives, problems):
        for contender, found in zip(contenders, findings, strict=True):
            found.negatives.append(_look(contender, sample, image))
    for portrait, image in _read(portraits, problems):
        for contender, found in zip(contenders, findings, strict=True):
            faces, seconds = _timed(contender.usual, image)
            found.portraits.append(PortraitPrediction(portrait, faces, seconds))
    return [replace(found, problems=problems) for found in findings]


def _look(contender: EvaluatedEngine, sample: Sample, image: Image) -> PicturePrediction:
    faces, seconds = _timed(contender.usual, image)
    height, width = image.shape[:2]
    return PicturePrediction(sample, faces, contender.deep.detect(image), width, height, seconds)


def _timed(engine: Engine, image: Image) -> tuple[Faces, float]:
    start = time.perf_counter()
    faces = engine.detect(image)
    return faces, time.perf_counter() - start


def _read(samples: Iterable[_Either], problems: list[str]) -> Iterator[tuple[_Either, Image]]:
    """The pictures that can be read; the others are noted."""
    for sample in samples:
        try:
            yield sample, read_image(sample.path)
        except SourceError as error:
            problems.append(str(error))
