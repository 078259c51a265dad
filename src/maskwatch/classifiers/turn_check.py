"""Marks faces that are more likely an upright face after a turn: no answer on them is certain.

The classifier knows upright faces best. Of an upside-down face it sometimes takes the forehead for a mask,
and is sure of it. But the crop turned upright looks more like a face, and less like one that is turned away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from maskwatch.geometry import iou
from maskwatch.types import Faces, Image

TURNS: Final = (1, 2, 3)
"""Quarter turns in which faces are classified besides the upright crop."""

STILL_CHECKED: Final[tuple[str | None, ...]] = (None, "undecided", "turned_away", "maybe_no_face")
"""Reasons of the faces of still pictures that are checked: certain answers, and what a turn explains."""

LIVE_CHECKED: Final[tuple[str | None, ...]] = (None,)
"""The same for live video: only what would be certain."""

EVERY: Final = 10
"""Frames of live video after which a face is checked again: it costs two fifths of a crop a frame."""

_LEAD: Final = 0.5
"""Lead of the log-odds of an upright face, in another orientation, from which a face is marked. Live, of
the certain answers on 150 portraits and 100 scenes of val this marks 2 of 351 that are upright; of the turned
portraits 94 of 94 upside down and 123 of 124 aside; with `mobilenet-fast` 4 of 349, 42 of 43 and 59 of 61."""

_SAME_FACE: Final = 0.5  # IoU from which a box is the face of an earlier frame


@runtime_checkable
class TurningClassifier(Protocol):
    """A classifier that tells how much the turned crop of a box looks like an upright face."""

    def upright_log_odds(
        self, image: Image, boxes: NDArray[np.float32], quarters: Sequence[int]
    ) -> NDArray[np.float32]:
        """Returns the log-odds of a face, less those of one turned away, for each turn and box.

        Args:
            image: (h, w, 3) uint8, BGR.
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.
            quarters: Numbers of counterclockwise quarter turns, 0 for the crop as it is.

        Returns:
            (len(quarters), n) float32.
        """
        ...


@dataclass(slots=True)
class TurnMemory:
    """What is known of the faces of one stream, so that not every frame is checked."""

    _boxes: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    _over: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    _ages: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))

    def recall(self, boxes: NDArray[np.float32], every: int) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Returns what is known of boxes (n, 4): whether each is turned over, and the frames since its check.

        An unknown face, or one whose check is older, has `every` frames.
        """
        over, ages = np.zeros(len(boxes), np.bool_), np.full(len(boxes), every, np.intp)
        if len(boxes) and len(self._boxes):
            shares = iou(boxes, self._boxes)
            nearest = shares.argmax(axis=1)
            known = shares.max(axis=1) >= _SAME_FACE
            over[known] = self._over[nearest[known]]
            ages[known] = np.minimum(self._ages[nearest[known]] + 1, every)
        return over, ages

    def remember(self, boxes: NDArray[np.float32], over: NDArray[np.bool_], ages: NDArray[np.intp]) -> None:
        """Keeps the answers on the faces of the newest frame, and only these."""
        self._boxes, self._over, self._ages = boxes, over, ages


@dataclass(frozen=True, slots=True)
class TurnCheck:
    """Gives turned faces the reason "turned_over".

    Attributes:
        classifier: Tells how much a crop looks like an upright face.
        turns: Quarter turns that are compared with the crop as it is.
        checked: Reasons of the faces that are checked; None stands for certain answers.
        every: Number of frames after which a face of a stream is checked again.
    """

    classifier: TurningClassifier
    turns: tuple[int, ...] = TURNS
    checked: tuple[str | None, ...] = STILL_CHECKED
    every: int = 1

    def __call__(self, image: Image, faces: Faces, memory: TurnMemory | None = None) -> Faces:
        """Returns the faces with the reason "turned_over" where it applies.

        Args:
            image: (h, w, 3) uint8, BGR: the picture that the faces were found in.
            faces: Classified faces.
            memory: Of the stream that the picture is a frame of; None for a picture of its own.
        """
        if faces.reasons is None:
            return faces
        rows = np.array([i for i, reason in enumerate(faces.reasons) if reason in self.checked], np.intp)
        boxes = faces.boxes[rows]
        over, ages = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.intp)
        new = np.ones(len(rows), np.bool_)
        if memory is not None:
            over, ages = memory.recall(boxes, self.every)
            new = ages >= self.every
        if new.any():
            over[new], ages[new] = self.turned_over(image, boxes[new]), 0
        if memory is not None:
            memory.remember(boxes, over, ages)
        if not over.any():
            return faces
        reasons = faces.reasons.copy()
        reasons[rows[over]] = "turned_over"
        return faces.with_(reasons=reasons)

    def turned_over(self, image: Image, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Returns which faces are more likely an upright face after a turn.

        Args:
            image: (h, w, 3) uint8, BGR.
            boxes: (n, 4) float32, x1, y1, x2, y2 in pixels.

        Returns:
            (n,) bool.
        """
        as_it_is, *turned = self.classifier.upright_log_odds(image, boxes, (0, *self.turns))
        return np.asarray((np.array(turned) - as_it_is).max(axis=0) >= _LEAD, np.bool_)
