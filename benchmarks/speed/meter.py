"""Measures only while nobody else works: repeats what was disturbed, and marks what stayed disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.speed import quiet

Row = dict[str, Any]
"""One measurement: who, what, which round, and figures."""


@dataclass(frozen=True, slots=True)
class Meter:
    """How measurements are taken.

    Attributes:
        rounds: How often everything is measured, in turn.
        repeats: How often a disturbed measurement is taken again at most.
        patience: Seconds for which quiet is waited for before each measurement at most.
    """

    rounds: int = 3
    repeats: int = 2
    patience: float = 5.0

    def take(self, measure: Callable[[], tuple[Row, float]]) -> Row:
        """Takes one measurement.

        Args:
            measure: Returns figures, and the processor seconds that the measuring itself used.

        Returns:
            The figures of the least disturbed try, with "others" (share of all processor time that others
            used; None where the system does not tell) and "quiet".
        """
        best: Row | None = None
        for _ in range(self.repeats + 1):
            if self.patience:
                quiet.wait_for_quiet(self.patience)
            before = quiet.now()
            row, used = measure()
            share = quiet.others(before, quiet.now(), used)
            row |= {"others": None if share is None else round(share, 3), "quiet": share is not None}
            if share is None:
                return row
            row["quiet"] = share <= quiet.QUIET
            if best is None or share < best["others"]:
                best = row
            if row["quiet"]:
                break
        assert best is not None
        return best
