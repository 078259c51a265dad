"""Who follows: maskwatch's session, and each frame for itself. All give what a user would see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.pipeline import Engine, Session
from maskwatch.types import LABELS, Faces, Frame, Image

UNDECIDED = -1
"""In place of a state that is not told."""

DIMMED: Final = 0.3
"""Seconds without being found from which somebody is shown dimmed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one frame: n people.

    Attributes:
        t: Seconds since the stream began.
        ids: (n,) int64: number of the person.
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels.
        present: (n,) bool: shown as present, not dimmed: found in this frame or a moment ago (`DIMMED`).
        states: (n,) int64: index into `LABELS` where the state is told as certain, else `UNDECIDED`.
        so_far: Different people since the start.
        looks: Faces that were classified in this frame.
    """

    t: float
    ids: NDArray[np.int64]
    boxes: NDArray[np.float32]
    present: NDArray[np.bool_]
    states: NDArray[np.int64]
    so_far: int
    looks: int = 0

    @property
    def count(self) -> int:
        """People in view."""
        return len(self.ids)


def show(session: Session, index: int, image: Image, t: float) -> Shown:
    """Returns what maskwatch shows of the next frame.

    Args:
        session: Of the stream.
        index: Number of the frame.
        image: (h, w, 3) uint8, BGR.
        t: Seconds since the stream began.
    """
    result = session(Frame(image, index, t, "scene"))
    people = result.people
    assert people is not None
    persons = people.persons
    looked = result.faces.looked
    states = [LABELS.index(p.state) if p.certain and p.state else UNDECIDED for p in persons]
    return Shown(
        t,
        np.array([p.track_id for p in persons], np.int64),
        np.array([p.box for p in persons], np.float32).reshape(-1, 4),
        np.array([t - p.last_seen <= DIMMED for p in persons], np.bool_),
        np.array(states, np.int64),
        people.counts.so_far.total,
        len(result.faces) if looked is None else int(looked.sum()),
    )


def detect(engine: Engine, image: Image) -> Faces:
    """Returns all that may be a face in one frame, classified.

    Args:
        engine: Of live video.
        image: (h, w, 3) uint8, BGR.
    """
    return engine.look(image, engine.candidates(image))


def told(faces: Faces) -> NDArray[np.int64]:
    """Returns the state of each face that its frame alone is certain of, else `UNDECIDED`: (n,) int64."""
    if faces.probabilities is None:
        return np.full(len(faces), UNDECIDED, np.int64)
    return np.where(faces.certain, faces.probabilities.argmax(axis=1), UNDECIDED).astype(np.int64)


def each_frame_alone(found: Sequence[tuple[float, Faces]], threshold: float) -> Iterator[Shown]:
    """Yields what is shown without tracking: every face of every frame is somebody new.

    Args:
        found: Time and faces of each frame, as `detect` returns them.
        threshold: Score from which a face is shown.
    """
    so_far = 0
    for t, faces in found:
        shown = faces[faces.scores >= threshold]
        n = len(shown)
        yield Shown(
            t,
            np.arange(so_far, so_far + n, dtype=np.int64),
            shown.boxes,
            np.ones(n, np.bool_),
            told(shown),
            so_far + n,
            len(faces),
        )
        so_far += n
