"""The progress bar of everything that takes long: on a terminal only, on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Sequence[Item], text: str) -> Iterator[Item] | Iterable[Item]:
    """Goes through `items` while a bar shows how far it is and how long it will take."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, text, console=console, disable=not console.is_terminal, transient=True)
