"""Runs an engine over labelled pictures, as a user would run it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from maskwatch.build import load
from maskwatch.data.sample import CropSample, Sample
from maskwatch.detectors.base import Detector
from maskwatch.errors import SourceError
from maskwatch.evaluation.table import Looked, LookedCrop
from maskwatch.pipeline import Engine
from maskwatch.sources.images import read_image
from maskwatch.types import Faces, Image

LOW: Final = 0.02
"""Detector score down to which candidates are taken for curves."""

_Either = TypeVar("_Either", Sample, CropSample)


MOST: Final = 300
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
class Contender:
    """A detector and a classifier, at two operating points.

    The usual one is what users get. It is no plain threshold on the reported score (the detector has
    one for its own score, the classifier another for what is a face at all), so it cannot be had from
    the other's answers, and pictures are looked at twice.

    Attributes:
        name: For people.
        usual: What users get.
        deep: The same models, reporting faces down to a low score.
    """

    name: str
    usual: Engine
    deep: Engine


@dataclass(slots=True)
class Findings:
    """What one engine found in all pictures.

    Attributes:
        looked: Pictures with boxes.
        negatives: Pictures without a face.
        crops: Pictures of one person.
        problems: One line for each picture that could not be read.
    """

    looked: list[Looked] = field(default_factory=list)
    negatives: list[Looked] = field(default_factory=list)
    crops: list[LookedCrop] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def contender(
    detector: str,
    classifier: str,
    size: int | None = None,
    threshold: float | None = None,
    *,
    live: bool = False,
    threads: int | None = None,
) -> Contender:
    """Loads models as `maskwatch.build.load` does, which explains the arguments."""
    usual = load(detector, classifier, size, threshold, live=live, threads=threads)
    combines = getattr(usual.classifier, "combines_scores", False)
    deep = load(detector, classifier, size, math.sqrt(LOW) if combines else LOW, live=live, threads=threads)
    deep = Engine(Best(deep.detector, MOST), deep.classifier, deep.threshold)
    return Contender(f"{detector} + {classifier}", usual, deep)


def look(
    engines: Contender,
    samples: Iterable[Sample] = (),
    negatives: Iterable[Sample] = (),
    crops: Iterable[CropSample] = (),
) -> Findings:
    """Shows every picture to the engine.

    Args:
        engines: What looks at them.
        samples: Pictures with boxes.
        negatives: Pictures without a face.
        crops: Pictures of one person.
    """
    findings = Findings()
    for into, pictures in ((findings.looked, samples), (findings.negatives, negatives)):
        for sample, image in _read(pictures, findings.problems):
            into.append(_look(engines, sample, image))
    for crop, image in _read(crops, findings.problems):
        start = time.perf_counter()
        faces = engines.usual.detect(image)
        findings.crops.append(LookedCrop(crop, faces, time.perf_counter() - start))
    return findings


def _look(engines: Contender, sample: Sample, image: Image) -> Looked:
    start = time.perf_counter()
    faces = engines.usual.detect(image)
    seconds = time.perf_counter() - start
    height, width = image.shape[:2]
    return Looked(sample, faces, engines.deep.detect(image), width, height, seconds)


def _read(samples: Iterable[_Either], problems: list[str]) -> Iterator[tuple[_Either, Image]]:
    """The pictures that can be read; the others are noted."""
    for sample in samples:
        try:
            yield sample, read_image(sample.path)
        except SourceError as error:
            problems.append(str(error))
