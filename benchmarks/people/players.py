"""Who follows: maskwatch's session, and each frame for itself. All give what a user would see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskwatch.pipeline import Engine, Session
from maskwatch.types import LABELS, Faces, Frame, Image

UNDECIDED = -1
"""In place of a state that is not told."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one frame: n people.

    Attributes:
        t: Seconds since the stream began.
        ids: (n,) int64: number of the person.
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels.
        seen: (n,) bool: found in this very frame.
        states: (n,) int64: index into `LABELS` where the state is told as certain, else `UNDECIDED`.
        so_far: Different people since the start.
        looks: Faces that were classified in this frame.
    """

    t: float
    ids: NDArray[np.int64]
    boxes: NDArray[np.float32]
    seen: NDArray[np.bool_]
    states: NDArray[np.int64]
    so_far: int
    looks: int = 0

    @property
    def count(self) -> int:
        """People in view."""
        return len(self.ids)


FrameOf = Callable[[int], Image]
"""Gives a frame by its number."""


def follow(session: Session, indices: Sequence[int], frame: FrameOf, fps: float) -> Iterator[Shown]:
    """Yields what maskwatch shows of each frame.

    Args:
        session: A fresh one.
        indices: Numbers of the frames that arrive.
        frame: Gives them.
        fps: Frames a second of the scene.
    """
    for index in indices:
        t = index / fps
        result = session(Frame(frame(index), index, t, "scene"))
        people = result.people
        assert people is not None
        persons = people.persons
        looked = result.faces.looked
        yield Shown(
            t,
            np.array([p.track_id for p in persons], np.int64),
            np.array([p.box for p in persons], np.float32).reshape(-1, 4),
            np.array([p.seen for p in persons], np.bool_),
            np.array(
                [LABELS.index(p.state) if p.certain and p.state else UNDECIDED for p in persons], np.int64
            ),
            people.counts.so_far.total,
            len(result.faces) if looked is None else int(looked.sum()),
        )


def detect(engine: Engine, indices: Sequence[int], frame: FrameOf, fps: float) -> list[tuple[float, Faces]]:
    """Returns time and faces of each frame, everybody classified, with all that may be a face.

    Args:
        engine: Of live video.
        indices: Numbers of the frames that arrive.
        frame: Gives them.
        fps: Frames a second of the scene.
    """
    found = []
    for index in indices:
        image = frame(index)
        found.append((index / fps, engine.look(image, engine.candidates(image))))
    return found


def told(faces: Faces) -> NDArray[np.int64]:
    """Returns the state of each face that its frame alone is certain of, else `UNDECIDED`: (n,) int64."""
    if faces.probabilities is None:
        return np.full(len(faces), UNDECIDED, np.int64)
    return np.where(faces.certain, faces.probabilities.argmax(axis=1), UNDECIDED).astype(np.int64)


def each_frame_alone(found: Sequence[tuple[float, Faces]], threshold: float) -> Iterator[Shown]:
    """Yields what is shown without tracking: every face of every frame is somebody new.

    Args:
        found: As returned by `detect`.
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
