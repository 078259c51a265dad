"""The figures of an evaluation: plain, frozen, ready for JSON.

`maskwatch.evaluation.measure` computes them. The names of the fields are the keys of the JSON form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final

from maskwatch.evaluation.metrics import Calibration
from maskwatch.proportion import Interval, Proportion

FORMAT: Final = 2
"""Version of the JSON form."""

ALL_SOURCES: Final = "all"
"""Name of the figures over several sources."""

ALL_FROM_32_PX: Final = "all >=32 px"
"""Name of the figures over all sources for faces of 32 pixels and more."""


@dataclass(frozen=True, slots=True)
class DetectionFigures:
    """How well faces are found, in one source or all.

    Attributes:
        pictures: Number of pictures.
        faces: Number of true faces, the ignored ones not counted.
        average_precision: At IoU 0.5, over all scores; None where not every face has a box.
        interval: 95 % interval of it over pictures.
        average_precision_40: The same at IoU 0.4: people draw boxes in different ways.
        average_precision_by_height: By class of face height.
        curve: Rows of score, precision, recall, thinned out.
        recall: At the operating point.
        recall_40: The same at IoU 0.4.
        recall_from_24: At IoU 0.5 again, for faces of 24 pixels and more.
        recall_by_height: The same by class of face height.
        recall_by_state: The same by state; "face" where the state is unknown.
        precision: At the operating point; None where not every face has a box.
        false_per_picture: Mean number of false faces in a picture; None where not every face has a box.
    """

    pictures: int
    faces: int
    average_precision: float | None
    interval: Interval | None
    average_precision_40: float | None
    average_precision_by_height: dict[str, float | None]
    curve: list[tuple[float, float, float]]
    recall: Proportion
    recall_40: Proportion
    recall_from_24: Proportion
    recall_by_height: dict[str, Proportion]
    recall_by_state: dict[str, Proportion]
    precision: Proportion | None
    false_per_picture: float | None


@dataclass(frozen=True, slots=True)
class ClassAP:
    """Average precision of detection and labelling as one task.

    Attributes:
        average_precision: For each state at IoU 0.5; every detection is a candidate for every state, ranked
            by face score times probability of the state, as detectors of several classes are measured
            (Everingham et al., The Pascal visual object classes challenge, 2015). None for a state without
            faces.
        mean: Their mean (mAP50); None unless every state has faces.
        interval: 95 % interval of the mean over pictures.
        mean_by_answer: The mean when a detection counts only for the state it is given, ranked by face
            score: as in the program's output.
    """

    average_precision: dict[str, float | None]
    mean: float | None
    interval: Interval | None
    mean_by_answer: float | None


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How well the states of found faces are classified, at the operating point.

    Attributes:
        right: Found faces of known state with the right one of the three labels.
        right_by_height: The same by class of face height.
        masked_or_not: Of those that are truly masked or unmasked, the ones for which a mask is rightly
            predicted or not. The label "mask worn incorrectly" counts as a mask.
        wrongly_worn_precision: Of those predicted to wear it incorrectly, the ones that do.
        wrongly_worn_recall: Of those that wear it incorrectly, the ones that are predicted to.
        confusion: Row the true state, column the predicted label, in the order of `LABELS`.
        found_and_right: Of all true faces of each state, found or not.
        found_and_right_mean: Their mean; None unless every state has faces.
        calibration: Of the probability of the given label.
        certain: Answers given as certain.
        certain_right: Right ones among them.
        uncertain_right: Right ones among the others.
        reasons: How often each reason for being uncertain was given.
    """

    right: Proportion
    right_by_height: dict[str, Proportion]
    masked_or_not: Proportion
    wrongly_worn_precision: Proportion
    wrongly_worn_recall: Proportion
    confusion: list[list[int]]
    found_and_right: dict[str, Proportion]
    found_and_right_mean: float | None
    calibration: Calibration | None
    certain: Proportion
    certain_right: Proportion
    uncertain_right: Proportion
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The recall at a given rate of false faces.

    Attributes:
        false_per_100: False faces in 100 pictures without a face, at most.
        threshold: The lowest face score that keeps to it.
        recall: By source, and of "all".
    """

    false_per_100: float
    threshold: float
    recall: dict[str, Proportion]


@dataclass(frozen=True, slots=True)
class NegativeFigures:
    """False faces in pictures without a face.

    Attributes:
        pictures: Pictures without a face.
        false_faces: Number of faces found in them at the operating point.
        false_per_100: The same for 100 pictures.
        pictures_with: Pictures in which any was found.
        points: Recall at equal rates of false faces, from strict to lax.
    """

    pictures: int
    false_faces: int
    false_per_100: float
    pictures_with: Proportion
    points: list[OperatingPoint]


@dataclass(frozen=True, slots=True)
class PortraitFigures:
    """Pictures of one person, end to end: the label of the largest found face counts; no face is wrong.

    Attributes:
        pictures: Number of pictures.
        right: With the right one of the three labels.
        masked_or_not: As in `LabelFigures`; no face found counts as wrong.
        found: With any face found.
        right_by_state: By true state.
        confusion: Row the true state, column the label; the last column counts "no face".
        certain: Answers given as certain, among the found.
        certain_right: Right ones among them.
    """

    pictures: int
    right: Proportion
    masked_or_not: Proportion
    found: Proportion
    right_by_state: dict[str, Proportion]
    confusion: list[list[int]]
    certain: Proportion
    certain_right: Proportion


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """Faces that look alike, at the operating point.

    Attributes:
        found: Found faces, of all faces of the slice.
        right: Found faces of known state with the right one of the three labels.
        certain: Answers given as certain, among those.
        certain_right: Right ones among them.
    """

    found: Proportion
    right: Proportion
    certain: Proportion
    certain_right: Proportion


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures; a part is None or empty where there was nothing to measure it on.

    Attributes:
        detection: By source; "all" combines the sources that are fully labelled.
        classes: By source, and "all".
        labels: By source, "all", and "all >=32 px", the faces of 32 pixels and more.
        negatives: Pictures without a face.
        crops: Pictures of one person, by source (the name is part of the JSON form), and "all".
        milliseconds: Median time of a picture, from pixels to labelled faces.
        slices: By name, where a list says what faces look like; see `maskwatch.evaluation.slices`.
    """

    detection: dict[str, DetectionFigures]
    classes: dict[str, ClassAP]
    labels: dict[str, LabelFigures]
    negatives: NegativeFigures | None
    crops: dict[str, PortraitFigures]
    milliseconds: float | None
    slices: dict[str, SliceFigures] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """Returns figures as dictionaries, lists and numbers, ready for JSON.

    A `Proportion` becomes a dictionary of value, hits, total, low and high; floats are rounded to 5 digits,
    those that are not finite become None.
    """
    if isinstance(value, Proportion):
        low, high = value.interval or (None, None)
        return {
            "value": _rounded(value.value),
            "hits": value.hits,
            "total": value.total,
            "low": _rounded(low),
            "high": _rounded(high),
        }
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _rounded(value)


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 5) if math.isfinite(value) else None  # JSON knows no NaN
