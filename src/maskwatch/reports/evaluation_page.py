"""The page of an evaluation, and the page of its mistakes alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from maskwatch import __version__
from maskwatch.evaluation.figures import (
    ClassAP,
    DetectionFigures,
    LabelFigures,
    NegativeFigures,
    PortraitFigures,
    SliceFigures,
)
from maskwatch.evaluation.metrics import HEIGHTS
from maskwatch.evaluation.mistakes import KINDS, Mistake
from maskwatch.evaluation.result import Evaluation, headline, percent
from maskwatch.proportion import Proportion
from maskwatch.reports.reliability import reliability_plot
from maskwatch.reports.render import render
from maskwatch.reports.svg import BarValue, Plot, Series, bars, lines
from maskwatch.reports.tables import (
    Row,
    Table,
    confusion_table,
    height_name,
    number_cell,
    share_cell,
    state_name,
)
from maskwatch.reports.thumbnails import mistake_thumbnails
from maskwatch.types import LABELS

_SHOWN: Final = 60
"""Mistakes of each kind in the gallery."""

_STATES: Final = (*LABELS, "face")
"""The states of true faces; "face" stands for an unknown one."""

_NO_BOXES: Final = (
    "A dash under AP and precision: not every face of the source has a box; the first line leaves it out."
)
_CLASSES: Final = (
    "Finding and labelling as one task: average precision of each state at IoU 0.5; every face is a candidate"
    " for every state, ranked by face score times probability of the state (last column: it counts for the"
    " state it is given alone, ranked by face score)"
)


def evaluation_page(evaluation: Evaluation) -> str:
    """Returns one self-contained HTML page. It shows faces only if the evaluation lists mistakes."""
    figures, corrected = evaluation.figures, evaluation.corrected
    return render(
        "evaluation.html.j2",
        title=f"How well {evaluation.engine.get('name', 'it')} does",
        version=__version__,
        names=[str(name) for name in evaluation.data.get("names", ())],
        about=_about_table(evaluation),
        headline=headline(figures),
        detection=_detection(figures.detection) if figures.detection else None,
        negatives=_negatives(figures.negatives, list(figures.detection)) if figures.negatives else None,
        labels=_labels(figures.labels) if figures.labels else None,
        corrected_labels=_labels(corrected.labels) if corrected is not None and corrected.labels else None,
        slices=_slices_table((corrected or figures).slices) if figures.slices else None,
        classes=_classes_table(figures.classes) if figures.classes else None,
        portraits=_portraits(figures.crops) if figures.crops else None,
        mistakes=None if evaluation.mistakes is None else _kinds(evaluation.mistakes),
        problems=evaluation.problems,
    )


def mistakes_page(evaluation: Evaluation) -> str:
    """Returns one HTML page of the mistakes, each kind from worst to mildest. It shows faces."""
    return render(
        "mistakes.html.j2",
        title=f"Where {evaluation.engine.get('name', 'it')} is wrong",
        mistakes=_kinds(evaluation.mistakes or []),
    )


def _kinds(mistakes: Sequence[Mistake]) -> list[dict[str, Any]]:
    kinds = []
    for kind, heading in KINDS.items():
        of_kind = [mistake for mistake in mistakes if mistake.kind == kind]
        thumbnails = mistake_thumbnails(of_kind[:_SHOWN])
        kinds.append({"heading": heading, "count": len(of_kind), "thumbnails": thumbnails})
    return kinds


def _about_table(evaluation: Evaluation) -> Table:
    entries = [*evaluation.engine.items(), *evaluation.data.items()]
    simple = [(key, value) for key, value in entries if isinstance(value, str | int | float) and value != ""]
    return Table(["", ""], [[str(key), str(value)] for key, value in simple])


def _detection(detection: dict[str, DetectionFigures]) -> dict[str, Any]:
    head = [
        *("source", "pictures", "faces", "AP, IoU 0.5", "AP, IoU 0.4", "found", "found, IoU 0.4"),
        *("found from 24 px", "precision", "false faces a picture"),
    ]
    rows: list[Row] = [
        [
            name,
            str(d.pictures),
            str(d.faces),
            number_cell(d.average_precision, d.interval),
            number_cell(d.average_precision_40),
            share_cell(d.recall),
            share_cell(d.recall_40),
            share_cell(d.recall_from_24),
            share_cell(d.precision),
            number_cell(d.false_per_picture),
        ]
        for name, d in detection.items()
    ]
    recall_by_height: list[Row] = [
        [name, *(share_cell(d.recall_by_height[height]) for height in HEIGHTS)]
        for name, d in detection.items()
    ]
    precision_by_height: list[Row] = [
        [name, *(number_cell(d.average_precision_by_height[height]) for height in HEIGHTS)]
        for name, d in detection.items()
        if d.average_precision is not None
    ]
    recall_by_state: list[Row] = [
        [name, *(share_cell(d.recall_by_state.get(state)) for state in _STATES)]
        for name, d in detection.items()
    ]
    heights = [height_name(height) for height in HEIGHTS]
    return {
        "table": Table(head, rows, _NO_BOXES),
        "plots": _detection_plots(detection),
        "recall_by_height": Table(["found, by face height", *heights], recall_by_height),
        "precision_by_height": (
            Table(["AP, by face height", *heights], precision_by_height) if precision_by_height else None
        ),
        "recall_by_state": Table(["found, by state", *map(state_name, _STATES)], recall_by_state),
    }


def _detection_plots(detection: dict[str, DetectionFigures]) -> list[Plot]:
    overall = next(iter(detection.values()))
    curves = [
        Series(name, [(recall, precision) for _, precision, recall in d.curve])
        for name, d in detection.items()
        if d.curve
    ]
    heights = [_bar(height_name(height), overall.recall_by_height[height]) for height in HEIGHTS]
    states = [
        _bar(state_name(state), overall.recall_by_state[state])
        for state in _STATES
        if state in overall.recall_by_state
    ]
    return [
        *([lines("Precision over recall, IoU 0.5", curves, "recall", "precision")] if curves else []),
        bars("Faces found, by face height", heights, "face height", "share found"),
        bars("Faces found, by state", states, "true state", "share found"),
    ]


def _negatives(negatives: NegativeFigures, sources: list[str]) -> dict[str, Any]:
    points = negatives.points
    section: dict[str, Any] = {
        "false_faces": negatives.false_faces,
        "pictures": negatives.pictures,
        "false_per_100": f"{negatives.false_per_100:.1f}",
        "pictures_with": percent(negatives.pictures_with),
        "plots": [],
    }
    if sources:
        series = [
            Series(name, [(p.false_per_100, p.recall[name].value or 0) for p in points], marks=True)
            for name in sources
        ]
        section["plots"] = [
            lines(
                "Faces found when so many false ones are allowed",
                series,
                "false faces in 100 pictures without a face",
                "share found",
                x_range=(0, points[-1].false_per_100 if points else 1),
            )
        ]
        rows: list[Row] = [
            [f"{p.false_per_100:g}", f"{p.threshold:.3f}", *(share_cell(p.recall[name]) for name in sources)]
            for p in points
        ]
        head = ["false faces in 100, at most", "threshold", *sources]
        section["table"] = Table(head, rows, "Faces found at equal false faces")
    return section


def _labels(labels: dict[str, LabelFigures]) -> dict[str, Any]:
    head = [
        *("faces", "right", "masked or not", "wrongly worn: precision", "recall", "found and right", "ECE"),
        *("certain", "certain and right", "uncertain and right"),
    ]
    rows: list[Row] = [
        [
            f"{name}: {item.right.total}".replace(">=", "≥ "),
            share_cell(item.right),
            share_cell(item.masked_or_not),
            share_cell(item.wrongly_worn_precision),
            share_cell(item.wrongly_worn_recall),
            number_cell(item.found_and_right_mean),
            number_cell(item.calibration.error if item.calibration else None),
            share_cell(item.certain),
            share_cell(item.certain_right),
            share_cell(item.uncertain_right),
        ]
        for name, item in labels.items()
    ]
    overall = next(iter(labels.values()))
    heights = [_bar(height_name(height), overall.right_by_height[height]) for height in HEIGHTS]
    plots = [bars("Labels right, by face height", heights, "face height", "share right")]
    if overall.calibration:
        plots.append(
            reliability_plot(
                overall.calibration.confidence, overall.calibration.accuracy, overall.calibration.error
            )
        )
    return {
        "table": Table(head, rows, "Labels of found faces whose true state is known"),
        "confusion": confusion_table(overall.confusion, LABELS, "found faces"),
        "plots": plots,
        "reasons": ", ".join(f"{name} {count}" for name, count in sorted(overall.reasons.items())),
    }


def _slices_table(slices: dict[str, SliceFigures]) -> Table:
    rows: list[Row] = [
        [
            name,
            str(item.found.total),
            *map(share_cell, (item.found, item.right, item.certain, item.certain_right)),
        ]
        for name, item in slices.items()
    ]
    head = ["faces", "number", "found", "label right", "certain", "certain and right"]
    return Table(head, rows, "A face may belong to several.")


def _classes_table(classes: dict[str, ClassAP]) -> Table:
    rows: list[Row] = [
        [
            name,
            *(number_cell(item.average_precision[label]) for label in LABELS),
            number_cell(item.mean, item.interval),
            number_cell(item.mean_by_answer),
        ]
        for name, item in classes.items()
    ]
    return Table(["source", *map(state_name, LABELS), "mAP50", "mAP50 of the answers"], rows, _CLASSES)


def _portraits(portraits: dict[str, PortraitFigures]) -> dict[str, Any]:
    rows: list[Row] = [
        [
            name,
            str(item.pictures),
            share_cell(item.right),
            share_cell(item.masked_or_not),
            share_cell(item.found),
            *(share_cell(item.right_by_state.get(label)) for label in LABELS),
            share_cell(item.certain),
            share_cell(item.certain_right),
        ]
        for name, item in portraits.items()
    ]
    head = [
        *("source", "pictures", "right", "masked or not", "any face found", *map(state_name, LABELS)),
        *("certain", "certain and right"),
    ]
    counts = next(iter(portraits.values())).confusion
    return {
        "table": Table(
            head, rows, "End to end: the label of the largest face found; no face found is wrong."
        ),
        "confusion": confusion_table(counts, [*LABELS, "no face"], "pictures") if counts else None,
    }


def _bar(name: str, share: Proportion) -> BarValue:
    return BarValue(name, share.value, share.interval)
