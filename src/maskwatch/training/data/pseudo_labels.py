"""Pseudo-labels: makes boxes from detections, for pictures without boxes and for faces without a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.geometry import iou

_SAME_FACE_IOU: Final = 0.3
"""IoU from which a detection and a labelled box mean the same face."""


class DetectedFaces(Protocol):
    """Faces that an auto-labeller or a detector gives for one picture."""

    @property
    def boxes(self) -> NDArray[np.float32]:
        """(n, 4) float32 x1, y1, x2, y2 in pixels of the picture."""
        ...

    @property
    def scores(self) -> NDArray[np.float32]:
        """(n,) float32 in [0, 1]."""
        ...


def ignore_unlabelled(
    samples: Sequence[Sample], detections: Mapping[Path, DetectedFaces], score: float
) -> list[Sample]:
    """Adds an ignored box for each detected face without a label, so that it is not taught as background.

    Args:
        samples: Pictures with labelled faces.
        detections: Picture -> detected faces; a picture without an entry stays as it is.
        score: Detections with a lower score are left out.
    """
    result = []
    for sample in samples:
        detected = detections.get(sample.path)
        if detected is None:
            result.append(sample)
        else:
            result.append(_add_ignored(sample, detected.boxes[detected.scores >= score]))
    return result


def box_portraits(
    portraits: Sequence[PortraitSample], detections: Mapping[Path, DetectedFaces], score: float
) -> list[Sample]:
    """Gives portraits the box of the only detected face.

    A portrait without such a face, or with several, is left out.

    Args:
        portraits: The portraits.
        detections: Picture -> detected faces.
        score: Smallest score of the face; detections with a lower score are added as ignored boxes.
    """
    result = []
    for portrait in portraits:
        detected = detections.get(portrait.path)
        if detected is None or (detected.scores >= score).sum() != 1:
            continue
        accepted = detected.scores >= score
        sample = Sample(
            portrait.path,
            detected.boxes[accepted],
            np.array([portrait.state], np.int64),
            np.zeros(1, np.bool_),
            portrait.source,
            portrait.group,
            portrait.split,
        )
        result.append(_add_ignored(sample, detected.boxes[~accepted]))
    return result


def box_pictures(
    paths: Sequence[Path], detections: Mapping[Path, DetectedFaces], accept: float, ignore: float
) -> list[Sample]:
    """Makes samples of unlabelled pictures from their detections.

    Pictures without an accepted face are left out.

    Args:
        paths: The pictures.
        detections: Picture -> detected faces.
        accept: Detections with at least this score become faces of unknown state.
        ignore: Those with a score from here to `accept` become ignored boxes.
    """
    result = []
    for path in paths:
        detected = detections.get(path)
        if detected is None or not (detected.scores >= accept).any():
            continue
        rows = detected.scores >= ignore
        result.append(
            Sample(
                path,
                detected.boxes[rows],
                np.full(int(rows.sum()), UNKNOWN, np.int64),
                detected.scores[rows] < accept,
                source="pseudo",
            )
        )
    return result


def _add_ignored(sample: Sample, boxes: NDArray[np.float32]) -> Sample:
    """Adds ignored boxes (n, 4), except where a face is labelled."""
    if len(sample.boxes):
        boxes = boxes[iou(boxes, sample.boxes).max(1, initial=0) < _SAME_FACE_IOU]
    return replace(
        sample,
        boxes=np.concatenate([sample.boxes, boxes]).astype(np.float32),
        states=np.concatenate([sample.states, np.full(len(boxes), UNKNOWN, np.int64)]),
        ignore=np.concatenate([sample.ignore, np.full(len(boxes), True)]),
    )
