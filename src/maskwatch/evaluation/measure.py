"""From what an engine found to figures. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.evaluation.figures import (
    Classes,
    Detection,
    Figures,
    Labels,
    Negatives,
    OperatingPoint,
    PortraitFigures,
)
from maskwatch.evaluation.intervals import NOTHING, Proportion, bootstrap, proportion
from maskwatch.evaluation.match_table import MatchTable, PicturePrediction, PortraitPrediction, join, tabulate
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

ALL: Final = "all"
FROM_32: Final = "all >=32 px"
ALLOWED: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""False faces in 100 negatives at which recall is compared."""

_UNMASKED: Final = LABELS.index("without_mask")
_WRONG: Final = LABELS.index("mask_worn_incorrectly")
_CURVE_POINTS: Final = 200


def measure(
    looked: Sequence[PicturePrediction],
    negatives: Sequence[PicturePrediction] = (),
    portraits: Sequence[PortraitPrediction] = (),
    partly_labelled: Collection[str] = (),
    rounds: int = 200,
    members: Iterable[Member] = (),
) -> Figures:
    """All figures of one engine.

    Args:
        looked: Pictures with boxes; those without any show no face.
        negatives: Pictures without a face, counted apart.
        portraits: Pictures of one person.
        partly_labelled: Sources in which some faces have no box: only recall and labels there.
        rounds: Draws for bootstrap intervals; 0 leaves them out.
        members: Faces of slices, for figures of each.

    Raises:
        DataError: A member is no face of its picture.
    """
    sources = _by_source(looked, partly_labelled)
    points = _operating_points(negatives, sources)
    seconds = [item.seconds for item in (*looked, *negatives)]
    return Figures(
        detection={name: _detection(rows, name in partly_labelled, rounds) for name, rows in sources.items()},
        classes={
            name: figures
            for name, rows in sources.items()
            if name not in partly_labelled and (figures := _classes(rows, rounds))
        },
        labels=_all_labels(looked, sources),
        negatives=_negatives(negatives, points) if negatives else None,
        crops=_by_crop_source(portraits),
        milliseconds=float(np.median(seconds)) * 1000 if seconds else None,
        slices=by_slice(looked, members, partly_labelled),
    )


def _by_source(
    looked: Sequence[PicturePrediction], partly_labelled: Collection[str]
) -> dict[str, list[PicturePrediction]]:
    sources: dict[str, list[PicturePrediction]] = {}
    for item in looked:
        sources.setdefault(item.sample.source, []).append(item)
    full = [item for item in looked if item.sample.source not in partly_labelled]
    if len(sources) == 1:
        return sources
    return ({ALL: full} if full else {}) | dict(sorted(sources.items()))


def _usual(
    looked: Sequence[PicturePrediction], partly_labelled: Collection[str] = (), iou: float = 0.5
) -> MatchTable:
    return join([tabulate(item, item.faces, iou, partly_labelled) for item in looked])


def _deep(looked: Sequence[PicturePrediction], iou: float) -> list[MatchTable]:
    return [tabulate(item, item.candidates, iou) for item in looked]


# --- finding faces ---------------------------------------------------------------------------------


def _detection(looked: Sequence[PicturePrediction], partly: bool, rounds: int) -> Detection:
    usual = _usual(looked)
    deep = _deep(looked, 0.5)
    table = join(deep)
    found = usual.true_found >= 0
    counted = usual.found_outcome != IGNORED
    false = int(np.count_nonzero(usual.found_outcome == FALSE))
    states: dict[str, NDArray[np.bool_]] = {
        label: usual.true_state == state for state, label in enumerate(LABELS)
    }
    states["face"] = usual.true_state == UNKNOWN
    return Detection(
        pictures=len(looked),
        faces=len(found),
        average_precision=None if partly else _number(_ap(table)),
        interval=None if partly else bootstrap(_redrawn(deep, _ap), len(deep), rounds),
        average_precision_40=None if partly else _number(_ap(join(_deep(looked, 0.4)))),
        average_precision_by_height={
            name: None if partly else _number(_ap(_restricted(table, *limits)))
            for name, limits in HEIGHTS.items()
        },
        curve=[] if partly else _thinned(table),
        recall=proportion(found),
        recall_40=proportion(_usual(looked, iou=0.4).true_found >= 0),
        recall_from_24=proportion(found[usual.true_height >= 24]),
        recall_by_height={name: proportion(found[rows]) for name, rows in _height_classes(usual.true_height)},
        recall_by_state={name: proportion(found[rows]) for name, rows in states.items() if rows.any()},
        precision=None if partly else proportion((usual.found_outcome == TRUE)[counted]),
        false_per_picture=None if partly else false / len(looked),
    )


def _ap(table: MatchTable) -> float:
    """NaN without any true face."""
    if not len(table.true_score):
        return float("nan")
    curve = precision_recall(table.found_score, table.found_outcome, len(table.true_score))
    return average_precision(curve)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _redrawn(
    tables: Sequence[MatchTable], figure: Callable[[MatchTable], float]
) -> Callable[[NDArray[np.intp]], float]:
    return lambda rows: figure(join([tables[row] for row in rows]))


def _restricted(table: MatchTable, low: float, high: float) -> MatchTable:
    """Only the faces of a height class count; whatever else is found counts neither way."""
    inside = (table.true_height >= low) & (table.true_height < high)
    height = table.found_height.copy()
    found = table.true_found >= 0
    height[table.true_found[found]] = table.true_height[found]
    outcome = np.where((height >= low) & (height < high), table.found_outcome, np.int8(IGNORED))
    return replace(table, found_outcome=outcome, true_score=table.true_score[inside])


def _height_classes(heights: NDArray[np.float32]) -> list[tuple[str, NDArray[np.bool_]]]:
    return [(name, (heights >= low) & (heights < high)) for name, (low, high) in HEIGHTS.items()]


def _thinned(table: MatchTable) -> list[tuple[float, float, float]]:
    curve = precision_recall(table.found_score, table.found_outcome, len(table.true_score))
    # Evenly along the recall axis: most candidates crowd at its end.
    wanted = np.linspace(0, curve.recall[-1] if len(curve.recall) else 0, _CURVE_POINTS)
    rows = np.unique(np.searchsorted(curve.recall, wanted).clip(0, max(len(curve.recall) - 1, 0)))
    return [
        (float(curve.scores[i]), float(curve.precision[i]), float(curve.recall[i]))
        for i in rows
        if i < len(curve.recall)
    ]


# --- finding and labelling -------------------------------------------------------------------------


def _classes(looked: Sequence[PicturePrediction], rounds: int) -> Classes | None:
    if any(item.candidates.probabilities is None for item in looked):
        return None
    known = np.concatenate([item.sample.states[~item.sample.ignore] for item in looked])
    present = [state for state in range(len(LABELS)) if np.any(known == state)]
    if not present:
        return None
    tables = {state: [_of_state(item, state) for item in looked] for state in present}
    by_answer = [_ap(join([_of_state(item, state, answers=True) for item in looked])) for state in present]
    every = len(present) == len(LABELS)

    def mean(rows: NDArray[np.intp]) -> float:
        return float(np.mean([_ap(join([table[row] for row in rows])) for table in tables.values()]))

    return Classes(
        average_precision={
            label: _ap(join(tables[state])) if state in tables else None for state, label in enumerate(LABELS)
        },
        mean=mean(np.arange(len(looked))) if every else None,
        interval=bootstrap(mean, len(looked), rounds) if every else None,
        mean_by_answer=float(np.mean(by_answer)) if every else None,
    )


def _of_state(looked: PicturePrediction, state: int, answers: bool = False) -> MatchTable:
    """The picture as if only faces of one state existed; faces of unknown state count neither way.

    Every face is a candidate for every state; for `answers`, only for the one it is given.
    """
    sample, faces = looked.sample, looked.candidates
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
    return tabulate(replace(looked, sample=only), faces)


# --- labelling -------------------------------------------------------------------------------------


def _all_labels(
    looked: Sequence[PicturePrediction], sources: dict[str, list[PicturePrediction]]
) -> dict[str, Labels]:
    """By source; here "all" holds every source, for labels need no complete boxes."""
    labels = {}
    for name, rows in (sources | {ALL: list(looked)}).items():
        table = _usual(rows)
        if np.any(table.true_state != UNKNOWN) and not np.isnan(table.found_probabilities).any():
            labels[name] = _labels(table)
    if ALL in labels:
        table = _usual(looked)
        labels = {ALL: labels.pop(ALL), FROM_32: _labels(table, 32)} | labels
        if len(sources) == 1:
            labels = {name: labels[name] for name in (ALL, FROM_32)}
    return labels


def _labels(table: MatchTable, height: float = 0) -> Labels:
    known = (table.true_state != UNKNOWN) & (table.true_height >= height)
    found = known & (table.true_found >= 0)
    rows = table.true_found[found]
    true, probabilities = table.true_state[found], table.found_probabilities[rows]
    said = probabilities.argmax(axis=1) if len(rows) else np.zeros(0, np.int64)
    right = said == true
    certain = table.found_certain[rows]
    whole = np.zeros(len(table.true_state), np.bool_)  # found and right, over all true faces
    whole[np.flatnonzero(found)[right]] = True
    per_state: dict[str, Proportion] = {
        label: proportion(whole[known & (table.true_state == state)])
        for state, label in enumerate(LABELS)
        if np.any(known & (table.true_state == state))
    }
    shares = [item.value for item in per_state.values() if item.value is not None]
    masked, binary = _masked_or_not(true, said)
    return Labels(
        right=proportion(right),
        right_by_height={name: proportion(right[r]) for name, r in _height_classes(table.true_height[found])},
        masked_or_not=proportion(binary[masked]),
        wrongly_worn_precision=proportion(right[said == _WRONG]),
        wrongly_worn_recall=proportion(right[true == _WRONG]),
        confusion=confusion(true, said, len(LABELS)).tolist(),
        found_and_right=per_state,
        found_and_right_mean=float(np.mean(shares)) if len(per_state) == len(LABELS) else None,
        calibration=calibration(probabilities.max(axis=1, initial=0), right),
        certain=proportion(certain),
        certain_right=proportion(right[certain]),
        uncertain_right=proportion(right[~certain]),
        reasons=dict(Counter(str(reason) for reason in table.found_reason[rows] if reason is not None)),
    )


def _masked_or_not(
    true: NDArray[np.int64], said: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which faces are masked or unmasked, and where a mask is rightly said to be there or not."""
    return true != _WRONG, (true == _UNMASKED) == (said == _UNMASKED)


# --- no face, one face -----------------------------------------------------------------------------


def _operating_points(
    negatives: Sequence[PicturePrediction], sources: dict[str, list[PicturePrediction]]
) -> list[OperatingPoint]:
    if not negatives:
        return []
    false = np.concatenate([item.candidates.scores for item in negatives])
    tables = {name: join(_deep(rows, 0.5)) for name, rows in sources.items()}
    points = []
    for allowed in ALLOWED:
        threshold = threshold_for(false, int(allowed * len(negatives) / 100))
        recall = {name: proportion(table.true_score >= threshold) for name, table in tables.items()}
        points.append(OperatingPoint(allowed, threshold, recall))
    return points


def _negatives(negatives: Sequence[PicturePrediction], points: list[OperatingPoint]) -> Negatives:
    counts = np.array([len(item.faces) for item in negatives])
    return Negatives(
        pictures=len(negatives),
        false_faces=int(counts.sum()),
        false_per_100=100 * float(counts.mean()),
        pictures_with=proportion(counts > 0),
        points=points,
    )


def main_face(faces: Faces) -> int:
    """The row of the face that a picture of one person is about: the largest; -1 if there is none."""
    if not len(faces):
        return -1
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    return int(np.argmax(sides[:, 0] * sides[:, 1]))


def _by_crop_source(portraits: Sequence[PortraitPrediction]) -> dict[str, PortraitFigures]:
    sources: dict[str, list[PortraitPrediction]] = {}
    for portrait in portraits:
        sources.setdefault(portrait.sample.source, []).append(portrait)
    if len(sources) > 1:
        sources = {ALL: list(portraits)} | dict(sorted(sources.items()))
    return {name: _crops(rows) for name, rows in sources.items()}


def _crops(portraits: Sequence[PortraitPrediction]) -> PortraitFigures:
    if any(len(portrait.faces) and portrait.faces.probabilities is None for portrait in portraits):
        found = np.array([len(portrait.faces) > 0 for portrait in portraits])
        return PortraitFigures(len(portraits), NOTHING, NOTHING, proportion(found), {}, [], NOTHING, NOTHING)
    nothing = len(LABELS)
    said, certain = np.full(len(portraits), nothing), np.zeros(len(portraits), np.bool_)
    true = np.array([portrait.sample.state for portrait in portraits])
    for row, portrait in enumerate(portraits):
        face = main_face(portrait.faces)
        if face >= 0:
            assert portrait.faces.probabilities is not None
            said[row] = portrait.faces.probabilities[face].argmax()
            certain[row] = portrait.faces.certain[face]
    found, right = said != nothing, said == true
    masked, binary = _masked_or_not(true, said)
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
        confusion=confusion(true, said, nothing + 1)[:nothing].tolist(),
        certain=proportion(certain[found]),
        certain_right=proportion(right[certain]),
    )
