"""Tables of the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

Column = tuple[str, str, str]
"""Heading, name of the figure, how it is written: "share" (0 to 1), "%", "s", or a number of digits."""

COLUMNS: Final[tuple[Column, ...]] = (
    ("IDF1", "idf1", "3"),
    ("IDF1 shown", "idf1_shown", "3"),
    ("count error", "count_error", "%"),
    ("settled", "count_error_settled", "%"),
    ("people error", "people_error", "%"),
    ("flips/person", "flips", "3"),
    ("drops/person", "drops", "2"),
    ("not wrong > 1 s", "never_long_wrong", "%"),
    ("decided after", "decided_median", "s"),
    ("p90", "decided_p90", "s"),
    ("change told", "change_median", "s"),
    ("p90", "change_p90", "s"),
    ("false/min", "false_people_a_minute", "1"),
    ("extra count changes/min", "extra_changes_a_minute", "1"),
    ("never found", "never_found", "%"),
    ("never decided", "never_decided", "%"),
    ("numbers/person", "numbers", "2"),
    ("looks/frame", "looks_a_frame", "1"),
)


def table(rows: Mapping[str, Mapping[str, float]], columns: tuple[Column, ...] = COLUMNS) -> str:
    """Returns a table in Markdown.

    Args:
        rows: First cell -> figures.
        columns: What to show.
    """
    cells = [["", *(heading for heading, _, _ in columns)]]
    cells += [
        [name, *(_text(f.get(key, math.nan), how) for _, key, how in columns)] for name, f in rows.items()
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns) + 1)]
    lines = [
        "| "
        + " | ".join(
            c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _text(value: float, how: str) -> str:
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "never"
    if how == "%":
        return f"{100 * value:.1f} %"
    if how == "s":
        return f"{value:.2f} s"
    return f"{value:.{int(how)}f}"
