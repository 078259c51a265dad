"""Tables of figures as plain values; templates make HTML or Markdown of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskwatch.annotate import STYLES
from maskwatch.evaluation.result import percent
from maskwatch.proportion import Interval, Proportion
from maskwatch.types import LABELS


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table on a page.

    Attributes:
        text: What it says.
        note: A second, smaller line.
        shade: How dark its background is, from 0 to 1; None leaves it plain.
    """

    text: str
    note: str = ""
    shade: float | None = None


Row = Sequence[str | Cell]
"""A row of a table. The cells of a table for Markdown are plain text."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row is its heading.

    Attributes:
        head: Headings of the columns.
        rows: Rows, each with a cell for each column.
        caption: What it shows; "" for none.
    """

    head: Sequence[str]
    rows: Sequence[Row]
    caption: str = ""


def share_cell(share: Proportion | None) -> Cell:
    """Returns a proportion in per cent, with its interval and the number of cases below."""
    if share is None or share.interval is None:
        return Cell("-")
    low, high = share.interval
    return Cell(percent(share), f"{100 * low:.0f} to {100 * high:.0f}, n={share.total}")


def number_cell(value: float | None, interval: Interval | None = None) -> Cell:
    """Returns a number with three decimals, with its interval below."""
    if value is None:
        return Cell("-")
    return Cell(f"{value:.3f}", f"{interval[0]:.2f} to {interval[1]:.2f}" if interval else "")


def confusion_table(counts: Sequence[Sequence[int]], columns: Sequence[str], cases: str) -> Table:
    """Returns the confusion of states; the darker a cell, the larger its part of the row.

    Args:
        counts: Row the true state, column the predicted one.
        columns: Names of the columns: labels, and more.
        cases: What is counted, for people.
    """
    rows: list[Row] = [
        # The number says it all; the shade only helps the eye.
        [state_name(label), *(Cell(str(count), shade=count / max(sum(row), 1)) for count in row)]
        for label, row in zip(LABELS, counts, strict=True)
    ]
    return Table([f"true state, {cases}", *(f"said: {state_name(name)}" for name in columns)], rows)


def height_name(height_class: str) -> str:
    """Returns the name of a class of face height for people: ">=64" becomes "≥ 64 px"."""
    return f"{height_class} px".replace(">=", "≥ ").replace("<", "under ").replace("-", " to ")


def state_name(state: str) -> str:
    """Returns the name of a state for people."""
    style = STYLES.get(state)  # type: ignore[call-overload]
    return str(style.text) if style else {"face": "unlabelled"}.get(state, state)
