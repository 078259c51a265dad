"""Measures models on the made sets, with `maskwatch evaluate`'s own means."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.people.report import Column, table
from benchmarks.val_made.made_set import LABEL_FILE, SLICE_FILE
from maskwatch.errors import DataError
from maskwatch.evaluation.evaluate import evaluate
from maskwatch.evaluation.evaluation_set import ALL_SPLITS, Selection, select
from maskwatch.evaluation.figures import ALL_SOURCES, Figures, SliceFigures
from maskwatch.evaluation.inference import load_evaluated_engine
from maskwatch.evaluation.result import Evaluation
from maskwatch.progress import progress
from maskwatch.proportion import Proportion

SETS: Final = ("wrong-worn", "turned", "filled")
"""Folders of the sets."""

COLUMNS: Final[tuple[Column, ...]] = (
    ("faces", "faces", "0"),
    ("found", "found", "%"),
    ("state right", "right", "%"),
    ("wrongly worn: recall", "wrongly_worn_recall", "%"),
    ("precision", "wrongly_worn_precision", "%"),
    ("certain", "certain", "0"),
    ("of these wrong", "certain_wrong", "0"),
    ("share", "certain_wrong_share", "%"),
)

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one pair of models.

    Attributes:
        models: Name of the models, their operating point and hashes.
        rows: "SET, part" -> figures, in the order in which they are told.
    """

    models: dict[str, Any]
    rows: dict[str, Row]

    def markdown(self) -> str:
        """Returns the figures as a table."""
        return f"### {self.models['name']}, {self.models['used']}\n\n{table(self.rows, COLUMNS)}\n"

    def json(self) -> str:
        """Returns the figures as JSON."""
        rows = {
            name: {key: None if math.isnan(value) else round(value, 5) for key, value in row.items()}
            for name, row in self.rows.items()
        }
        return json.dumps({"models": self.models, "figures": rows}, indent=1) + "\n"


def measure(
    folder: Path, detector: str, classifier: str, *, live: bool = False, limit: int | None = None
) -> Measured:
    """Evaluates a detector and a classifier on the sets.

    Args:
        folder: Folder of the sets.
        detector: Name or ONNX file; see `maskwatch.factory.load`.
        classifier: Likewise.
        live: Whether pictures are treated as frames of live video.
        limit: At most so many pictures of each set, always the same; None: all.

    Raises:
        DataError: No set is there.
        ModelError: A model cannot be had or used.
    """
    there = [name for name in SETS if (folder / name / LABEL_FILE).is_file()]
    if not there:
        raise DataError(
            f"{folder}: none of the sets {', '.join(SETS)} is there; make them with DATA --out DIR"
        )
    engine = load_evaluated_engine(detector, classifier, live=live)
    rows: dict[str, Row] = {}
    for name in there:
        chosen = select(Selection([folder / name / LABEL_FILE], split=ALL_SPLITS, limit=limit))
        slices = folder / name / SLICE_FILE
        result = evaluate(engine, chosen, slices=slices if slices.is_file() else None, progress=progress)
        rows |= {f"{name}, {part}" if part else name: row for part, row in rows_of(result.figures).items()}
    return Measured(_models(result), rows)


def rows_of(figures: Figures) -> dict[str, Row]:
    """Returns part of a set -> figures; "" for all of it, told first."""
    rows = {name: _row(figures, name) for name in figures.detection}
    first = next(iter(rows))
    parts = {name: row for name, row in rows.items() if name != first}
    return {"": rows[first]} | parts | {name: _slice_row(look) for name, look in figures.slices.items()}


def _row(figures: Figures, source: str) -> Row:
    found = figures.detection[source].recall
    row: Row = {"faces": found.total, "found": _value(found)}
    # Where there is one source only, its labels are told as those of all.
    labels = figures.labels.get(ALL_SOURCES if len(figures.detection) == 1 else source)
    if labels is None:
        return row
    return row | {
        "right": _value(labels.right),
        "wrongly_worn_recall": _value(labels.wrongly_worn_recall),
        "wrongly_worn_precision": _value(labels.wrongly_worn_precision),
        **_certain(labels.certain, labels.certain_right),
    }


def _slice_row(look: SliceFigures) -> Row:
    row: Row = {"faces": look.found.total, "found": _value(look.found), "right": _value(look.right)}
    return row | _certain(look.certain, look.certain_right)


def _certain(certain: Proportion, right: Proportion) -> Row:
    wrong = right.total - right.hits
    share = wrong / right.total if right.total else math.nan
    return {"certain": certain.hits, "certain_wrong": wrong, "certain_wrong_share": share}


def _value(share: Proportion) -> float:
    return math.nan if share.value is None else share.value


def _models(result: Evaluation) -> dict[str, Any]:
    kept = ("name", "used", "threshold", "detector sha256", "classifier sha256")
    return {key: result.engine[key] for key in kept}
