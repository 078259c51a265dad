"""Warns before a training when there are few faces of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from maskwatch.data.check import MIN_FACES_PER_CLASS

MIN_USABLE: Final = 20
"""Faces of a kind below which training learns little, and its figures say little."""

MIN_RELIABLE: Final = MIN_FACES_PER_CLASS
"""Faces of a kind below which more pictures help more than more training."""


def advise(counts: Mapping[str, int], say: Callable[[str], None]) -> None:
    """Warns of kinds with few faces.

    Args:
        counts: Kind -> number of faces to train on.
        say: Takes lines for people.
    """
    few = [f"{count} of {kind}" for kind, count in counts.items() if count < MIN_USABLE]
    some = [f"{count} of {kind}" for kind, count in counts.items() if MIN_USABLE <= count < MIN_RELIABLE]
    if few:
        say(
            f"warning: only {', '.join(few)} to learn from: expect many mistakes and figures that mean"
            f" little; collect at least {MIN_USABLE}, better {MIN_RELIABLE}, of each"
        )
    if some:
        say(
            f"note: {', '.join(some)} to learn from: enough to begin with; from {MIN_RELIABLE} on it gets"
            " reliable"
        )
