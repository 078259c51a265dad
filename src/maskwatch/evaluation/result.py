"""The result of an evaluation, its JSON form, and its main figures as text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from maskwatch import __version__
from maskwatch.evaluation.figures import FORMAT, Figures, plain
from maskwatch.evaluation.mistakes import Mistake, records
from maskwatch.proportion import Proportion


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        engine: Names, options and metadata of the models.
        data: Where the pictures are from, and which part of them was used.
        figures: The figures.
        problems: Pictures and labels that were left out, one line each.
        corrected: The figures with corrected labels, where a list of corrections was given.
        mistakes: The mistakes, where they are to be listed.
    """

    engine: dict[str, Any]
    data: dict[str, Any]
    figures: Figures
    problems: list[str] = field(default_factory=list)
    corrected: Figures | None = None
    mistakes: list[Mistake] | None = None


def to_json(evaluation: Evaluation) -> str:
    """Returns an evaluation as JSON text."""
    content = {
        "format": FORMAT,
        "maskwatch": __version__,
        "engine": evaluation.engine,
        "data": evaluation.data,
        "figures": plain(evaluation.figures),
        "corrected": None if evaluation.corrected is None else plain(evaluation.corrected),
        "problems": evaluation.problems,
        "mistakes": None if evaluation.mistakes is None else records(evaluation.mistakes),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def figure_lines(evaluation: Evaluation) -> list[str]:
    """Returns the main figures as aligned lines of text."""
    figures = headline(evaluation.figures)
    width = max((len(name) for name, _ in figures), default=0)
    return [f"{name:<{width}}  {value}" for name, value in figures]


def headline(figures: Figures) -> list[tuple[str, str]]:
    """Returns the main figures: name and value, as text."""
    lines: list[tuple[str, str]] = []
    overall = next(iter(figures.detection.values()), None)
    if overall is not None:
        if overall.average_precision is not None:
            lines.append(("face AP at IoU 0.5", f"{overall.average_precision:.3f}"))
        lines.append(("faces found", percent(overall.recall)))
        if overall.false_per_picture is not None:
            lines.append(("false faces a picture", f"{overall.false_per_picture:.2f}"))
    if figures.negatives:
        lines.append(("false faces in 100 pictures without", f"{figures.negatives.false_per_100:.1f}"))
    labels = next(iter(figures.labels.values()), None)
    if labels is not None:
        lines.append(("labels right", percent(labels.right)))
        lines.append(("masked or not right", percent(labels.masked_or_not)))
        lines.append(("certain answers right", percent(labels.certain_right)))
    classes = next(iter(figures.classes.values()), None)
    if classes is not None and classes.mean is not None:
        lines.append(("three-class mAP50", f"{classes.mean:.3f}"))
    portraits = next(iter(figures.crops.values()), None)
    if portraits is not None:
        lines.append(("pictures of one person right", percent(portraits.right)))
    if figures.milliseconds is not None:
        lines.append(("time a picture", f"{figures.milliseconds:.0f} ms"))
    return lines


def percent(share: Proportion | None) -> str:
    """Returns a proportion as text, for example "91.7 %"; "-" where there is none."""
    return "-" if share is None or share.value is None else f"{100 * share.value:.1f} %"
