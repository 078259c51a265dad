"""Learning curves of a training, from its log.csv: a plot, and events for TensorBoard."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Final

from maskwatch.atomic_file import write_text
from maskwatch.errors import DataError
from maskwatch.reports.svg import Plot, Series, lines, round_range, standalone

Curves = dict[str, list[tuple[int, float]]]
"""Column -> its values, each with the step at which it was written."""

SPEED: Final = "pictures_per_second"
VALIDATION: Final = "val"

_DOTS: Final = 30
"""Lines of fewer points get a dot at each."""


def read_log(path: Path) -> Curves:
    """Reads a log: a line of names, then lines of numbers, the step first; an empty cell is no value.

    Raises:
        DataError: The log cannot be read, or has no line of names.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            head, *rows = csv.reader(lines)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable log ({error})") from error
    if head[:1] != ["step"]:
        raise DataError(f"{path}: has no line of names; the run is older than this maskwatch")
    curves: Curves = {name: [] for name in head[1:]}
    try:
        for row in rows:
            for name, value in zip(head[1:], row[1:], strict=True):
                if value:
                    curves[name].append((int(row[0]), float(value)))
    except ValueError as error:
        raise DataError(f"{path}: a line that is none of a log ({error})") from error
    return {name: points for name, points in curves.items() if points}


def draw_curves(curves: Curves, out: Path) -> None:
    """Draws the losses, and below them the validation figure, as an SVG file."""
    losses = {name: points for name, points in curves.items() if name not in (SPEED, VALIDATION)}
    plots = [_plot("Losses over training steps", losses, "loss", from_zero=True)]
    if VALIDATION in curves:
        validation = {VALIDATION: curves[VALIDATION]}
        plots.append(_plot("Validation figure over training steps", validation, "validation"))
    write_text(out, standalone(*plots))


def _plot(title: str, curves: Curves, y_label: str, from_zero: bool = False) -> Plot:
    finite = {
        name: [(float(step), value) for step, value in points if math.isfinite(value)]
        for name, points in curves.items()
    }
    values = [value for points in finite.values() for _, value in points] or [0.0]
    last = max((step for points in finite.values() for step, _ in points), default=0.0)
    return lines(
        title,
        [Series(name, points, marks=len(points) < _DOTS) for name, points in finite.items()],
        "step",
        y_label,
        x_range=round_range(0, last),
        y_range=round_range(min(0.0, *values) if from_zero else min(values), max(values)),
    )


def write_events(curves: Curves, folder: Path) -> None:
    """Writes the curves for TensorBoard, in place of those of an earlier part of the run."""
    from torch.utils.tensorboard.writer import SummaryWriter

    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    writer = SummaryWriter(str(folder))
    for name, points in curves.items():
        for step, value in points:
            writer.add_scalar(name, value, step)
    writer.close()
