"""Tables and the plot of the figures."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.people.runs import Arrival
from maskwatch.reports import svg

Column = tuple[str, str, str]
"""Heading, name of the figure, how it is written: as "%", in "s", or with a number of digits."""

TRACKING: Final[tuple[Column, ...]] = (
    ("HOTA", "hota", "3"),
    ("IDF1", "idf1", "3"),
    ("MOTA", "mota", "3"),
    ("IDF1 with dimmed", "idf1_shown", "3"),
    ("numbers a person", "numbers", "2"),
    ("count error", "count_error", "%"),
    ("settled", "count_error_settled", "%"),
    ("people so far", "people_error", "%"),
    ("extra count changes/min", "extra_changes_a_minute", "1"),
    ("false people/min", "false_people_a_minute", "1"),
    ("never found", "never_found", "%"),
)
"""Who is where, and how many."""

STATES: Final[tuple[Column, ...]] = (
    ("flips a person", "flips", "3"),
    ("drops a person", "drops", "2"),
    ("never wrong > 1 s", "never_long_wrong", "%"),
    ("wrong", "wrong_seconds", "s"),
    ("first told after", "decided_median", "s"),
    ("p90", "decided_p90", "s"),
    ("change told after", "change_median", "s"),
    ("p90", "change_p90", "s"),
    ("never told", "never_decided", "%"),
    ("looks a frame", "looks_a_frame", "1"),
)
"""What is told of them."""

CLIPS: Final[tuple[Column, ...]] = (
    ("false people", "false_people", "0"),
    ("a minute", "false_people_a_minute", "1"),
    ("clips with some", "clips_with_some", "0"),
    ("of clips", "clips", "0"),
    ("minutes", "minutes", "1"),
)
"""Clips without people."""

COST: Final[tuple[Column, ...]] = (
    ("mean", "mean", "1"),
    ("p50", "p50", "1"),
    ("p95", "p95", "1"),
    ("p95 of the first second", "beginning_p95", "1"),
    ("to one person", "to_one", "2"),
    ("detect", "detect", "1"),
    ("track", "track", "1"),
    ("looks", "looks", "1"),
    ("turns", "turns", "1"),
    ("rest", "rest", "1"),
    ("looks a frame", "looks_a_frame", "2"),
)
"""Milliseconds a frame."""


def table(rows: Mapping[str, Mapping[str, float]], columns: Sequence[Column]) -> str:
    """Returns a table in Markdown.

    Args:
        rows: First cell -> figures.
        columns: What to show.
    """
    cells = [["", *(heading for heading, _, _ in columns)]]
    cells += [
        [name, *(_text(figures.get(key, math.nan), how) for _, key, how in columns)]
        for name, figures in rows.items()
    ]
    return laid_out(cells)


def laid_out(cells: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown, in columns of one width: the first to the left, the others to the right.

    Args:
        cells: Rows of one length, the headings first.
    """
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = [
        f"| {' | '.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])} |" for row in cells
    ]
    rule = "|".join("-" * (width + 1) + (":" if i else "-") for i, width in enumerate(widths))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def plot(rows: Mapping[tuple[str, Arrival], Mapping[str, float]]) -> str:
    """Returns a plot of IDF1 and of the count error over the frames that arrive a second, as an SVG file."""
    plots = []
    for title, figure, unit in (("IDF1", "idf1", 1), ("count error, per cent", "count_error", 100)):
        lines: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for (who, arrival), figures in sorted(rows.items(), key=lambda row: row[0][1].fps):
            if arrival.dropped == 0 and (figure != "idf1" or who != "no tracking"):
                lines[who].append((arrival.fps, unit * figures[figure]))
        series = [svg.Series(who, points, marks=True) for who, points in lines.items()]
        values = [value for points in lines.values() for _, value in points]
        low = math.floor(10 * min(values)) / 10 if figure == "idf1" else 0.0
        high = 1.0 if figure == "idf1" else 10.0 * math.ceil(max(values) / 10)
        plots.append(svg.lines(title, series, "frames a second", title, (0, 30), (low, high)))
    return svg.standalone(*plots)


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
