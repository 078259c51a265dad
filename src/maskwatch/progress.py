"""Progress bars for long tasks. They are drawn on stderr, and only on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")


def progress(items: Sequence[Item], text: str) -> Iterator[Item] | Iterable[Item]:
    """Iterates over `items` and shows a bar with the share that is done and the time left.

    Args:
        items: What to iterate over.
        text: What is going on, for people.
    """
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, text, console=console, disable=not console.is_terminal, transient=True)


class ProgressBar:
    """Base of bars that are visible while their `with` block runs. Subclasses make `_progress`."""

    _progress: Progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class StepBar(ProgressBar):
    """A bar over numbered steps, with the time left and a note.

    Args:
        total: Number of steps.
        done: Steps that were done before; they do not count for the time left.
        text: What is going on, for people.
        shown: False draws nothing.
    """

    def __init__(self, total: int, done: int, text: str, shown: bool = True) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
            transient=True,
            disable=not (shown and console.is_terminal),
        )
        self._task = self._progress.add_task(text, total=total, completed=done, note="")

    def show(self, done: int, note: str) -> None:
        """Updates the number of steps that are done, and the note beside the bar."""
        self._progress.update(self._task, completed=done, note=note)
