"""A progress bar over files, on stderr, shown only on a terminal."""

from __future__ import annotations

import os

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from maskwatch.errors import printable
from maskwatch.progress import ProgressBar


class Bar(ProgressBar):
    """Shows the current file and how many are done.

    Args:
        total: Number of files.
        shown: False shows nothing.
    """

    def __init__(self, total: int, shown: bool = True) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not (shown and console.is_terminal and total),
        )
        self._total = total
        self._task = self._progress.add_task("", total=total)

    def show(self, path: str, done: float) -> None:
        """Shows `path` as the current file, and `done` files (fractions count) as finished."""
        self._progress.update(self._task, description=printable(os.path.basename(path))[-32:], completed=done)
