"""Plots of an evaluation as PNG files, for talks and papers; the report has its own as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from maskwatch.evaluation.figures import Detection, Figures
from maskwatch.evaluation.metrics import Calibration
from maskwatch.types import LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES: Final = ("-", "--", "-.", ":")
_ONE: Final = (-0.02, 1.02)


def draw_plots(figures: Figures, folder: Path) -> list[Path]:
    """Draws what there is to draw.

    Args:
        figures: Of the evaluation.
        folder: Where the files go.

    Returns:
        Those of precision_recall.png, confusion.png and reliability.png that were written.
    """
    drawn: dict[str, Callable[[Axes], None]] = {}
    curves = {name: item for name, item in figures.detection.items() if item.curve}
    if curves:
        drawn["precision_recall"] = lambda axes: _precision_recall(axes, curves)
    # Faces in pictures first; where there is none of known state, pictures of one person.
    labels = next(iter(figures.labels.values()), None)
    crops = next(iter(figures.crops.values()), None)
    if labels is not None and labels.right.total:
        counts = labels.confusion
    else:
        counts = [] if crops is None else crops.confusion
    if counts:
        drawn["confusion"] = lambda axes: _confusion(axes, counts)
    if labels is not None and labels.calibration is not None:
        found = labels.calibration
        drawn["reliability"] = lambda axes: _reliability(axes, found)
    return [_save(draw, folder / f"{name}.png") for name, draw in drawn.items()]


def _save(draw: Callable[[Axes], None], out: Path) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), layout="constrained")
    draw(figure.add_subplot())
    figure.savefig(out, dpi=110)
    return out


def _precision_recall(axes: Axes, curves: Mapping[str, Detection]) -> None:
    for place, (name, item) in enumerate(curves.items()):
        _, precision, recall = zip(*item.curve, strict=True)
        axes.plot(
            recall, precision, _DASHES[place % 4], label=f"{name}, AP {item.average_precision or 0:.3f}"
        )
    axes.set(xlabel="recall", ylabel="precision", title="Faces found, IoU 0.5", xlim=_ONE, ylim=_ONE)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")


def _confusion(axes: Axes, counts: Sequence[Sequence[int]]) -> None:
    table = np.array(counts)
    columns = [*LABELS, "no face"][: table.shape[1]]
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table):
        ink = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=ink)
    axes.set_xticks(range(len(columns)), [name.replace("_", "\n") for name in columns])
    axes.set_yticks(range(len(LABELS)), [name.replace("_", "\n") for name in LABELS])
    axes.set(xlabel="said", ylabel="true", title="States")


def _reliability(axes: Axes, found: Calibration) -> None:
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.plot(found.confidence, found.accuracy, "o-")
    title = f"Reliability, expected calibration error {found.error:.3f}"
    axes.set(xlabel="stated probability", ylabel="share right", title=title, xlim=_ONE, ylim=_ONE)
    axes.grid(alpha=0.3)
