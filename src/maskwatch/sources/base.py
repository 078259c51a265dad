"""The protocol that every source of frames follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from maskwatch.types import Frame


class Source(Protocol):
    """An iterable of frames. Iterating opens the device or file; use one iterator at a time.

    Attributes:
        name: Name to show to people; contains no password.
        live: True for cameras and streams, which go on by themselves: a slow reader has to skip frames
            (`maskwatch.latest.Latest`). False for files, of which every frame is read.
    """

    name: str
    live: bool

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames in order; `Frame.t` never decreases.

        Raises:
            SourceError: The source cannot be opened or read, or a live one stopped.
        """
        ...
