"""Finds labels that a classifier contradicts: where to look for errors in a data set.

A model that was trained on the very labels has adapted to some of their errors: one trained on other pictures
finds more.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.corrections import short_names
from maskwatch.data.sample import UNKNOWN, LabelledPicture, PortraitSample, Sample
from maskwatch.detectors.base import Detector
from maskwatch.errors import SourceError
from maskwatch.evaluation.label_figures import main_face
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS, Image

NO_FACE: Final = "ignore"
"""The state that a list of corrections gives to a box without a face."""


@runtime_checkable
class Assessor(Protocol):
    """A classifier that answers for every box, whether it shows a face or not."""

    def predict(self, image: Image, boxes: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Predicts the states of boxes.

        Args:
            image: (h, w, 3) uint8, BGR.
            boxes: (n, 4) float32: x1, y1, x2, y2 in pixels.

        Returns:
            (n, 3) float32: probabilities of the states; (n,) float32: probabilities of a face; any more
            arrays of the classifier.
        """
        ...


@dataclass(frozen=True, slots=True)
class SuspectLabel:
    """A label that the classifier contradicts.

    Attributes:
        path: The picture.
        row: The box, counted from 0 as the data set lists them; None for a picture of one person.
        box: x1, y1, x2, y2 in pixels: the true box, or the detected one where a picture has none.
        labelled: The state in the data set.
        suggested: The state that the classifier predicts, or `NO_FACE`.
        confidence: Probability of that.
        probabilities: Of the states, in the order of `LABELS`.
        face: Probability of a face.
    """

    path: Path
    row: int | None
    box: tuple[float, float, float, float]
    labelled: str
    suggested: str
    confidence: float
    probabilities: tuple[float, ...]
    face: float


@dataclass(slots=True)
class Audit:
    """The result of an audit.

    Attributes:
        suspects: Suspect labels, the most confident first.
        faces: Number of labels that were checked.
        without_face: Number of pictures of one person in which no face was found.
        names: Path of a picture -> its name in the list of corrections.
        problems: Pictures that cannot be read, one line each.
    """

    suspects: list[SuspectLabel] = field(default_factory=list)
    faces: int = 0
    without_face: int = 0
    names: dict[Path, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def audit(
    pictures: Sequence[LabelledPicture],
    classifier: Assessor,
    detector: Detector,
    min_confidence: float = 0.5,
    progress: Callable[[Sequence[LabelledPicture]], Iterable[LabelledPicture]] = list,
) -> Audit:
    """Classifies every labelled face, cut out at its true box, and lists the labels that are contradicted.

    Args:
        pictures: Labelled pictures.
        classifier: The classifier.
        detector: Finds the face in pictures of one person, which have no box.
        min_confidence: Contradictions of a lower probability are left out, from 0 to 1.
        progress: Passes the pictures on and may show the progress.
    """
    result = Audit(names=short_names(picture.path for picture in pictures))
    for picture in progress(pictures):
        try:
            image = read_image(picture.path)
        except SourceError as error:
            result.problems.append(str(error))
            continue
        rows, boxes, states = _labelled_faces(picture, image, detector)
        result.without_face += isinstance(picture, PortraitSample) and not rows
        result.faces += len(rows)
        probabilities, faces, *_ = classifier.predict(image, boxes)
        for place, row in enumerate(rows):
            suspect = _suspect(
                picture.path,
                row,
                boxes[place],
                int(states[place]),
                probabilities[place],
                float(faces[place]),
            )
            if suspect is not None and suspect.confidence >= min_confidence:
                result.suspects.append(suspect)
    result.suspects.sort(key=lambda suspect: -suspect.confidence)
    return result


def _labelled_faces(
    picture: LabelledPicture, image: Image, detector: Detector
) -> tuple[list[int | None], NDArray[np.float32], NDArray[np.int64]]:
    """Returns rows, boxes and states of the faces whose state is known."""
    if isinstance(picture, Sample):
        rows = np.flatnonzero(~picture.ignore & (picture.states != UNKNOWN))
        return list(rows.tolist()), picture.boxes[rows], picture.states[rows]
    faces = detector.detect(image)
    best = main_face(faces)
    if best < 0:
        return [], faces.boxes[:0], np.zeros(0, np.int64)
    return [None], faces.boxes[best : best + 1], np.array([picture.state])


def _suspect(
    path: Path,
    row: int | None,
    box: NDArray[np.float32],
    labelled: int,
    probabilities: NDArray[np.float32],
    face: float,
) -> SuspectLabel | None:
    """Returns the suspect label, None where the classifier agrees."""
    best = int(probabilities.argmax())
    if face < 0.5:
        suggested, confidence = NO_FACE, 1 - face
    elif best != labelled:
        suggested, confidence = LABELS[best], float(probabilities[best])
    else:
        return None
    x1, y1, x2, y2 = (float(value) for value in box)
    return SuspectLabel(
        path=path,
        row=row,
        box=(x1, y1, x2, y2),
        labelled=LABELS[labelled],
        suggested=suggested,
        confidence=confidence,
        probabilities=tuple(float(value) for value in probabilities),
        face=face,
    )


def to_csv(result: Audit) -> str:
    """Returns the suspect labels as a list of corrections (CSV text), with the probabilities beside them.

    See `maskwatch.data.corrections` for the form of the list.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["picture", "box", "state", "note", "confidence", *LABELS, "face"])
    for suspect in result.suspects:
        numbers = (suspect.confidence, *suspect.probabilities, suspect.face)
        rows.writerow(
            [
                result.names[suspect.path],
                "" if suspect.row is None else suspect.row,
                suspect.suggested,
                f"labelled {suspect.labelled}",
                *(f"{number:.3f}" for number in numbers),
            ]
        )
    return out.getvalue()
