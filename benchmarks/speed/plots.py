"""Plots of the figures, as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.speed.competitors.modes import MODES
from benchmarks.speed.meter import Row
from benchmarks.speed.summary import Figure, chosen, named, spread
from benchmarks.speed.targets import Parts, rows_of
from maskwatch.reports import svg

_NOT_DRAWN: Final = ("decode only, PyAV",)
"""More lines than there are colours would look alike; the tables have it."""


def plots(parts: Parts) -> str | None:
    """Returns the plots for what was measured as one SVG file; None for nothing."""
    files, live = (
        [row for row in rows_of(parts, part) if row["clip"] == f"720p, {row['people']} people"]
        for part in ("files", "live")
    )
    drawn = [
        _by_people("frames a second, files", files, _drawn(files), named("fps")),
        _by_people("milliseconds a frame, files", files, _names(files, MODES), lambda row: 1e3 / row["fps"]),
        _by_people("camera to result, p95, ms", chosen(live, cameras=1), _names(live, MODES), named("p95")),
    ]
    found = [plot for plot in drawn if plot is not None]
    return svg.standalone(*found) if found else None


def _names(rows: Sequence[Row], kept: Iterable[str] | None = None) -> list[str]:
    """Returns who was measured, in the order of the measurements."""
    names = dict.fromkeys(row["who"] for row in rows)
    return [name for name in names if kept is None or name in kept]


def _drawn(rows: Sequence[Row]) -> list[str]:
    return [name for name in _names(rows) if name not in _NOT_DRAWN]


def _by_people(title: str, rows: Sequence[Row], names: Sequence[str], figure: Figure) -> svg.Plot | None:
    """Draws a figure over the number of people, a line each; None with less than two numbers of people."""
    series = []
    for name in names:
        mine = chosen(rows, who=name)
        points = [
            (float(people), known.median)
            for people in sorted({row["people"] for row in mine})
            if (known := spread(chosen(mine, people=people), figure)) is not None
        ]
        if len(points) > 1:
            series.append(svg.Series(name, points, marks=True))
    values = [y for line in series for _, y in line.points]
    if not values:
        return None
    most = max(x for line in series for x, _ in line.points)
    return svg.lines(title, series, "people", title, (0, most), svg.round_range(0.0, max(values)))
