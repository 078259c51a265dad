"""A comparison as one self-contained page for the browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from maskwatch import __version__
from maskwatch.evaluation.compare import Changed, Comparison, precision_line, side_by_side, verdict
from maskwatch.evaluation.mistakes import KINDS, Mistake, thumbnails
from maskwatch.evaluation.report import percent
from maskwatch.reports.html import gallery, page, table

_SHOWN: Final = 60
"""Faces of each kind in a gallery, and pictures in a table."""


def to_html(comparison: Comparison) -> str:
    """One self-contained page. It holds pictures only if the comparison holds mistakes."""
    a, b = (escape(str(engine["name"])) for engine in comparison.engines)
    named = ", ".join(escape(str(name)) for name in comparison.data.get("names", ()))
    parts = [
        f"<p>A is {a}, B is {b}, on the same pictures of {named}, with maskwatch {__version__}.</p>",
        table(
            ["", "A", "B"], [[escape(cell) for cell in row] for row in side_by_side(comparison)], "Figures"
        ),
        "<h2>Case by case</h2>",
        _paired(comparison),
    ]
    if line := precision_line(comparison):
        parts.append(f"<p>{escape(line[0].upper() + line[1:])}; a bootstrap over pictures.</p>")
    for heading, changed in (("better", comparison.better), ("worse", comparison.worse)):
        parts.append(f"<h2>Pictures on which B is {heading}: {len(changed)}</h2>")
        parts.append(_pictures(changed))
    if comparison.mended is not None and comparison.broken is not None:
        parts += _faces("Only A gets wrong", comparison.mended)
        parts += _faces("Only B gets wrong", comparison.broken)
    if comparison.problems:
        entries = "".join(f"<li>{escape(line)}</li>" for line in comparison.problems)
        parts.append(f"<h2>Left out: {len(comparison.problems)}</h2><ul>{entries}</ul>")
    return page("Two models compared", parts)


def _paired(comparison: Comparison) -> str:
    rows = [
        [
            escape(pair.name),
            str(pair.first.total),
            percent(pair.first),
            percent(pair.second),
            str(pair.only_first),
            str(pair.only_second),
            escape(verdict(pair)),
        ]
        for pair in comparison.paired
    ]
    head = ["cases", "number", "A right", "B right", "only A right", "only B right", "by chance (McNemar)"]
    return table(head, rows, "Each case decided by both")


def _pictures(changed: Sequence[Changed]) -> str:
    if not changed:
        return ""
    rows = [[escape(c.picture), str(c.first), str(c.second)] for c in changed[:_SHOWN]]
    return table(["picture", "mistakes of A", "of B"], rows, "The most changed first")


def _faces(heading: str, mistakes: Sequence[Mistake]) -> list[str]:
    parts = [f"<h2>{heading}: {len(mistakes)}</h2>"]
    for kind, words in KINDS.items():
        chosen = [mistake for mistake in mistakes if mistake.kind == kind]
        if chosen:
            parts += [f"<h3>{escape(words)}: {len(chosen)}</h3>", gallery(thumbnails(chosen[:_SHOWN]))]
    return parts
