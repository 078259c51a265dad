"""What a kind of input is: where good ones come from, how they are damaged, and what reads them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from maskwatch.errors import MaskwatchError, printable

GOOD: Final = "read"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input.

    Attributes:
        name: For people and for the command line.
        seeds: Makes good inputs in a folder that it may use.
        mutate: Damages one of them; gets all, for parts of others.
        attempt: Reads an input with the code of the project, in a folder that it may use. Returns or raises a
            MaskwatchError; anything else is a fault.
        share: How many of all inputs are of this kind, relative to other kinds.
    """

    name: str
    seeds: Callable[[Path], Sequence[bytes]]
    mutate: Callable[[bytes, random.Random, Sequence[bytes]], bytes]
    attempt: Callable[[bytes, Path], None]
    share: float = 1.0

    def make(self, number: int, seeds: Sequence[bytes], seed: int = 0) -> bytes:
        """Returns input `number`: the same one each time."""
        chance = random.Random(f"{self.name} {seed} {number}")
        return self.mutate(chance.choice(seeds), chance, seeds)


def judged(kind: Kind, data: bytes, folder: Path) -> str:
    """Reads an input; returns whether it was `GOOD` or `REFUSED`.

    Raises:
        AssertionError: It was refused with a message that is not one printable line, or read wrongly.
        Exception: Any error that is none of the project's own: a fault.
    """
    try:
        kind.attempt(data, folder)
    except MaskwatchError as error:
        message = str(error)
        assert message, "an error without a message"
        assert printable(message) == message, f"not one printable line: {message!r}"
        return REFUSED
    return GOOD
