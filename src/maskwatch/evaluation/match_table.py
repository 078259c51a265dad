"""The detections and true faces of many pictures as two sets of columns. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import PortraitSample, Sample
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE, match
from maskwatch.geometry import clip
from maskwatch.types import LABELS, Faces


@dataclass(frozen=True, slots=True)
class PicturePrediction:
    """A labelled picture and what the engine predicted for it.

    Attributes:
        sample: The ground truth.
        faces: What the engine reports at its operating point.
        candidates: What it reports down to a low score, for precision-recall curves.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        seconds: Time that the engine took at its operating point.
    """

    sample: Sample
    faces: Faces
    candidates: Faces
    width: int
    height: int
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class PortraitPrediction:
    """A picture of one person and what the engine predicted for it.

    Attributes:
        sample: The ground truth.
        faces: What the engine reports at its operating point.
        seconds: Time that the engine took.
    """

    sample: PortraitSample
    faces: Faces
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class MatchTable:
    """Columns: `detection_*` has one row for each detection, `truth_*` one for each face that counts.

    Ignored boxes have no row.

    Attributes:
        pictures: Number of pictures.
        detection_picture: (n,) intp: number of the picture, from 0.
        detection_score: (n,) float32.
        detection_height: (n,) float32, pixels.
        detection_outcome: (n,) int8, see `maskwatch.evaluation.matching`.
        detection_probabilities: (n, 3) float32, NaN where nothing classified it.
        detection_certain: (n,) bool.
        detection_reason: (n,) object: the reason for being uncertain, None for the certain ones.
        truth_picture: (m,) intp: number of the picture, from 0.
        truth_row: (m,) intp: row in that picture's `Sample`.
        truth_state: (m,) int64, `maskwatch.data.sample.UNKNOWN` included.
        truth_height: (m,) float32, pixels.
        truth_detection: (m,) intp: row of the detection that matches it, -1 if none does.
        truth_score: (m,) float32: score of that detection, -1 if there is none.
    """

    pictures: int
    detection_picture: NDArray[np.intp]
    detection_score: NDArray[np.float32]
    detection_height: NDArray[np.float32]
    detection_outcome: NDArray[np.int8]
    detection_probabilities: NDArray[np.float32]
    detection_certain: NDArray[np.bool_]
    detection_reason: NDArray[np.object_]
    truth_picture: NDArray[np.intp]
    truth_row: NDArray[np.intp]
    truth_state: NDArray[np.int64]
    truth_height: NDArray[np.float32]
    truth_detection: NDArray[np.intp]
    truth_score: NDArray[np.float32]


def tabulate(
    prediction: PicturePrediction, faces: Faces, iou: float = 0.5, partly_labelled: Collection[str] = ()
) -> MatchTable:
    """Matches detections of one picture with its true faces.

    Args:
        prediction: The picture.
        faces: The detections: those of `prediction`, or a choice of them.
        iou: Smallest overlap that counts as a match.
        partly_labelled: Sources in which some faces have no box: a detection there that matches no box
            counts neither way.

    Returns:
        A table of one picture; detections are sorted by falling score.
    """
    sample = prediction.sample
    boxes = clip(sample.boxes, prediction.width, prediction.height)
    # A box wholly outside the picture cannot be detected.
    ignore = sample.ignore | (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
    matched = match(faces.boxes, faces.scores, boxes, ignore, iou)
    faces = faces[matched.order]
    outcome = matched.outcome
    hits = np.flatnonzero(outcome == TRUE)
    detection = np.full(len(boxes), -1, np.intp)
    detection[matched.truth[hits]] = hits
    score = np.full(len(boxes), -1, np.float32)
    score[matched.truth[hits]] = matched.scores[hits]
    if sample.source in partly_labelled:
        outcome = np.where(outcome == FALSE, np.int8(IGNORED), outcome)
    rows = np.flatnonzero(~ignore)
    probabilities = faces.probabilities
    if probabilities is None:
        probabilities = np.full((len(faces), len(LABELS)), np.nan, np.float32)
    return MatchTable(
        pictures=1,
        detection_picture=np.zeros(len(faces), np.intp),
        detection_score=matched.scores,
        detection_height=faces.boxes[:, 3] - faces.boxes[:, 1],
        detection_outcome=outcome,
        detection_probabilities=probabilities,
        detection_certain=faces.certain,
        detection_reason=np.full(len(faces), None, np.object_) if faces.reasons is None else faces.reasons,
        truth_picture=np.zeros(len(rows), np.intp),
        truth_row=rows,
        truth_state=sample.states[rows],
        truth_height=(boxes[:, 3] - boxes[:, 1])[rows],
        truth_detection=detection[rows],
        truth_score=score[rows],
    )


def tabulate_faces(
    predictions: Sequence[PicturePrediction], partly_labelled: Collection[str] = (), iou: float = 0.5
) -> MatchTable:
    """Matches the faces that the engine reports at its operating point, in all pictures; see `tabulate`."""
    return concatenate([tabulate(item, item.faces, iou, partly_labelled) for item in predictions])


def concatenate(tables: Sequence[MatchTable]) -> MatchTable:
    """Puts tables one below the other; pictures and rows are numbered anew."""
    tables = tables or [_EMPTY]
    pictures = np.cumsum([0, *(table.pictures for table in tables)])
    detections = np.cumsum([0, *(len(table.detection_score) for table in tables)])
    columns = {
        column.name: np.concatenate([getattr(table, column.name) for table in tables])
        for column in fields(MatchTable)
        if column.name != "pictures"
    }
    for name, rows in (("detection_picture", "detection_score"), ("truth_picture", "truth_score")):
        columns[name] += np.repeat(pictures[:-1], [len(getattr(table, rows)) for table in tables])
    offset = np.repeat(detections[:-1], [len(table.truth_score) for table in tables])
    matched = columns["truth_detection"]
    columns["truth_detection"] = np.where(matched < 0, -1, matched + offset)
    return MatchTable(pictures=int(pictures[-1]), **columns)


_EMPTY = MatchTable(
    0,
    np.zeros(0, np.intp),
    np.zeros(0, np.float32),
    np.zeros(0, np.float32),
    np.zeros(0, np.int8),
    np.zeros((0, len(LABELS)), np.float32),
    np.zeros(0, np.bool_),
    np.zeros(0, np.object_),
    np.zeros(0, np.intp),
    np.zeros(0, np.intp),
    np.zeros(0, np.int64),
    np.zeros(0, np.float32),
    np.zeros(0, np.intp),
    np.zeros(0, np.float32),
)
