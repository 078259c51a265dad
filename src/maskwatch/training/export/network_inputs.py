"""What a network is really fed: pictures as the engine cuts and resizes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.data.negatives import read_negatives
from maskwatch.data.sample import Sample
from maskwatch.detectors.ssd import SSD
from maskwatch.errors import DataError, SourceError
from maskwatch.evaluation.evaluation_set import ALL_SPLITS, EvaluationSet, Selection, select
from maskwatch.factory import load
from maskwatch.models.catalog import NO_CLASSIFIER, SHIPPED
from maskwatch.models.runtime import Network
from maskwatch.progress import progress
from maskwatch.sources.images import read_image
from maskwatch.types import Faces, Image, ModelKind

MOST: Final = 64
"""Pictures of each sort that are looked at unless more are asked for."""


class _Recorder:
    """A network that keeps what it is fed."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.entries, self.inputs, self.outputs = network.entries, network.inputs, network.outputs
        self.seen: list[NDArray[np.uint8]] = []

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        self.seen += [pixels.copy() for pixels in feed.values()]
        return self._network.run(outputs, feed)


def recorded(model: Path, kind: ModelKind, material: EvaluationSet) -> list[NDArray[np.uint8]]:
    """The network's inputs, each (n, h, w, 3) uint8 BGR, while the engine looks at the pictures.

    A detector searches each once, as live; a classifier is shown the boxes of the labels, or the whole
    picture where it has none.

    Args:
        model: A model file of maskwatch.
        kind: What it is.
        material: The pictures; those that cannot be read are left out.

    Raises:
        ModelError: The file cannot be used.
        DataError: Not one picture can be read.
    """
    detector = str(model) if kind == "detector" else SHIPPED["detector"]
    classifier = NO_CLASSIFIER if kind == "detector" else str(model)
    engine = load(detector, classifier, live=True, threads=1)
    part = engine.detector if kind == "detector" else engine.classifier
    assert isinstance(part, SSD | MobileNet)
    recorder = _Recorder(part.model.network)
    part.model = replace(part.model, network=recorder)
    pictures = [(sample.path, sample) for sample in (*material.samples, *material.negatives)]
    portraits = [(portrait.path, None) for portrait in material.portraits]
    for path, sample in progress([*pictures, *portraits], "looking"):
        try:
            image = read_image(path)
        except SourceError:
            continue
        if isinstance(part, SSD):
            part.detect(image)
        else:
            part.classify(image, _boxes(image, sample))
    if not recorder.seen:
        raise DataError("not one of the pictures can be read")
    return recorder.seen


def pictures_of(
    path: Path, names: Mapping[str, str], split: str | None = None, most: int = MOST
) -> EvaluationSet:
    """The pictures of a data set in any form, or of a folder without labels.

    Args:
        path: File or folder.
        names: Class name in the data -> meaning.
        split: Which split is wanted; a data set that lacks it is taken whole.
        most: At most so many of each sort.

    Raises:
        DataError: There are none.
    """
    try:
        return select(Selection([path], names=names, split=split, limit=most))
    except DataError:
        if split is not None:
            return pictures_of(path, names, None if split == ALL_SPLITS else ALL_SPLITS, most)
        if not path.is_dir():
            raise
        return EvaluationSet(negatives=read_negatives(path)[:most])


def _boxes(image: Image, sample: Sample | None) -> Faces:
    height, width = image.shape[:2]
    boxes = np.array([[0, 0, width, height]], np.float32)
    if sample is not None and not sample.ignore.all():
        boxes = sample.boxes[~sample.ignore]
    return Faces(boxes, np.ones(len(boxes), np.float32))
