"""All found and all true faces of many pictures as two sets of columns. Pure."""

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
    """A labelled picture and what the engine found in it.

    Attributes:
        sample: The truth.
        faces: What it reports at its usual operating point.
        candidates: What it reports when asked for faces down to a low score, for curves.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        seconds: What the engine took.
    """

    sample: Sample
    faces: Faces
    candidates: Faces
    width: int
    height: int
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class PortraitPrediction:
    """A picture of one person and what the engine found in it, at its usual operating point."""

    sample: PortraitSample
    faces: Faces
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class MatchTable:
    """Columns: `found_*` one row a found face, `true_*` one row a true face that is not ignored.

    Attributes:
        pictures: Number of pictures.
        found_picture: (n,) intp: number of the picture it is in.
        found_score: (n,) float32.
        found_height: (n,) float32, pixels.
        found_outcome: (n,) int8, see `matching`.
        found_probabilities: (n, 3) float32, NaN where nothing classified it.
        found_certain: (n,) bool.
        found_reason: (n,) object: why not, None for the certain ones.
        true_picture: (m,) intp: number of the picture it is in.
        true_row: (m,) intp: its row in that picture's `Sample`.
        true_state: (m,) int64, `maskwatch.data.sample.UNKNOWN` included.
        true_height: (m,) float32, pixels.
        true_found: (m,) intp: row of the found face that matches it, -1 if none.
        true_score: (m,) float32: the score of that face, -1 if none.
    """

    pictures: int
    found_picture: NDArray[np.intp]
    found_score: NDArray[np.float32]
    found_height: NDArray[np.float32]
    found_outcome: NDArray[np.int8]
    found_probabilities: NDArray[np.float32]
    found_certain: NDArray[np.bool_]
    found_reason: NDArray[np.object_]
    true_picture: NDArray[np.intp]
    true_row: NDArray[np.intp]
    true_state: NDArray[np.int64]
    true_height: NDArray[np.float32]
    true_found: NDArray[np.intp]
    true_score: NDArray[np.float32]


def tabulate(
    looked: PicturePrediction, faces: Faces, iou: float = 0.5, partly_labelled: Collection[str] = ()
) -> MatchTable:
    """Matches found faces of one picture with its true ones.

    Args:
        looked: The picture.
        faces: The found faces: those of `looked`, or a choice of them.
        iou: Smallest overlap that counts as found.
        partly_labelled: Sources in which some faces have no box: what is found beside the boxes there
            counts neither way.
    """
    sample = looked.sample
    boxes = clip(sample.boxes, looked.width, looked.height)
    # A box wholly outside the picture cannot be found.
    ignore = sample.ignore | (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
    matched = match(faces.boxes, faces.scores, boxes, ignore, iou)
    faces = faces[matched.order]
    outcome = matched.outcome
    hits = np.flatnonzero(outcome == TRUE)
    finder = np.full(len(boxes), -1, np.intp)
    finder[matched.truth[hits]] = hits
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
        found_picture=np.zeros(len(faces), np.intp),
        found_score=matched.scores,
        found_height=faces.boxes[:, 3] - faces.boxes[:, 1],
        found_outcome=outcome,
        found_probabilities=probabilities,
        found_certain=faces.certain,
        found_reason=np.full(len(faces), None, np.object_) if faces.reasons is None else faces.reasons,
        true_picture=np.zeros(len(rows), np.intp),
        true_row=rows,
        true_state=sample.states[rows],
        true_height=(boxes[:, 3] - boxes[:, 1])[rows],
        true_found=finder[rows],
        true_score=score[rows],
    )


def join(tables: Sequence[MatchTable]) -> MatchTable:
    """The tables one below the other; pictures and rows are numbered anew."""
    tables = tables or [_EMPTY]
    pictures = np.cumsum([0, *(table.pictures for table in tables)])
    found = np.cumsum([0, *(len(table.found_score) for table in tables)])
    columns = {
        column.name: np.concatenate([getattr(table, column.name) for table in tables])
        for column in fields(MatchTable)
        if column.name != "pictures"
    }
    for name, rows in (("found_picture", "found_score"), ("true_picture", "true_score")):
        columns[name] += np.repeat(pictures[:-1], [len(getattr(table, rows)) for table in tables])
    offset = np.repeat(found[:-1], [len(table.true_score) for table in tables])
    columns["true_found"] = np.where(columns["true_found"] < 0, -1, columns["true_found"] + offset)
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
