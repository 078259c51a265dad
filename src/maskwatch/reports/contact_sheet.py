"""The contact sheet of a data set: a page with the findings of a check and a sample of the faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.check import HEIGHT_BINS, DatasetCheck
from maskwatch.data.sample import UNKNOWN, Dataset
from maskwatch.errors import SourceError
from maskwatch.geometry import crop_square
from maskwatch.reports.render import render
from maskwatch.reports.tables import Table
from maskwatch.reports.thumbnails import SIDE, Thumbnail, fit_square, make_thumbnail
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS

_EACH: Final = 36
"""Faces shown of each class, and entries of each finding."""

_Face = tuple[Path, NDArray[np.float32] | None]
"""A picture and a face's box in it: (4,) float32 in pixels, None for the whole picture."""


def contact_sheet(dataset: Dataset, check: DatasetCheck, title: str, seed: int = 0) -> str:
    """Returns an HTML page. It holds pictures of the data set: share it as carefully as the data itself.

    Args:
        dataset: The data set.
        check: What `maskwatch.data.check.check_dataset` found in it.
        title: Heading of the page.
        seed: Seed of the choice of faces.
    """
    boxes = {sample.path: sample.boxes for sample in dataset.samples}
    return render(
        "contact_sheet.html.j2",
        title=title,
        summary=summary(check),
        classes=_classes_table(check),
        heights=_heights_table(check),
        faces=[
            {"name": name, "thumbnails": _face_thumbnails(_choose(faces, seed))}
            for name, faces in _faces_by_class(dataset).items()
        ],
        near_copies=[
            {
                "heading": heading,
                "count": len(groups),
                "groups": [_picture_thumbnails(group) for group in groups[:_EACH]],
            }
            for heading, groups in (
                ("Near-copies with different states", check.disagreeing),
                ("Near-copies in different splits", check.leaks),
                ("Near-copies", check.near_copy_groups),
            )
            if groups
        ],
        boxes=[
            {
                "heading": heading,
                "count": len(places),
                "thumbnails": _face_thumbnails(
                    [(path, boxes[path][row]) for path, row in places[:_EACH]], margin=2.5
                ),
            }
            for heading, places in (
                ("Boxes beyond the picture", check.outside),
                ("Doubled boxes", check.duplicate_boxes),
            )
            if places
        ],
    )


def summary(check: DatasetCheck) -> list[str]:
    """Returns the findings as lines of text."""
    lines = [f"{check.form}: {check.pictures} pictures, {sum(check.faces.values())} faces"]
    for split, counts in sorted(check.classes.items()):
        shown = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        lines.append(f"{split or 'faces'}: {shown or 'none'}")
    sizes = ", ".join(f"{count} {_height_range(low)}" for low, count in sorted(check.heights.items()))
    lines += [f"face heights in pixels: {sizes}"] if sizes else []
    lines += [f"pictures without a box: {check.empty}"] if check.empty else []
    for text, entries in (
        ("label entries that cannot be used", check.problems),
        ("pictures that cannot be read", check.unreadable),
    ):
        lines += [f"{text}: {len(entries)}"] if entries else []
    for text, places in (
        ("boxes beyond the picture", check.outside),
        ("doubled boxes", check.duplicate_boxes),
    ):
        lines += [f"{text}: {len(places)}"] if places else []
    for text, groups in (
        ("groups of near-copies", check.near_copy_groups),
        ("groups of near-copies in different splits", check.leaks),
        ("groups of near-copies with different states", check.disagreeing),
    ):
        lines += [f"{text}: {len(groups)} ({sum(map(len, groups))} pictures)"] if groups else []
    lines += [f"note: {note}" for note in check.notes]
    return lines + [f"warning: {warning}" for warning in check.warnings]


def _height_range(low: int) -> str:
    above = [border for border in HEIGHT_BINS if border > low]
    if not above:
        return f"from {low}"
    return f"{low}-{above[0]}" if low else f"under {above[0]}"


def _classes_table(check: DatasetCheck) -> Table:
    names = (*LABELS, "face", "ignored")
    rows = [
        [split or "all", *(str(counts[name]) for name in names)]
        for split, counts in sorted(check.classes.items())
    ]
    return Table(["split", *names], rows, "Faces of each class")


def _heights_table(check: DatasetCheck) -> Table:
    rows = [[_height_range(low), str(count)] for low, count in sorted(check.heights.items())]
    return Table(["height, px", "faces"], rows, "Face heights")


def _faces_by_class(dataset: Dataset) -> dict[str, list[_Face]]:
    faces: dict[str, list[_Face]] = {}
    for sample in dataset.samples:
        for box, state, ignored in zip(sample.boxes, sample.states, sample.ignore, strict=True):
            if not ignored:
                name = "face" if state == UNKNOWN else LABELS[state]
                faces.setdefault(name, []).append((sample.path, box))
    for portrait in dataset.portraits:
        faces.setdefault(LABELS[portrait.state], []).append((portrait.path, None))
    return dict(sorted(faces.items()))


def _choose(faces: Sequence[_Face], seed: int) -> list[_Face]:
    chosen = np.random.default_rng(seed).permutation(len(faces))[:_EACH]
    return [faces[row] for row in sorted(chosen)]


def _face_thumbnails(faces: Sequence[_Face], margin: float = 1.4) -> Iterator[Thumbnail]:
    """Yields faces of pictures that can be read; `margin` is the crop's side in sides of the box."""
    for path, box in faces:
        try:
            image = read_image(path)
        except SourceError:
            continue
        crop = fit_square(image) if box is None else crop_square(image, box[None], margin, SIDE)[0]
        yield make_thumbnail(crop, path.name)


def _picture_thumbnails(paths: Sequence[Path]) -> Iterator[Thumbnail]:
    for path in paths:
        yield make_thumbnail(fit_square(read_image(path)), f"{path.parent.name}/{path.name}")
