"""The page of an audit: the faces whose labels a classifier contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from maskwatch.evaluation.audit import NO_FACE, Audit, SuspectLabel
from maskwatch.geometry import crop_square
from maskwatch.reports.render import render
from maskwatch.reports.thumbnails import Thumbnail, make_thumbnail
from maskwatch.sources.images import read_image

_SHOWN: Final = 400
"""Faces on the page."""

_SIDE: Final = 160
"""Width and height of a face in pixels."""

_FIRST_LINE: Final = 2
"""Line of the first suspect label in the list of corrections, which begins with a line of names."""


def audit_page(audit: Audit, title: str) -> str:
    """Returns an HTML page of the suspect labels, in the order and with the line numbers of the CSV list.

    It holds pictures of the data set: share it as carefully as the data itself.
    """
    counts = Counter((suspect.labelled, suspect.suggested) for suspect in audit.suspects)
    shown = list(enumerate(audit.suspects, _FIRST_LINE))[:_SHOWN]
    groups = [
        {
            "labelled": labelled,
            "suggested": "no face" if suggested == NO_FACE else suggested,
            "count": count,
            "thumbnails": _thumbnails(
                audit,
                [(line, s) for line, s in shown if (s.labelled, s.suggested) == (labelled, suggested)],
            ),
        }
        for (labelled, suggested), count in sorted(counts.items())
    ]
    return render(
        "audit.html.j2", title=title, suspects=len(audit.suspects), faces=audit.faces, groups=groups
    )


def _thumbnails(audit: Audit, suspects: Iterable[tuple[int, SuspectLabel]]) -> Iterator[Thumbnail]:
    for line, suspect in suspects:
        image = read_image(suspect.path)
        box = "" if suspect.row is None else f", box {suspect.row}"
        crop = crop_square(image, np.array([suspect.box], np.float32), 1.8, _SIDE)[0]
        caption = f"line {line}: {suspect.confidence:.2f}, {audit.names[suspect.path]}{box}"
        yield make_thumbnail(crop, caption)
