"""Collects the inputs of a network in use: pictures as the engine crops and resizes them."""

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
"""Pictures of each kind that are used unless more are asked for."""


class _Recorder:
    """Runs another network and keeps its inputs."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.entries, self.inputs, self.outputs = network.entries, network.inputs, network.outputs
        self.pixels: list[NDArray[np.uint8]] = []

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        self.pixels += [array.copy() for array in feed.values()]
        return self._network.run(outputs, feed)


def network_inputs(model: Path, kind: ModelKind, evaluation_set: EvaluationSet) -> list[NDArray[np.uint8]]:
    """Returns the network's inputs, each (n, h, w, 3) uint8 BGR, while an engine works on the pictures.

    A detector searches each picture once, as for live video. A classifier gets the boxes of the labels, or
    the whole picture where there are none.

    Args:
        model: A model file of maskwatch.
        kind: "detector" or "classifier".
        evaluation_set: The pictures; those that cannot be read are left out.

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
    pictures = [(sample.path, sample) for sample in (*evaluation_set.samples, *evaluation_set.negatives)]
    portraits = [(portrait.path, None) for portrait in evaluation_set.portraits]
    for path, sample in progress([*pictures, *portraits], "collecting network inputs"):
        try:
            image = read_image(path)
        except SourceError:
            continue
        if isinstance(part, SSD):
            part.detect(image)
        else:
            part.classify(image, _boxes(image, sample))
    if not recorder.pixels:
        raise DataError("not one of the pictures can be read")
    return recorder.pixels


def pictures_of(
    path: Path, names: Mapping[str, str], split: str | None = None, most: int = MOST
) -> EvaluationSet:
    """Returns the pictures of a data set in any format, or of a folder without labels.

    Args:
        path: File or folder.
        names: Class name in the data -> meaning.
        split: Name of a split; a data set without it is taken whole.
        most: Largest number of pictures of each kind.

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
    """Returns the labelled boxes, or one box around the whole picture."""
    height, width = image.shape[:2]
    boxes = np.array([[0, 0, width, height]], np.float32)
    if sample is not None and not sample.ignore.all():
        boxes = sample.boxes[~sample.ignore]
    return Faces(boxes, np.ones(len(boxes), np.float32))
