"""What to expect of little data, said before the training rather than after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

FEW: Final = 20
"""Faces of a kind under which hardly anything can be learnt of it, or said about how well."""

SOME: Final = 100
"""Faces of a kind under which more pictures are worth more than more training."""


def advise(counts: Mapping[str, int], say: Callable[[str], None]) -> None:
    """Warns of kinds of faces that are few.

    Args:
        counts: Kind -> number of faces to learn from.
        say: Takes lines for people.
    """
    few = [f"{count} of {kind}" for kind, count in counts.items() if count < FEW]
    some = [f"{count} of {kind}" for kind, count in counts.items() if FEW <= count < SOME]
    if few:
        say(
            f"warning: only {', '.join(few)} to learn from: expect many mistakes and figures that mean"
            f" little; collect at least {FEW}, better {SOME}, of each"
        )
    if some:
        say(f"note: {', '.join(some)} to learn from: enough to begin with; from {SOME} on it gets reliable")
