"""Labels that a classifier contradicts: where to look for errors in a data set.

A model that learnt from the very labels has got used to some of their errors: one trained on other pictures
finds more.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.corrections import short_names
from maskwatch.data.sample import UNKNOWN, PortraitSample, Sample
from maskwatch.detectors.base import Detector
from maskwatch.errors import SourceError
from maskwatch.evaluation.measure import main_face
from maskwatch.geometry import crop_square
from maskwatch.reports.html import gallery, page
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS, Image

NO_FACE: Final = "ignore"
"""What a box without a face is, in a list of corrections."""

_SHOWN: Final = 400
"""Faces on the page."""


@runtime_checkable
class Assessor(Protocol):
    """A classifier that answers for every box, faces or not."""

    def predict(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Probabilities (n, 3) of the states, (n,) of a face, and what more it knows, for boxes (n, 4)."""
        ...


@dataclass(frozen=True, slots=True)
class SuspectLabel:
    """A label that is contradicted.

    Attributes:
        path: The picture.
        row: The box, counted from 0 as the data set lists them; None for a picture of one person.
        box: x1, y1, x2, y2 in pixels: the true one, or the one found where a picture has none.
        labelled: The state in the data set.
        said: The state that it seems to be, or `NO_FACE`.
        confidence: Probability of that.
        probabilities: Of the states, in the order of `LABELS`.
        face: Probability of a face.
    """

    path: Path
    row: int | None
    box: tuple[float, float, float, float]
    labelled: str
    said: str
    confidence: float
    probabilities: tuple[float, ...]
    face: float


@dataclass(slots=True)
class Audit:
    """What came out.

    Attributes:
        doubts: The most confident first.
        faces: How many labels were looked at.
        unseen: Pictures of one person in which no face was found.
        names: How the list of corrections names the pictures.
        problems: Pictures that cannot be read, one line each.
    """

    doubts: list[SuspectLabel] = field(default_factory=list)
    faces: int = 0
    unseen: int = 0
    names: dict[Path, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


Item = Sample | PortraitSample


def audit(
    items: Sequence[Item],
    judge: Assessor,
    finder: Detector,
    least: float = 0.5,
    watch: Callable[[Sequence[Item]], Iterable[Item]] = list,
) -> Audit:
    """Shows every labelled face to a classifier, cut at its true box.

    Args:
        items: Labelled pictures.
        judge: The classifier.
        finder: Finds the face in pictures of one person, which have no box.
        least: Contradictions less probable than this are left out.
        watch: Passes the pictures on, and may show how far it is.
    """
    found = Audit(names=short_names(item.path for item in items))
    for item in watch(items):
        try:
            image = read_image(item.path)
        except SourceError as error:
            found.problems.append(str(error))
            continue
        rows, boxes, states = _labelled(item, image, finder)
        found.unseen += isinstance(item, PortraitSample) and not rows
        found.faces += len(rows)
        probabilities, faces, *_ = judge.predict(image, boxes)
        for place, row in enumerate(rows):
            doubt = _doubt(
                item.path, row, boxes[place], int(states[place]), probabilities[place], float(faces[place])
            )
            if doubt is not None and doubt.confidence >= least:
                found.doubts.append(doubt)
    found.doubts.sort(key=lambda doubt: -doubt.confidence)
    return found


def _labelled(
    item: Item, image: Image, finder: Detector
) -> tuple[list[int | None], NDArray[np.float32], NDArray[np.int64]]:
    """Rows, boxes and states of the faces whose state is known."""
    if isinstance(item, Sample):
        rows = np.flatnonzero(~item.ignore & (item.states != UNKNOWN))
        return list(rows.tolist()), item.boxes[rows], item.states[rows]
    faces = finder.detect(image)
    best = main_face(faces)
    if best < 0:
        return [], faces.boxes[:0], np.zeros(0, np.int64)
    return [None], faces.boxes[best : best + 1], np.array([item.state])


def _doubt(
    path: Path,
    row: int | None,
    box: NDArray[np.float32],
    labelled: int,
    probabilities: NDArray[np.float32],
    face: float,
) -> SuspectLabel | None:
    best = int(probabilities.argmax())
    if face < 0.5:
        said, confidence = NO_FACE, 1 - face
    elif best != labelled:
        said, confidence = LABELS[best], float(probabilities[best])
    else:
        return None
    x1, y1, x2, y2 = (float(value) for value in box)
    told = tuple(float(value) for value in probabilities)
    return SuspectLabel(path, row, (x1, y1, x2, y2), LABELS[labelled], said, confidence, told, face)


def to_csv(found: Audit) -> str:
    """The doubts in the form of `maskwatch.data.corrections`, with the probabilities beside them."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["picture", "box", "state", "note", "confidence", *LABELS, "face"])
    for doubt in found.doubts:
        name = found.names[doubt.path]
        numbers = (doubt.confidence, *doubt.probabilities, doubt.face)
        box = "" if doubt.row is None else doubt.row
        rows.writerow([name, box, doubt.said, f"labelled {doubt.labelled}", *(f"{n:.3f}" for n in numbers)])
    return out.getvalue()


def to_html(found: Audit, title: str) -> str:
    """A page with the faces in question, in the order and with the numbers of the CSV's lines."""
    kinds = sorted({(doubt.labelled, doubt.said) for doubt in found.doubts})
    parts = [
        f"<p>{len(found.doubts)} of {found.faces} labels are contradicted, the most confident first. The"
        " number of each is its line in the list: delete the lines of those that are labelled rightly.</p>"
    ]
    for labelled, said in kinds:
        chosen = [
            (number, doubt)
            for number, doubt in enumerate(found.doubts[:_SHOWN], 2)
            if (doubt.labelled, doubt.said) == (labelled, said)
        ]
        count = sum((doubt.labelled, doubt.said) == (labelled, said) for doubt in found.doubts)
        heading = f"Labelled {labelled}, seems {'no face' if said == NO_FACE else said}: {count}"
        parts += [f"<h2>{escape(heading)}</h2>", gallery(_thumbnails(chosen, found.names))]
    return page(title, parts)


def _thumbnails(
    chosen: Sequence[tuple[int, SuspectLabel]], names: dict[Path, str], side: int = 160
) -> Iterable[tuple[Image, str]]:
    for number, doubt in chosen:
        image = read_image(doubt.path)
        box = "" if doubt.row is None else f", box {doubt.row}"
        portrait = crop_square(image, np.array([doubt.box], np.float32), 1.8, side)[0]
        yield portrait, f"line {number}: {doubt.confidence:.2f}, {names[doubt.path]}{box}"
