"""Samples of a soak: kept as JSON, drawn as a plot, and summed up into what grew and what did not.

A sample is {"t": s, "rss_mb": MB, "threads": n, "handles": n, "latency_ms": ms or None, "name": process}; it
may have more keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from maskwatch.atomic_file import write_text
from maskwatch.reports.svg import Plot, Series, lines, round_range, standalone

Sample = Mapping[str, Any]

DRAWN: Final = {
    "rss_mb": ("Memory", "MB"),
    "threads": ("Threads", "threads"),
    "handles": ("Open files", "files, sockets, pipes"),
    "latency_ms": ("From frame to result, median of the last 10 s", "ms"),
}
"""Key of a sample -> title of its plot, unit of its axis."""

_WARM: Final = 0.2
"""Share of a soak that counts as warming up: pools grow, models are loaded, caches are filled."""


def save_samples(path: Path, samples: Sequence[Sample]) -> None:
    """Writes the samples to `path` (JSON) and their plot beside it (SVG).

    Raises:
        SinkError: One of them cannot be written.
    """
    rows = ",\n".join(f"  {json.dumps(dict(one))}" for one in samples)
    write_text(path, f"[\n{rows}\n]\n")
    write_text(path.with_suffix(".svg"), plot(samples))


def plot(samples: Sequence[Sample]) -> str:
    """Returns an SVG file with one plot for each of `DRAWN` that was measured, a line for each process."""
    plots = [drawn for key in DRAWN if (drawn := _plot(samples, key)) is not None]
    if not plots:
        raise ValueError("no sample holds a figure")
    return standalone(*plots)


def _plot(samples: Sequence[Sample], key: str) -> Plot | None:
    title, unit = DRAWN[key]
    series = [
        Series(
            name, [(one["t"] / 60, one[key]) for one in samples if one["name"] == name and _known(one, key)]
        )
        for name in _names(samples)
    ]
    series = [line for line in series if line.points]
    if not series:
        return None
    # From 0: else a megabyte would look like a leak.
    highest = max(y for line in series for _, y in line.points)
    longest = max(x for line in series for x, _ in line.points)
    return lines(
        title,
        series,
        "minutes",
        f"{title.split(',')[0]}, {unit}",
        round_range(0, longest),
        round_range(0, highest),
    )


def growth(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Returns what each process held early and late, once it was warm.

    Returns:
        For each process: its name, its minutes, and for each key of `DRAWN` the medians of the first and the
        last quarter after warming up, and the most that was ever seen.
    """
    rows = []
    for name in _names(samples):
        own = [one for one in samples if one["name"] == name]
        end = max(one["t"] for one in own)
        row: dict[str, Any] = {"name": name, "minutes": round(end / 60, 1)}
        for key in DRAWN:
            values = [one[key] for one in own if one["t"] >= _WARM * end and _known(one, key)]
            if values:
                quarter = max(1, len(values) // 4)
                row[key] = {
                    "early": round(median(values[:quarter]), 1),
                    "late": round(median(values[-quarter:]), 1),
                    "most": round(max(one[key] for one in own if _known(one, key)), 1),
                }
        rows.append(row)
    return rows


def table(samples: Sequence[Sample]) -> str:
    """Returns `growth` as a Markdown table: early -> late (most)."""
    header = ["process", "minutes", *(f"{DRAWN[key][0].split(',')[0]}, {DRAWN[key][1]}" for key in DRAWN)]
    out = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    for row in growth(samples):
        cells = [row["name"], f"{row['minutes']:g}"]
        for key in DRAWN:
            kept = row.get(key)
            cells.append(
                "-" if kept is None else f"{kept['early']:g} → {kept['late']:g} (most {kept['most']:g})"
            )
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out) + "\n"


def _names(samples: Sequence[Sample]) -> list[str]:
    return list(dict.fromkeys(one["name"] for one in samples))


def _known(one: Sample, key: str) -> bool:
    return one.get(key) is not None
