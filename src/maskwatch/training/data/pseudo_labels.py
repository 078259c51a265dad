"""Labels that nobody wrote: boxes for pictures without any, and faces to leave alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.geometry import iou

_SAME: Final = 0.3
"""IoU from which two boxes mean the same face."""


class DetectedFaces(Protocol):
    """Faces found by any means: boxes (n, 4) x1, y1, x2, y2 and scores (n,)."""

    @property
    def boxes(self) -> NDArray[np.float32]:
        """(n, 4) x1, y1, x2, y2 in pixels."""
        ...

    @property
    def scores(self) -> NDArray[np.float32]:
        """(n,) in [0, 1]."""
        ...


def ignore_unlabelled(
    samples: Sequence[Sample], found: Mapping[Path, DetectedFaces], score: float
) -> list[Sample]:
    """Adds an ignored box wherever a face was found with at least `score` and none is labelled."""
    result = []
    for sample in samples:
        seen = found.get(sample.path)
        if seen is None:
            result.append(sample)
            continue
        extra = seen.boxes[seen.scores >= score]
        if len(sample.boxes):
            extra = extra[iou(extra, sample.boxes).max(1, initial=0) < _SAME]
        result.append(_with_boxes(sample, extra, UNKNOWN, ignore=True))
    return result


def box_portraits(
    portraits: Sequence[PortraitSample], found: Mapping[Path, DetectedFaces], score: float
) -> list[Sample]:
    """Gives pictures of one person their box: that of the only face found with at least `score`.

    What was found with less is ignored; a picture with no such face, or with several, is left out.
    """
    result = []
    for portrait in portraits:
        seen = found.get(portrait.path)
        if seen is None or (seen.scores >= score).sum() != 1:
            continue
        sure = seen.scores >= score
        sample = Sample(
            portrait.path,
            seen.boxes[sure],
            np.array([portrait.state], np.int64),
            np.zeros(1, np.bool_),
            portrait.source,
            portrait.group,
            portrait.split,
        )
        doubtful = seen.boxes[~sure]
        doubtful = doubtful[iou(doubtful, sample.boxes).max(1, initial=0) < _SAME]
        result.append(_with_boxes(sample, doubtful, UNKNOWN, ignore=True))
    return result


def box_pictures(
    paths: Sequence[Path], found: Mapping[Path, DetectedFaces], sure: float, maybe: float
) -> list[Sample]:
    """Takes faces found with at least `sure` as true, those between `maybe` and `sure` as to be ignored.

    Pictures without a sure face are left out.
    """
    result = []
    for path in paths:
        seen = found.get(path)
        if seen is None or not (seen.scores >= sure).any():
            continue
        rows = seen.scores >= maybe
        result.append(
            Sample(
                path,
                seen.boxes[rows],
                np.full(int(rows.sum()), UNKNOWN, np.int64),
                seen.scores[rows] < sure,
                source="pseudo",
            )
        )
    return result


def _with_boxes(sample: Sample, boxes: NDArray[np.float32], state: int, ignore: bool) -> Sample:
    return replace(
        sample,
        boxes=np.concatenate([sample.boxes, boxes]).astype(np.float32),
        states=np.concatenate([sample.states, np.full(len(boxes), state, np.int64)]),
        ignore=np.concatenate([sample.ignore, np.full(len(boxes), ignore)]),
    )
