"""From measurements to medians, spreads and ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any, NamedTuple

from benchmarks.speed.meter import Row

Figure = Callable[[Row], float | None]
"""Takes a figure out of a measurement; None where it has none."""


class Spread(NamedTuple):
    """A figure over several rounds.

    Attributes:
        median: The middle one.
        low: The least.
        high: The largest.
        quiet: Whether nothing else ran on the machine in any of the rounds that count.
    """

    median: float
    low: float
    high: float
    quiet: bool = True

    def text(self, digits: int) -> str:
        """Returns the median with its spread; a star marks what was disturbed."""
        star = "" if self.quiet else " *"
        if self.low == self.high:
            return f"{self.median:.{digits}f}{star}"
        return f"{self.median:.{digits}f} [{self.low:.{digits}f} .. {self.high:.{digits}f}]{star}"


def named(figure: str) -> Figure:
    """Returns what takes the figure of a name out of a measurement."""
    return lambda row: row.get(figure)


def chosen(rows: Iterable[Row], **known: Any) -> list[Row]:
    """Returns the measurements with these values."""
    return [row for row in rows if all(row.get(key) == value for key, value in known.items())]


def spread(rows: Sequence[Row], figure: Figure) -> Spread | None:
    """Returns a figure over rounds: of the quiet ones, and of all where none was quiet; None without any."""
    quiet = [row for row in rows if row.get("quiet", True)]
    values = [value for row in quiet or rows if (value := figure(row)) is not None]
    return Spread(median(values), min(values), max(values), bool(quiet)) if values else None


def ratio(of: Sequence[Row], to: Sequence[Row], figure: Figure) -> Spread | None:
    """Returns how many times as large a figure is, round by round: what both were measured in, in turn.

    Args:
        of: Measurements of one.
        to: Measurements of the other; of several in one round the largest counts.
        figure: Which figure.
    """
    best: dict[int, Row] = {}
    for row in to:
        value, known = figure(row), best.get(row["round"])
        if value and (known is None or value > (figure(known) or 0)):
            best[row["round"]] = row
    pairs: list[Row] = []
    for row in of:
        value, other = figure(row), best.get(row["round"])
        if value is None or other is None:
            continue
        both_quiet = row.get("quiet", True) and other.get("quiet", True)
        pairs.append({"ratio": value / (figure(other) or 1.0), "quiet": both_quiet})
    return spread(pairs, named("ratio"))
