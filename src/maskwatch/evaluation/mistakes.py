"""Lists the mistakes of an engine one by one: they show what is wrong with a model, or with labels. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import UNKNOWN
from maskwatch.evaluation.inference import Predictions
from maskwatch.evaluation.label_figures import main_face
from maskwatch.evaluation.match_table import PicturePrediction, PortraitPrediction, tabulate
from maskwatch.evaluation.matching import FALSE
from maskwatch.types import LABELS

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
        kind: A wrong label, a false face or a missed face.
        picture: Path of the file.
        box: x1, y1, x2, y2 in pixels; None for a whole picture.
        row: The face's row among the picture's true boxes; None for a false face.
        true: The face's true state; None where it is unknown, and for a false face.
        predicted: The label it was given; None for a missed face.
        severity: The probability of a wrong label, the score of a false face, or the height in pixels of
            a missed one; infinite for a whole picture.
        source: The collection that the picture is from.
        height: Height of the face in pixels: of the true box, or of the detection where there is no true
            box; None for a whole picture.
        certain: Whether the answer was given as certain; None for a missed face.
    """

    kind: MistakeKind
    picture: str
    box: tuple[float, float, float, float] | None
    row: int | None
    true: str | None
    predicted: str | None
    severity: float
    source: str = ""
    height: float | None = None
    certain: bool | None = None


def list_mistakes(predictions: Predictions, partly_labelled: Collection[str] = ()) -> list[Mistake]:
    """Returns every mistake at the operating point, each kind from worst to mildest.

    Args:
        predictions: Of one engine.
        partly_labelled: Sources in which some faces have no box: false faces are not listed there.
    """
    found = [
        mistake
        for picture in predictions.pictures
        for mistake in _of_picture(picture, picture.sample.source in partly_labelled)
    ]
    found += [mistake for negative in predictions.negatives for mistake in _of_picture(negative, False)]
    found += [mistake for portrait in predictions.portraits for mistake in _of_portrait(portrait)]
    order = list(KINDS)
    return sorted(found, key=lambda mistake: (order.index(mistake.kind), -mistake.severity))


def _of_picture(prediction: PicturePrediction, partly_labelled: bool) -> Iterable[Mistake]:
    sample, faces = prediction.sample, prediction.faces
    # `tabulate` sorts by score, and so are these.
    faces = faces[np.argsort(-faces.scores, kind="stable")]
    table = tabulate(prediction, faces)
    path, source = str(sample.path), sample.source
    for place, state in enumerate(table.truth_state):
        row, detection = int(table.truth_row[place]), int(table.truth_detection[place])
        true, height = None if state == UNKNOWN else LABELS[state], float(table.truth_height[place])
        if detection < 0:
            box = _corners(sample.boxes[row])
            yield Mistake("missed_face", path, box, row, true, None, height, source, height)
        elif true and faces.probabilities is not None and faces.labels[detection] != true:
            box, predicted = _corners(faces.boxes[detection]), faces.labels[detection]
            probability = float(faces.probabilities[detection].max())
            certain = bool(faces.certain[detection])
            yield Mistake(
                "wrong_label", path, box, row, true, predicted, probability, source, height, certain
            )
    if partly_labelled:
        return
    for place in np.flatnonzero(table.detection_outcome == FALSE).tolist():
        box, score = _corners(faces.boxes[place]), float(faces.scores[place])
        predicted, certain = faces.labels[place], bool(faces.certain[place])
        height = box[3] - box[1]
        yield Mistake("false_face", path, box, None, None, predicted, score, source, height, certain)


def _of_portrait(portrait: PortraitPrediction) -> Iterable[Mistake]:
    true, path, faces = LABELS[portrait.sample.state], str(portrait.sample.path), portrait.faces
    face, source = main_face(faces), portrait.sample.source
    if face < 0:
        yield Mistake("missed_face", path, None, None, true, None, float("inf"), source)
    elif faces.probabilities is not None and faces.labels[face] != true:
        box, predicted, certain = _corners(faces.boxes[face]), faces.labels[face], bool(faces.certain[face])
        probability, height = float(faces.probabilities[face].max()), box[3] - box[1]
        yield Mistake("wrong_label", path, box, None, true, predicted, probability, source, height, certain)


def _corners(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (round(float(value), 1) for value in box)
    return x1, y1, x2, y2


def records(mistakes: Iterable[Mistake]) -> list[dict[str, Any]]:
    """Returns the mistakes as rows of plain values, ready for JSON."""
    return [
        {
            "kind": mistake.kind,
            "picture": mistake.picture,
            "box": mistake.box,
            "row": mistake.row,
            "true": mistake.true,
            "said": mistake.predicted,
            "weight": round(mistake.severity, 4) if np.isfinite(mistake.severity) else None,
            "source": mistake.source,
            "height": None if mistake.height is None else round(mistake.height, 1),
            "certain": mistake.certain,
        }
        for mistake in mistakes
    ]
