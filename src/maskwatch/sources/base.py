"""What every source of frames looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from maskwatch.types import Frame


class Source(Protocol):
    """Frames in order, from one thread; iterating opens what has to be opened.

    Attributes:
        name: What people call it; holds no password.
        live: Whether it goes on by itself, so that a slow reader must skip frames to keep up.
    """

    name: str
    live: bool

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames; `t` never runs backwards.

        Raises:
            SourceError: The source cannot be opened or read, or ended where it should not.
        """
        ...
