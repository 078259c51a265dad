"""The page of a comparison of two engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from maskwatch import __version__
from maskwatch.evaluation.compare import ChangedPicture, Comparison
from maskwatch.evaluation.mistakes import KINDS, Mistake
from maskwatch.evaluation.result import percent
from maskwatch.reports.comparison_text import precision_line, side_by_side, verdict
from maskwatch.reports.render import render
from maskwatch.reports.tables import Table
from maskwatch.reports.thumbnails import mistake_thumbnails

_SHOWN: Final = 60
"""Faces of each kind in a gallery, and pictures in a table."""


def comparison_page(comparison: Comparison) -> str:
    """Returns one self-contained HTML page. It shows faces only if the comparison lists mistakes."""
    line = precision_line(comparison)
    return render(
        "comparison.html.j2",
        title="Two models compared",
        version=__version__,
        engines=[engine["name"] for engine in comparison.engines],
        names=[str(name) for name in comparison.data.get("names", ())],
        figures=Table(["", "A", "B"], side_by_side(comparison), "Figures"),
        paired=_paired_table(comparison),
        precision=line[:1].upper() + line[1:],
        changes=[
            {"heading": heading, "count": len(pictures), "table": _changed_table(pictures)}
            for heading, pictures in (("better", comparison.better), ("worse", comparison.worse))
        ],
        mistakes=[
            {"heading": heading, "count": len(mistakes), "kinds": _kinds(mistakes)}
            for heading, mistakes in (
                ("Only A gets wrong", comparison.only_first_mistakes),
                ("Only B gets wrong", comparison.only_second_mistakes),
            )
            if mistakes is not None
        ],
        problems=comparison.problems,
    )


def _paired_table(comparison: Comparison) -> Table:
    rows = [
        [
            pair.name,
            str(pair.first.total),
            percent(pair.first),
            percent(pair.second),
            str(pair.only_first),
            str(pair.only_second),
            verdict(pair),
        ]
        for pair in comparison.paired
    ]
    head = ["cases", "number", "A right", "B right", "only A right", "only B right", "by chance (McNemar)"]
    return Table(head, rows, "Each case decided by both")


def _changed_table(pictures: Sequence[ChangedPicture]) -> Table:
    rows = [[picture.picture, str(picture.first), str(picture.second)] for picture in pictures[:_SHOWN]]
    return Table(["picture", "mistakes of A", "of B"], rows, "The most changed first")


def _kinds(mistakes: Sequence[Mistake]) -> list[dict[str, Any]]:
    kinds = []
    for kind, heading in KINDS.items():
        of_kind = [mistake for mistake in mistakes if mistake.kind == kind]
        if of_kind:
            thumbnails = mistake_thumbnails(of_kind[:_SHOWN])
            kinds.append({"heading": heading, "count": len(of_kind), "thumbnails": thumbnails})
    return kinds
