"""Computes the figures of an evaluation from predictions. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.evaluation.figures import (
    ClassAP,
    DetectionFigures,
    Figures,
    LabelFigures,
    NegativeFigures,
    OperatingPoint,
    PortraitFigures,
)
from maskwatch.evaluation.intervals import NOTHING, Proportion, bootstrap, proportion
from maskwatch.evaluation.match_table import (
    MatchTable,
    PicturePrediction,
    PortraitPrediction,
    concatenate,
    tabulate,
)
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE
from maskwatch.evaluation.metrics import (
    HEIGHTS,
    average_precision,
    calibration,
    confusion,
    precision_recall,
    threshold_for,
)
from maskwatch.evaluation.slices import Member, by_slice
from maskwatch.types import LABELS, Faces

ALL_SOURCES: Final = "all"
"""Name of the figures over several sources."""

ALL_FROM_32_PX: Final = "all >=32 px"
"""Name of the figures over all sources for faces of 32 pixels and more."""

ALLOWED: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""False faces in 100 negatives at which recall is compared."""

_UNMASKED: Final = LABELS.index("without_mask")
_WRONG: Final = LABELS.index("mask_worn_incorrectly")
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
        labels=_all_labels(predictions, sources),
        negatives=_negatives(negatives, points) if negatives else None,
        crops=_portraits_by_source(portraits),
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


def _match_faces(
    predictions: Sequence[PicturePrediction], partly_labelled: Collection[str] = (), iou: float = 0.5
) -> MatchTable:
    return concatenate([tabulate(item, item.faces, iou, partly_labelled) for item in predictions])


def _match_candidates(predictions: Sequence[PicturePrediction], iou: float) -> list[MatchTable]:
    return [tabulate(item, item.candidates, iou) for item in predictions]


# --- detection -------------------------------------------------------------------------------------


def _detection(predictions: Sequence[PicturePrediction], partly: bool, rounds: int) -> DetectionFigures:
    table = _match_faces(predictions)
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
        recall_40=proportion(_match_faces(predictions, iou=0.4).truth_detection >= 0),
        recall_from_24=proportion(found[table.truth_height >= 24]),
        recall_by_height={
            name: proportion(found[rows]) for name, rows in _height_classes(table.truth_height)
        },
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


def _height_classes(heights: NDArray[np.float32]) -> list[tuple[str, NDArray[np.bool_]]]:
    return [(name, (heights >= low) & (heights < high)) for name, (low, high) in HEIGHTS.items()]


def _thinned(table: MatchTable) -> list[tuple[float, float, float]]:
    curve = precision_recall(table.detection_score, table.detection_outcome, len(table.truth_score))
    # Evenly along the recall axis: most candidates crowd at its end.
    wanted = np.linspace(0, curve.recall[-1] if len(curve.recall) else 0, _CURVE_POINTS)
    rows = np.unique(np.searchsorted(curve.recall, wanted).clip(0, max(len(curve.recall) - 1, 0)))
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
            label: _ap(concatenate(tables[state])) if state in tables else None
            for state, label in enumerate(LABELS)
        },
        mean=mean(np.arange(len(predictions))) if every else None,
        interval=bootstrap(mean, len(predictions), rounds) if every else None,
        mean_by_answer=float(np.mean(by_answer)) if every else None,
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


# --- labelling -------------------------------------------------------------------------------------


def _all_labels(
    predictions: Sequence[PicturePrediction], sources: dict[str, list[PicturePrediction]]
) -> dict[str, LabelFigures]:
    """Computes label figures by source. "all" holds every source here: labels need no complete boxes."""
    labels = {}
    for name, rows in (sources | {ALL_SOURCES: list(predictions)}).items():
        table = _match_faces(rows)
        if np.any(table.truth_state != UNKNOWN) and not np.isnan(table.detection_probabilities).any():
            labels[name] = _labels(table)
    if ALL_SOURCES in labels:
        table = _match_faces(predictions)
        labels = {ALL_SOURCES: labels.pop(ALL_SOURCES), ALL_FROM_32_PX: _labels(table, 32)} | labels
        if len(sources) == 1:
            labels = {name: labels[name] for name in (ALL_SOURCES, ALL_FROM_32_PX)}
    return labels


def _labels(table: MatchTable, height: float = 0) -> LabelFigures:
    known = (table.truth_state != UNKNOWN) & (table.truth_height >= height)
    detected = known & (table.truth_detection >= 0)
    rows = table.truth_detection[detected]
    true, probabilities = table.truth_state[detected], table.detection_probabilities[rows]
    predicted = probabilities.argmax(axis=1) if len(rows) else np.zeros(0, np.int64)
    right = predicted == true
    certain = table.detection_certain[rows]
    found_and_right = np.zeros(len(table.truth_state), np.bool_)  # over all true faces
    found_and_right[np.flatnonzero(detected)[right]] = True
    per_state: dict[str, Proportion] = {
        label: proportion(found_and_right[known & (table.truth_state == state)])
        for state, label in enumerate(LABELS)
        if np.any(known & (table.truth_state == state))
    }
    shares = [item.value for item in per_state.values() if item.value is not None]
    masked, binary = _masked_or_not(true, predicted)
    return LabelFigures(
        right=proportion(right),
        right_by_height={
            name: proportion(right[r]) for name, r in _height_classes(table.truth_height[detected])
        },
        masked_or_not=proportion(binary[masked]),
        wrongly_worn_precision=proportion(right[predicted == _WRONG]),
        wrongly_worn_recall=proportion(right[true == _WRONG]),
        confusion=confusion(true, predicted, len(LABELS)).tolist(),
        found_and_right=per_state,
        found_and_right_mean=float(np.mean(shares)) if len(per_state) == len(LABELS) else None,
        calibration=calibration(probabilities.max(axis=1, initial=0), right),
        certain=proportion(certain),
        certain_right=proportion(right[certain]),
        uncertain_right=proportion(right[~certain]),
        reasons=dict(Counter(str(reason) for reason in table.detection_reason[rows] if reason is not None)),
    )


def _masked_or_not(
    true: NDArray[np.int64], predicted: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Returns which faces are masked or unmasked, and for which a mask is rightly seen or not seen."""
    return true != _WRONG, (true == _UNMASKED) == (predicted == _UNMASKED)


# --- negatives, portraits ---------------------------------------------------------------------------


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


def main_face(faces: Faces) -> int:
    """Returns the row of the face that a picture of one person is about: the largest; -1 if there is none."""
    if not len(faces):
        return -1
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    return int(np.argmax(sides[:, 0] * sides[:, 1]))


def _portraits_by_source(portraits: Sequence[PortraitPrediction]) -> dict[str, PortraitFigures]:
    sources: dict[str, list[PortraitPrediction]] = {}
    for portrait in portraits:
        sources.setdefault(portrait.sample.source, []).append(portrait)
    if len(sources) > 1:
        sources = {ALL_SOURCES: list(portraits)} | dict(sorted(sources.items()))
    return {name: _portrait_figures(rows) for name, rows in sources.items()}


def _portrait_figures(portraits: Sequence[PortraitPrediction]) -> PortraitFigures:
    if any(len(portrait.faces) and portrait.faces.probabilities is None for portrait in portraits):
        found = np.array([len(portrait.faces) > 0 for portrait in portraits])
        return PortraitFigures(len(portraits), NOTHING, NOTHING, proportion(found), {}, [], NOTHING, NOTHING)
    no_face = len(LABELS)
    predicted, certain = np.full(len(portraits), no_face), np.zeros(len(portraits), np.bool_)
    true = np.array([portrait.sample.state for portrait in portraits])
    for row, portrait in enumerate(portraits):
        face = main_face(portrait.faces)
        if face >= 0:
            assert portrait.faces.probabilities is not None
            predicted[row] = portrait.faces.probabilities[face].argmax()
            certain[row] = portrait.faces.certain[face]
    found, right = predicted != no_face, predicted == true
    masked, binary = _masked_or_not(true, predicted)
    return PortraitFigures(
        pictures=len(portraits),
        right=proportion(right),
        masked_or_not=proportion((binary & found)[masked]),
        found=proportion(found),
        right_by_state={
            label: proportion(right[true == state])
            for state, label in enumerate(LABELS)
            if np.any(true == state)
        },
        confusion=confusion(true, predicted, no_face + 1)[:no_face].tolist(),
        certain=proportion(certain[found]),
        certain_right=proportion(right[certain]),
    )
