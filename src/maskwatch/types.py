"""The data types of the pipeline: frames go in, faces and results come out. All are frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from maskwatch.counting import count
from maskwatch.face_table import html_table
from maskwatch.labels import LABELS as LABELS
from maskwatch.labels import Label as Label
from maskwatch.labels import Reason as Reason

if TYPE_CHECKING:
    from os import PathLike

    import PIL.Image

Image = NDArray[np.uint8]
"""A picture: (height, width, 3) uint8, channels in the order blue, green, red (BGR)."""

ImageLike: TypeAlias = "Image | str | PathLike[str] | PIL.Image.Image"
"""What is accepted as a picture: a BGR array, the path of a file, or a PIL image."""

ModelKind = Literal["detector", "classifier"]
"""The two kinds of models."""

SearchMode = Literal["tracked", "every-frame"]
"""What of the frames of a stream is searched: places of known people, or each frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with its place in a source.

    Attributes:
        image: (h, w, 3) uint8, BGR, upright (EXIF orientation applied).
        index: Number of the frame in its source, from 0; dropped frames are counted.
        t: Seconds since the source began (presentation time for files, wall clock for cameras).
        source: Path, address or name of the source, without passwords.
    """

    image: Image
    index: int = 0
    t: float = 0.0
    source: str = ""

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame({width} x {height}, index={self.index}, t={self.t:g}, source={self.source!r})"


@dataclass(frozen=True, slots=True)
class Faces:
    """The n faces of one picture as arrays: row i of every array is face i.

    Attributes:
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels of the picture, x to the right, y down.
        scores: (n,) float32 in [0, 1]: how sure the models are that this is a face.
        probabilities: (n, 3) float32, columns as in `LABELS`, rows sum to 1; None if not classified.
        reasons: (n,) object: a `Reason` for an uncertain face, None for a certain one; None if not
            classified.
        track_ids: (n,) int64, the number of the person, from 1; -1 for a face that belongs to nobody yet;
            None where nobody is followed.
        looked: (n,) bool: classified in this very frame; a False row holds the answer of an earlier look at
            the same person, or NaN where there was none. None: all rows were.

    Raises:
        ValueError: An array has the wrong shape.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None = None
    reasons: NDArray[np.object_] | None = None
    track_ids: NDArray[np.int64] | None = None
    looked: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        n = len(self.boxes)
        expected = {
            "boxes": (n, 4),
            "scores": (n,),
            "probabilities": (n, len(LABELS)),
            "reasons": (n,),
            "track_ids": (n,),
            "looked": (n,),
        }
        for name, shape in expected.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"Faces.{name} has shape {value.shape}, expected {shape}")

    @classmethod
    def empty(cls) -> Faces:
        """Returns no faces, not classified."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    @classmethod
    def joined(cls, parts: Sequence[Faces]) -> Faces:
        """Returns the rows of all parts as one, at least one part; what one of them lacks is None."""
        rows: dict[str, Any] = {}
        for f in fields(cls):
            values = [getattr(part, f.name) for part in parts]
            rows[f.name] = None if any(value is None for value in values) else np.concatenate(values)
        return cls(**rows)

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: Any) -> Faces:
        """Returns some of the faces; `index` is a boolean mask, an array of row numbers or a slice."""
        rows: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            rows[f.name] = None if value is None else value[index]
        return Faces(**rows)

    def __repr__(self) -> str:
        """Returns the numbers of faces, for example "3 faces: 1 masked, 2 unmasked, ..."."""
        if self.probabilities is None and len(self):
            return f"{len(self)} face{'' if len(self) == 1 else 's'}, not classified"
        return str(count(self))

    def _repr_html_(self) -> str:
        """Returns the table that a notebook shows."""
        return html_table(list(self.records()), repr(self))

    def with_(self, **changes: Any) -> Faces:
        """Returns a copy with some arrays replaced."""
        return replace(self, **changes)

    @property
    def labels(self) -> list[Label | None]:
        """The most probable class of each face; None for a face that is not classified."""
        if self.probabilities is None:
            return [None] * len(self)
        best = self.probabilities.argmax(axis=1)
        return [LABELS[i] if known else None for i, known in zip(best, self._classified, strict=True)]

    @property
    def certain(self) -> NDArray[np.bool_]:
        """(n,) bool: the face is classified, and no reason makes the class uncertain."""
        if self.probabilities is None:
            return np.zeros(len(self), np.bool_)
        if self.reasons is None:
            return self._classified
        decided = np.array([reason is None for reason in self.reasons], np.bool_)
        return np.asarray(self._classified & decided, np.bool_)

    @property
    def _classified(self) -> NDArray[np.bool_]:
        """(n,) bool: rows of `probabilities` that are known."""
        if self.probabilities is None:
            return np.zeros(len(self), np.bool_)
        return np.asarray(~np.isnan(self.probabilities).any(axis=1), np.bool_)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yields one dictionary per face, with the fields of the JSON output (docs/concepts/output.md)."""
        certain = self.certain
        ids = (
            [None] * len(self)
            if self.track_ids is None
            else [int(i) if i > 0 else None for i in self.track_ids]
        )
        for i, label in enumerate(self.labels):
            yield {
                "box": [round(float(v), 1) for v in self.boxes[i]],
                "score": round(float(self.scores[i]), 4),
                "label": label,
                "certain": bool(certain[i]),
                "reason": None if self.reasons is None else self.reasons[i],
                "track_id": ids[i],
                "looked": label is not None and (self.looked is None or bool(self.looked[i])),
                "probabilities": None
                if self.probabilities is None or label is None
                else {k: round(float(p), 4) for k, p in zip(LABELS, self.probabilities[i], strict=True)},
            }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a rule reports about a stream.

    Attributes:
        kind: Name of the kind of event, for example "no_mask".
        t: Seconds since the source began.
        message: One line for people.
        track_id: The person that it is about; None for an event about the stream or a zone as a whole.
        zone: Name of the zone that the rule watches; "" for the whole picture.
        state: The person's state.
        since: Seconds since the source began, at which that began which the event reports.
        votes: Number of looks at the person that spoke for each state.
        reminder: 0 for the first event, then 1, 2 ... for each time that it is told again.
    """

    kind: str
    t: float
    message: str
    track_id: int | None = None
    zone: str = ""
    state: Label | None = None
    since: float | None = None
    votes: Mapping[Label, int] | None = None
    reminder: int = 0
