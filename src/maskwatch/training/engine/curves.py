"""The course of a training, from its log.csv: a picture, and events for TensorBoard."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from maskwatch.errors import DataError

Curves = dict[str, list[tuple[int, float]]]
"""Column -> its values, each with the step it was written at."""

SPEED: Final = "pictures_per_second"
VALIDATION: Final = "val"


def read_log(path: Path) -> Curves:
    """Reads a log: a line of names, then lines of numbers, the step first; a blank is no value.

    Raises:
        DataError: It cannot be read, or has no line of names.
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
    """Draws the losses, and below them the validation figure, as a PNG file."""
    from matplotlib.figure import Figure

    losses = {name: points for name, points in curves.items() if name not in (SPEED, VALIDATION)}
    panels = [("loss", losses)]
    if VALIDATION in curves:
        panels.append(("validation", {VALIDATION: curves[VALIDATION]}))
    figure = Figure(figsize=(7, 3.2 * len(panels)), layout="constrained")
    for place, (label, lines) in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, place + 1)
        for (name, points), dash in zip(lines.items(), ("-", "--", "-.", ":") * 5, strict=False):
            axes.plot(*zip(*points, strict=True), dash, label=name, marker="." if len(points) < 30 else "")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend()
        if label == "loss":
            axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    figure.savefig(out, dpi=110)


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
