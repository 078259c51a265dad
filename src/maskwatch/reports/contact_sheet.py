"""The contact sheet: a page with the findings of a check and a look at the faces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.data.check import HEIGHT_BINS, DatasetCheck
from maskwatch.data.sample import UNKNOWN, Dataset
from maskwatch.errors import SourceError
from maskwatch.geometry import crop_square
from maskwatch.reports.html import gallery, page, table
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS, Image

_SIDE: Final = 120
_EACH: Final = 36
"""Faces shown of each class, and entries of each finding."""


def contact_sheet(dataset: Dataset, found: DatasetCheck, title: str, seed: int = 0) -> str:
    """An HTML page. It holds pictures of the data set: share it as carefully as the data itself.

    Args:
        dataset: The data set.
        found: What `check` found in it.
        title: Heading of the page.
        seed: Of the choice of faces.
    """
    parts = [f'<p class="soft">{escape(line)}</p>' for line in summary(found)]
    parts += [_classes(found), _heights(found)]
    for name, faces in _faces_by_class(dataset).items():
        chosen = np.random.default_rng(seed).permutation(len(faces))[:_EACH]
        shown = [faces[i] for i in sorted(chosen)]
        parts += [f"<h2>{escape(name)}</h2>", gallery(_crops(shown))]
    for heading, groups in (
        ("Near-copies with different states", found.disagreeing),
        ("Near-copies in different splits", found.leaks),
        ("Near-copies", found.near_copy_groups),
    ):
        if groups:
            parts.append(f"<h2>{heading}: {len(groups)}</h2>")
            parts += [gallery(_whole(group)) for group in groups[:_EACH]]
    boxes = {sample.path: sample.boxes for sample in dataset.samples}
    for heading, places in (
        ("Boxes beyond the picture", found.outside),
        ("Doubled boxes", found.duplicate_boxes),
    ):
        if places:
            parts.append(f"<h2>{heading}: {len(places)}</h2>")
            parts.append(gallery(_crops([(p, boxes[p][row]) for p, row in places[:_EACH]], margin=2.5)))
    return page(title, parts)


def summary(found: DatasetCheck) -> list[str]:
    """The findings in lines of text."""
    lines = [f"{found.form}: {found.pictures} pictures, {sum(found.faces.values())} faces"]
    for split, counts in sorted(found.classes.items()):
        shown = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        lines.append(f"{split or 'faces'}: {shown or 'none'}")
    sizes = ", ".join(f"{count} {_range(low)}" for low, count in sorted(found.heights.items()))
    lines += [f"face heights in pixels: {sizes}"] if sizes else []
    lines += [f"pictures without a box: {found.empty}"] if found.empty else []
    for text, entries in (
        ("label entries that cannot be used", found.problems),
        ("pictures that cannot be read", found.unreadable),
    ):
        lines += [f"{text}: {len(entries)}"] if entries else []
    for text, places in (
        ("boxes beyond the picture", found.outside),
        ("doubled boxes", found.duplicate_boxes),
    ):
        lines += [f"{text}: {len(places)}"] if places else []
    for text, groups in (
        ("groups of near-copies", found.near_copy_groups),
        ("groups of near-copies in different splits", found.leaks),
        ("groups of near-copies with different states", found.disagreeing),
    ):
        lines += [f"{text}: {len(groups)} ({sum(map(len, groups))} pictures)"] if groups else []
    return lines + [f"warning: {warning}" for warning in found.warnings]


def _range(low: int) -> str:
    above = [border for border in HEIGHT_BINS if border > low]
    if not above:
        return f"from {low}"
    return f"{low}-{above[0]}" if low else f"under {above[0]}"


def _classes(found: DatasetCheck) -> str:
    names = (*LABELS, "face", "ignored")
    rows = [
        [escape(split or "all"), *(str(counts[name]) for name in names)]
        for split, counts in sorted(found.classes.items())
    ]
    return table(["split", *names], rows, "Faces of each class")


def _heights(found: DatasetCheck) -> str:
    rows = [[_range(low), str(count)] for low, count in sorted(found.heights.items())]
    return table(["height, px", "faces"], rows, "Face heights")


Place = tuple[Path, NDArray[np.float32] | None]
"""A picture, and a box in it; None is the whole picture."""


def _faces_by_class(dataset: Dataset) -> dict[str, list[Place]]:
    faces: dict[str, list[Place]] = {}
    for sample in dataset.samples:
        for box, state, ignored in zip(sample.boxes, sample.states, sample.ignore, strict=True):
            if not ignored:
                name = "face" if state == UNKNOWN else LABELS[state]
                faces.setdefault(name, []).append((sample.path, box))
    for portrait in dataset.portraits:
        faces.setdefault(LABELS[portrait.state], []).append((portrait.path, None))
    return dict(sorted(faces.items()))


def _crops(places: Sequence[Place], margin: float = 1.4) -> Iterable[tuple[Image, str]]:
    for path, box in places:
        try:
            image = read_image(path)
        except SourceError:
            continue
        yield (
            (fit_square(image) if box is None else crop_square(image, box[None], margin, _SIDE)[0]),
            path.name,
        )


def _whole(paths: Sequence[Path]) -> Iterable[tuple[Image, str]]:
    for path in paths:
        yield fit_square(read_image(path)), f"{path.parent.name}/{path.name}"


def fit_square(image: Image, side: int = _SIDE) -> Image:
    """The picture shrunk or enlarged into a grey square, its aspect kept."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.full((side, side, 3), 127, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = cv2.resize(
        image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return square
