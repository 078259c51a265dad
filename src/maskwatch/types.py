"""The data that flows through maskwatch: frames in, faces and results out. Frozen, numpy inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""A picture: (height, width, 3) uint8, colours in the order blue, green, red."""

Label = Literal["with_mask", "without_mask", "mask_worn_incorrectly"]
LABELS: Final[tuple[Label, ...]] = ("with_mask", "without_mask", "mask_worn_incorrectly")
"""The three states, in the order of the columns of `Faces.probabilities`."""

ModelKind = Literal["detector", "classifier"]
"""What a model does."""

Reason = Literal["too_small", "blurred", "dark", "turned_away", "undecided"]
"""Why an answer is not certain."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on its way through the pipeline.

    Attributes:
        image: (h, w, 3) uint8, BGR, upright (EXIF orientation applied).
        index: Number of the frame in its source, from 0; dropped frames keep their number.
        t: Seconds since the source began (presentation time for files, wall clock for cameras).
        source: Where it comes from, as the user wrote it.
    """

    image: Image
    index: int = 0
    t: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Faces:
    """n faces of one picture as a struct of arrays: row i of every field is face i.

    Attributes:
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels of the picture, x to the right, y down.
        scores: (n,) float32 in [0, 1]: how sure the detector is that this is a face.
        probabilities: (n, 3) float32, columns as in `LABELS`, rows sum to 1; None before classifying.
        reasons: (n,) object: a `Reason` for an uncertain face, None for a certain one; None before
            classifying.
        track_ids: (n,) int64, stable over the frames of one source; None without a tracker.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None = None
    reasons: NDArray[np.object_] | None = None
    track_ids: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        n = len(self.boxes)
        expected = {
            "boxes": (n, 4),
            "scores": (n,),
            "probabilities": (n, len(LABELS)),
            "reasons": (n,),
            "track_ids": (n,),
        }
        for name, shape in expected.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"Faces.{name} has shape {value.shape}, expected {shape}")

    @classmethod
    def empty(cls) -> Faces:
        """No faces."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: Any) -> Faces:
        """The chosen faces; `index` is a boolean mask, an array of row numbers or a slice."""
        chosen: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            chosen[f.name] = None if value is None else value[index]
        return Faces(**chosen)

    def with_(self, **changes: Any) -> Faces:
        """A copy with some fields replaced."""
        return replace(self, **changes)

    @property
    def labels(self) -> list[Label | None]:
        """The most probable state of each face, None where nothing classified it."""
        if self.probabilities is None:
            return [None] * len(self)
        return [LABELS[i] for i in self.probabilities.argmax(axis=1)]

    @property
    def certain(self) -> NDArray[np.bool_]:
        """(n,) bool: classified, and nothing speaks against the answer."""
        if self.probabilities is None:
            return np.zeros(len(self), np.bool_)
        if self.reasons is None:
            return np.ones(len(self), np.bool_)
        return np.array([reason is None for reason in self.reasons], np.bool_)

    def records(self) -> Iterator[dict[str, Any]]:
        """One plain dictionary a face, as in the JSON output."""
        certain = self.certain
        for i, label in enumerate(self.labels):
            yield {
                "box": [round(float(v), 1) for v in self.boxes[i]],
                "score": round(float(self.scores[i]), 4),
                "label": label,
                "certain": bool(certain[i]),
                "reason": None if self.reasons is None else self.reasons[i],
                "track_id": None if self.track_ids is None else int(self.track_ids[i]),
                "probabilities": None
                if self.probabilities is None
                else {k: round(float(p), 4) for k, p in zip(LABELS, self.probabilities[i], strict=True)},
            }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a stream and that somebody may want to hear of.

    Attributes:
        kind: What happened, for example "no_mask".
        t: Seconds since the source began.
        message: One line for people.
    """

    kind: str
    t: float
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one frame.

    Attributes:
        frame: The frame it was found in.
        faces: The faces.
        events: What the rules made of it; empty for single pictures.
        seconds: Time the models took.
    """

    frame: Frame
    faces: Faces
    events: tuple[Event, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    def record(self) -> dict[str, Any]:
        """The line of the JSON output: see docs/concepts/output.md."""
        height, width = self.frame.image.shape[:2]
        return {
            "source": self.frame.source,
            "index": self.frame.index,
            "t": round(self.frame.t, 3),
            "width": width,
            "height": height,
            "faces": list(self.faces.records()),
        }
