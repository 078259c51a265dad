"""The log of a training: how losses and validation went."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from maskwatch.atomic_file import write_text

LOG: Final = "log.csv"
"""Its name in the folder of a run."""


class TrainingLog:
    """A CSV file: one line every few steps and at each validation, below a line of names.

    Args:
        path: The file; lines of steps beyond `done` are removed.
        done: Steps that are behind.
    """

    def __init__(self, path: Path, done: int) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8") if done and path.is_file() else ""
        rows = list(csv.reader(text.splitlines()))
        # A run that was cut may have written lines beyond its last checkpoint.
        kept = [row for row in rows[1:] if row and row[0].isdigit() and int(row[0]) <= done]
        self._has_header = bool(rows) and rows[0][:1] == ["step"]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([rows[0], *kept] if self._has_header else [])
        write_text(path, out.getvalue())

    def write(self, step: int, losses: Mapping[str, float], metric: float | None, speed: float) -> None:
        """Adds a line; the metric is blank where none was measured."""
        with self._path.open("a", encoding="utf-8", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            if not self._has_header:
                rows.writerow(["step", *losses, "val", "pictures_per_second"])
                self._has_header = True
            val = "" if metric is None else f"{metric:.4f}"
            rows.writerow([step, *(f"{value:.4f}" for value in losses.values()), val, f"{speed:.1f}"])
