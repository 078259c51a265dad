"""The worst mistakes, one by one: where to look for what is wrong with a model, or with the labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import SourceError
from maskwatch.evaluation.inference import Predictions
from maskwatch.evaluation.match_table import PicturePrediction, PortraitPrediction, tabulate
from maskwatch.evaluation.matching import FALSE
from maskwatch.evaluation.measure import main_face
from maskwatch.geometry import crop_square
from maskwatch.reports.contact_sheet import fit_square
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS, Image

MistakeKind = Literal["wrong_label", "false_face", "missed_face"]

KINDS: Final[dict[MistakeKind, str]] = {
    "wrong_label": "Wrong labels, the most confident first",
    "false_face": "False faces, the most confident first",
    "missed_face": "Missed faces, the largest first",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
        kind: What sort.
        picture: The file.
        box: x1, y1, x2, y2 in pixels; None for a whole picture.
        row: The face's row among the picture's true boxes; None for a false face.
        true: Its true state.
        said: The label it was given.
        weight: How bad it is: the probability of the label, the face score, or the height in pixels.
        source: The collection that the picture is from.
        height: Of the face in pixels: the true one, or the found one where no other is known; None for a
            whole picture.
        certain: Whether the answer was given as certain; None for a missed face.
    """

    kind: MistakeKind
    picture: str
    box: tuple[float, float, float, float] | None
    row: int | None
    true: str | None
    said: str | None
    weight: float
    source: str = ""
    height: float | None = None
    certain: bool | None = None


def mistakes(findings: Predictions, partly_labelled: Collection[str] = ()) -> list[Mistake]:
    """Every mistake at the usual operating point, each kind from worst to mildest."""
    found = [m for item in findings.looked for m in _of_picture(item, item.sample.source in partly_labelled)]
    found += [m for item in findings.negatives for m in _of_picture(item, False)]
    found += [m for portrait in findings.portraits for m in _of_crop(portrait)]
    order = list(KINDS)
    return sorted(found, key=lambda m: (order.index(m.kind), -m.weight))


def _of_picture(looked: PicturePrediction, partly: bool) -> Iterable[Mistake]:
    sample, faces = looked.sample, looked.faces
    # `tabulate` sorts by score, and so are these.
    faces = faces[np.argsort(-faces.scores, kind="stable")]
    table = tabulate(looked, faces)
    path = str(sample.path)
    certain, source = faces.certain, sample.source
    for place in range(len(table.true_row)):
        row, finder, state = int(table.true_row[place]), int(table.true_found[place]), table.true_state[place]
        true, height = None if state == UNKNOWN else LABELS[state], float(table.true_height[place])
        if finder < 0:
            box = _corners(sample.boxes[row])
            yield Mistake("missed_face", path, box, row, true, None, height, source, height)
        elif true and faces.probabilities is not None and faces.labels[finder] != true:
            box, said = _corners(faces.boxes[finder]), faces.labels[finder]
            weight, sure = float(faces.probabilities[finder].max()), bool(certain[finder])
            yield Mistake("wrong_label", path, box, row, true, said, weight, source, height, sure)
    for place in () if partly else np.flatnonzero(table.found_outcome == FALSE).tolist():
        box, score, sure = _corners(faces.boxes[place]), float(faces.scores[place]), bool(certain[place])
        height, said = box[3] - box[1], faces.labels[place]
        yield Mistake("false_face", path, box, None, None, said, score, source, height, sure)


def _of_crop(portrait: PortraitPrediction) -> Iterable[Mistake]:
    true, path, faces = LABELS[portrait.sample.state], str(portrait.sample.path), portrait.faces
    face, source = main_face(faces), portrait.sample.source
    if face < 0:
        yield Mistake("missed_face", path, None, None, true, None, float("inf"), source)
    elif faces.probabilities is not None and faces.labels[face] != true:
        box, said, sure = _corners(faces.boxes[face]), faces.labels[face], bool(faces.certain[face])
        weight, height = float(faces.probabilities[face].max()), box[3] - box[1]
        yield Mistake("wrong_label", path, box, None, true, said, weight, source, height, sure)


def _corners(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (round(float(value), 1) for value in box)
    return x1, y1, x2, y2


def thumbnails(found: Sequence[Mistake], side: int = 120) -> Iterable[tuple[Image, str]]:
    """A picture and a line of text for each mistake."""
    for mistake in found:
        try:
            image = read_image(mistake.picture)
        except SourceError:
            continue
        if mistake.box is None:
            yield fit_square(image, side), _caption(mistake)
        else:
            yield crop_square(image, np.array([mistake.box]), 1.8, side)[0], _caption(mistake)


def _caption(mistake: Mistake) -> str:
    name = mistake.picture.replace("\\", "/").rpartition("/")[2]
    if mistake.kind == "wrong_label":
        return f"{mistake.said} {mistake.weight:.2f}, truly {mistake.true}: {name}"
    if mistake.kind == "false_face":
        return f"{mistake.weight:.2f}: {name}"
    size = f"{mistake.weight:.0f} px" if np.isfinite(mistake.weight) else "whole picture"
    return f"{size}, {mistake.true or 'face'}: {name}"


def records(found: Iterable[Mistake]) -> list[dict[str, Any]]:
    """The mistakes as plain rows."""
    return [
        {
            "kind": m.kind,
            "picture": m.picture,
            "box": m.box,
            "row": m.row,
            "true": m.true,
            "said": m.said,
            "weight": round(m.weight, 4) if np.isfinite(m.weight) else None,
            "source": m.source,
            "height": None if m.height is None else round(m.height, 1),
            "certain": m.certain,
        }
        for m in found
    ]
