"""Runs engines over labelled pictures, as a user would run them."""

from __future__ import annotations

import math
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

LOW_THRESHOLD: Final = 0.02
"""Detector score down to which candidates are kept, for precision-recall curves."""

MIN_CANDIDATES: Final = 100
"""Candidates of a picture that the classifier sees whatever their scores: the rest hardly changes a curve."""

MAX_CANDIDATES: Final = 200
"""The same in a crowd, for candidates of at least `LIKELY`: a bad detector offers thousands."""

LIKELY: Final = 0.05
"""Detector score from which a candidate beyond the first `MIN_CANDIDATES` is classified, too."""

_Labelled = TypeVar("_Labelled", Sample, PortraitSample)


@dataclass(frozen=True, slots=True)
class TopDetections:
    """A detector that reports only the best detections of another one.

    Attributes:
        detector: The other one; it reports its detections by falling score.
        count: How many are kept whatever their scores.
        likely: Score from which more are kept; infinity for no more.
        most: How many are kept at most.
    """

    detector: Detector
    count: int
    likely: float = math.inf
    most: int = MAX_CANDIDATES

    def detect(self, image: Image) -> Faces:
        """See `maskwatch.detectors.base.Detector.detect`."""
        faces = self.detector.detect(image)
        likely = int((faces.scores >= self.likely).sum())
        return faces[: min(max(self.count, likely), max(self.count, self.most))]


@dataclass(frozen=True, slots=True)
class EvaluatedEngine:
    """A detector and a classifier, loaded twice: at the operating point and at a low threshold.

    The operating point is more than a threshold on the reported score: the detector has a threshold for its
    own score, and the classifier one for what is a face at all. So its answers cannot be cut out of those at
    the low threshold, and every picture is run twice.

    Attributes:
        name: For people.
        at_operating_point: The engine that users get.
        at_low_threshold: The same models, reporting faces down to a low score.
        live: Whether pictures are treated as frames of live video.
    """

    name: str
    at_operating_point: Engine
    at_low_threshold: Engine
    _: KW_ONLY
    live: bool = False


@dataclass(slots=True)
class Predictions:
    """What one engine predicted for all pictures.

    Attributes:
        pictures: Pictures with boxes.
        negatives: Pictures without a face.
        portraits: Pictures of one person.
        problems: One line for each picture that could not be read.
    """

    pictures: list[PicturePrediction] = field(default_factory=list)
    negatives: list[PicturePrediction] = field(default_factory=list)
    portraits: list[PortraitPrediction] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load_evaluated_engine(
    detector: str,
    classifier: str,
    size: int | None = None,
    threshold: float | None = None,
    *,
    live: bool = False,
    threads: int | None = None,
) -> EvaluatedEngine:
    """Loads models for an evaluation.

    Args:
        detector: See `maskwatch.factory.load`, also for the other arguments.
        classifier: See there.
        size: See there.
        threshold: See there.
        live: See there.
        threads: See there.

    Raises:
        ModelError: A model cannot be had or used.
    """
    engine = load(detector, classifier, size, threshold, live=live, threads=threads)
    low = load(detector, classifier, size, LOW_THRESHOLD, live=live, threads=threads)
    top = TopDetections(low.detector, MIN_CANDIDATES, LIKELY)
    low = Engine(top, low.classifier, low.threshold)
    return EvaluatedEngine(f"{short_name(detector)} + {short_name(classifier)}", engine, low, live=live)


def parse_models(spec: str, detector: str, classifier: str) -> tuple[str, str]:
    """Returns the detector and the classifier that a user names in one word.

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


def short_name(spec: str) -> str:
    """Returns a model's name without its folders."""
    name, equals, path = spec.partition("=")
    return f"{name}={Path(path).name}" if equals else Path(spec).name


def predict(
    engines: Sequence[EvaluatedEngine],
    samples: Iterable[Sample] = (),
    negatives: Iterable[Sample] = (),
    portraits: Iterable[PortraitSample] = (),
) -> list[Predictions]:
    """Runs every engine on every picture. Each picture goes to all engines in turn, so that times compare.

    Args:
        engines: The engines.
        samples: Pictures with boxes.
        negatives: Pictures without a face.
        portraits: Pictures of one person.

    Returns:
        The predictions of each engine, in the order of `engines`.
    """
    of_engines = [Predictions() for _ in engines]
    problems: list[str] = []
    for sample, image in _read(samples, problems):
        for engine, predictions in zip(engines, of_engines, strict=True):
            predictions.pictures.append(_predict_picture(engine, sample, image))
    for sample, image in _read(negatives, problems):
        for engine, predictions in zip(engines, of_engines, strict=True):
            predictions.negatives.append(_predict_picture(engine, sample, image))
    for portrait, image in _read(portraits, problems):
        for engine, predictions in zip(engines, of_engines, strict=True):
            faces, seconds = _timed(engine.at_operating_point, image)
            predictions.portraits.append(PortraitPrediction(portrait, faces, seconds))
    return [replace(predictions, problems=problems) for predictions in of_engines]


def _predict_picture(engine: EvaluatedEngine, sample: Sample, image: Image) -> PicturePrediction:
    faces, seconds = _timed(engine.at_operating_point, image)
    height, width = image.shape[:2]
    return PicturePrediction(sample, faces, engine.at_low_threshold.detect(image), width, height, seconds)


def _timed(engine: Engine, image: Image) -> tuple[Faces, float]:
    start = time.perf_counter()
    faces = engine.detect(image)
    return faces, time.perf_counter() - start


def _read(samples: Iterable[_Labelled], problems: list[str]) -> Iterator[tuple[_Labelled, Image]]:
    """Yields the pictures that can be read; the others go to `problems`."""
    for sample in samples:
        try:
            yield sample, read_image(sample.path)
        except SourceError as error:
            problems.append(str(error))
