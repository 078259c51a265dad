"""Computes the figures of an evaluation from predictions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.evaluation.figures import (
    ALL_SOURCES,
    ClassAP,
    DetectionFigures,
    Figures,
    NegativeFigures,
    OperatingPoint,
)
from maskwatch.evaluation.intervals import bootstrap
from maskwatch.evaluation.label_figures import labels_by_source, portraits_by_source
from maskwatch.evaluation.match_table import (
    MatchTable,
    PicturePrediction,
    PortraitPrediction,
    concatenate,
    tabulate,
    tabulate_faces,
)
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE
from maskwatch.evaluation.metrics import (
    HEIGHTS,
    average_precision,
    height_classes,
    precision_recall,
    threshold_for,
)
from maskwatch.evaluation.slices import Member, by_slice
from maskwatch.proportion import proportion
from maskwatch.types import LABELS, Faces

ALLOWED: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""False faces in 100 negatives at which recall is compared."""

_CURVE_POINTS: Final = 200


def compute_figures(
    predictions: Sequence[PicturePrediction],
    negatives: Sequence[PicturePrediction] = (),
    portraits: Sequence[PortraitPrediction] = (),
    partly_labelled: Collection[str] = (),
    rounds: int = 200,
    members: Iterable[Member] = (),
) -> Figures:
    """Computes all figures of one engine.

    Args:
        predictions: Of pictures with boxes; a picture without any box shows no face.
        negatives: Of pictures without a face, counted apart.
        portraits: Of pictures of one person.
        partly_labelled: Sources in which some faces have no box: only recall and labels are measured there.
        rounds: Draws for bootstrap intervals; 0 leaves the intervals out.
        members: Faces of slices, for figures of each slice.

    Raises:
        DataError: A slice names a box that its picture does not have.
    """
    sources = _by_source(predictions, partly_labelled)
    points = _operating_points(negatives, sources)
    seconds = [item.seconds for item in (*predictions, *negatives)]
    return Figures(
        detection={name: _detection(rows, name in partly_labelled, rounds) for name, rows in sources.items()},
        classes={
            name: figures
            for name, rows in sources.items()
            if name not in partly_labelled and (figures := _classes(rows, rounds))
        },
        labels=labels_by_source(predictions, sources),
        negatives=_negatives(negatives, points) if negatives else None,
        crops=portraits_by_source(portraits),
        milliseconds=float(np.median(seconds)) * 1000 if seconds else None,
        slices=by_slice(predictions, members, partly_labelled),
    )


def _by_source(
    predictions: Sequence[PicturePrediction], partly_labelled: Collection[str]
) -> dict[str, list[PicturePrediction]]:
    sources: dict[str, list[PicturePrediction]] = {}
    for item in predictions:
        sources.setdefault(item.sample.source, []).append(item)
    full = [item for item in predictions if item.sample.source not in partly_labelled]
    if len(sources) == 1:
        return sources
    return ({ALL_SOURCES: full} if full else {}) | dict(sorted(sources.items()))


def _match_candidates(predictions: Sequence[PicturePrediction], iou: float) -> list[MatchTable]:
    return [tabulate(item, item.candidates, iou) for item in predictions]


# --- detection -------------------------------------------------------------------------------------


def _detection(predictions: Sequence[PicturePrediction], partly: bool, rounds: int) -> DetectionFigures:
    table = tabulate_faces(predictions)
    by_picture = _match_candidates(predictions, 0.5)
    candidates = concatenate(by_picture)
    found = table.truth_detection >= 0
    counted = table.detection_outcome != IGNORED
    false = int(np.count_nonzero(table.detection_outcome == FALSE))
    states: dict[str, NDArray[np.bool_]] = {
        label: table.truth_state == state for state, label in enumerate(LABELS)
    }
    states["face"] = table.truth_state == UNKNOWN
    return DetectionFigures(
        pictures=len(predictions),
        faces=len(found),
        average_precision=None if partly else _number(_ap(candidates)),
        interval=None if partly else bootstrap(_redrawn(by_picture, _ap), len(by_picture), rounds),
        average_precision_40=None
        if partly
        else _number(_ap(concatenate(_match_candidates(predictions, 0.4)))),
        average_precision_by_height={
            name: None if partly else _number(_ap(_restricted(candidates, *limits)))
            for name, limits in HEIGHTS.items()
        },
        curve=[] if partly else _thinned(candidates),
        recall=proportion(found),
        recall_40=proportion(tabulate_faces(predictions, iou=0.4).truth_detection >= 0),
        recall_from_24=proportion(found[table.truth_height >= 24]),
        recall_by_height={name: proportion(found[rows]) for name, rows in height_classes(table.truth_height)},
        recall_by_state={name: proportion(found[rows]) for name, rows in states.items() if rows.any()},
        precision=None if partly else proportion((table.detection_outcome == TRUE)[counted]),
        false_per_picture=None if partly else false / len(predictions),
    )


def _ap(table: MatchTable) -> float:
    """Returns the average precision, NaN without any true face."""
    if not len(table.truth_score):
        return float("nan")
    curve = precision_recall(table.detection_score, table.detection_outcome, len(table.truth_score))
    return average_precision(curve)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _redrawn(
    tables: Sequence[MatchTable], figure: Callable[[MatchTable], float]
) -> Callable[[NDArray[np.intp]], float]:
    return lambda rows: figure(concatenate([tables[row] for row in rows]))


def _restricted(table: MatchTable, low: float, high: float) -> MatchTable:
    """Restricts a table to the faces of a height class; every other detection counts neither way."""
    inside = (table.truth_height >= low) & (table.truth_height < high)
    height = table.detection_height.copy()
    found = table.truth_detection >= 0
    height[table.truth_detection[found]] = table.truth_height[found]
    outcome = np.where((height >= low) & (height < high), table.detection_outcome, np.int8(IGNORED))
    return replace(table, detection_outcome=outcome, truth_score=table.truth_score[inside])


def _thinned(table: MatchTable) -> list[tuple[float, float, float]]:
    curve = precision_recall(table.detection_score, table.detection_outcome, len(table.truth_score))
    # Evenly along the recall axis: most candidates crowd at its end.
    recalls = np.linspace(0, curve.recall[-1] if len(curve.recall) else 0, _CURVE_POINTS)
    rows = np.unique(np.searchsorted(curve.recall, recalls).clip(0, max(len(curve.recall) - 1, 0)))
    return [
        (float(curve.scores[i]), float(curve.precision[i]), float(curve.recall[i]))
        for i in rows
        if i < len(curve.recall)
    ]


# --- detection and labelling -----------------------------------------------------------------------


def _classes(predictions: Sequence[PicturePrediction], rounds: int) -> ClassAP | None:
    if any(item.candidates.probabilities is None for item in predictions):
        return None
    known = np.concatenate([item.sample.states[~item.sample.ignore] for item in predictions])
    present = [state for state in range(len(LABELS)) if np.any(known == state)]
    if not present:
        return None
    tables = {state: [_of_state(item, state) for item in predictions] for state in present}
    by_answer = [
        _ap(concatenate([_of_state(item, state, answers=True) for item in predictions])) for state in present
    ]
    every = len(present) == len(LABELS)

    def mean(rows: NDArray[np.intp]) -> float:
        return float(np.mean([_ap(concatenate([table[row] for row in rows])) for table in tables.values()]))

    return ClassAP(
        average_precision={
            label: _number(_ap(concatenate(tables[state]))) if state in tables else None
            for state, label in enumerate(LABELS)
        },
        mean=_number(mean(np.arange(len(predictions)))) if every else None,
        interval=bootstrap(mean, len(predictions), rounds) if every else None,
        mean_by_answer=_number(float(np.mean(by_answer))) if every else None,
    )


def _of_state(prediction: PicturePrediction, state: int, answers: bool = False) -> MatchTable:
    """Matches a picture as if only faces of one state existed; faces of unknown state count neither way.

    Every candidate counts for every state; with `answers`, only for the state that it is given.
    """
    sample, faces = prediction.sample, prediction.candidates
    probabilities = faces.probabilities
    assert probabilities is not None
    scores = faces.scores * probabilities[:, state]
    if answers:
        scores = np.where(probabilities.argmax(axis=1) == state, faces.scores, np.float32(0))
    chosen = scores > 0
    faces = Faces(faces.boxes[chosen], scores[chosen])
    rows = (sample.states == state) | (sample.states == UNKNOWN) | sample.ignore
    only = replace(
        sample,
        boxes=sample.boxes[rows],
        states=sample.states[rows],
        ignore=(sample.ignore | (sample.states == UNKNOWN))[rows],
    )
    return tabulate(replace(prediction, sample=only), faces)


# --- negatives --------------------------------------------------------------------------------------


def _operating_points(
    negatives: Sequence[PicturePrediction], sources: dict[str, list[PicturePrediction]]
) -> list[OperatingPoint]:
    if not negatives:
        return []
    false_scores = np.concatenate([item.candidates.scores for item in negatives])
    tables = {name: concatenate(_match_candidates(rows, 0.5)) for name, rows in sources.items()}
    points = []
    for allowed in ALLOWED:
        threshold = threshold_for(false_scores, int(allowed * len(negatives) / 100))
        recall = {name: proportion(table.truth_score >= threshold) for name, table in tables.items()}
        points.append(OperatingPoint(allowed, threshold, recall))
    return points


def _negatives(negatives: Sequence[PicturePrediction], points: list[OperatingPoint]) -> NegativeFigures:
    counts = np.array([len(item.faces) for item in negatives])
    return NegativeFigures(
        pictures=len(negatives),
        false_faces=int(counts.sum()),
        false_per_100=100 * float(counts.mean()),
        pictures_with=proportion(counts > 0),
        points=points,
    )
