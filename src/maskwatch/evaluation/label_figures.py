"""Computes how well states are classified, of faces in pictures and of pictures of one person. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.evaluation.figures import ALL_FROM_32_PX, ALL_SOURCES, LabelFigures, PortraitFigures
from maskwatch.evaluation.match_table import (
    MatchTable,
    PicturePrediction,
    PortraitPrediction,
    tabulate_faces,
)
from maskwatch.evaluation.metrics import calibration, confusion, height_classes
from maskwatch.proportion import NOTHING, Proportion, proportion
from maskwatch.types import LABELS, Faces

_UNMASKED: Final = LABELS.index("without_mask")
_WRONG: Final = LABELS.index("mask_worn_incorrectly")


def labels_by_source(
    predictions: Sequence[PicturePrediction], sources: dict[str, list[PicturePrediction]]
) -> dict[str, LabelFigures]:
    """Computes how well the states of found faces are classified.

    Args:
        predictions: Of all pictures with boxes.
        sources: The same by source.

    Returns:
        Figures by source; "all" holds every source, for labels need no complete boxes.
    """
    labels = {}
    for name, rows in (sources | {ALL_SOURCES: list(predictions)}).items():
        table = tabulate_faces(rows)
        if np.any(table.truth_state != UNKNOWN) and not np.isnan(table.detection_probabilities).any():
            labels[name] = _labels(table)
    if ALL_SOURCES in labels:
        table = tabulate_faces(predictions)
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
            name: proportion(right[r]) for name, r in height_classes(table.truth_height[detected])
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


def main_face(faces: Faces) -> int:
    """Returns the row of the face that a picture of one person is about: the largest; -1 if there is none."""
    if not len(faces):
        return -1
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    return int(np.argmax(sides[:, 0] * sides[:, 1]))


def portraits_by_source(portraits: Sequence[PortraitPrediction]) -> dict[str, PortraitFigures]:
    """Computes the figures of pictures of one person, by source; several sources have "all" as well."""
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
