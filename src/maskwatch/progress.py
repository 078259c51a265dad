"""The progress bar of everything that takes long: on a terminal only, on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")


def progress(items: Sequence[Item], text: str) -> Iterator[Item] | Iterable[Item]:
    """Goes through `items` while a bar shows how far it is and how long it will take."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, text, console=console, disable=not console.is_terminal, transient=True)


class Shown:
    """A bar that stands on the screen while its `with` block runs; subclasses make `_progress`."""

    _progress: Progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class Steps(Shown):
    """A bar over numbered steps, with time left and a line on how it goes.

    Args:
        total: Number of steps.
        done: Steps that were behind before it began; they do not count for the time left.
        text: What is going on.
        shown: False keeps it silent.
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
        """Says how many steps are behind, and something on them."""
        self._progress.update(self._task, completed=done, note=note)
