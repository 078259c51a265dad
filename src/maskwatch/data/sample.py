"""Labelled pictures: the types that data formats, training and evaluation exchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNKNOWN: Final = -1
"""State of a face whose label does not say whether it wears a mask."""

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the picture."""

FaceRow = tuple[Box, int | None, bool]
"""A face before it is put into arrays: box, state (None for "ignore"), and whether it is ignored anyway."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture on disk with its labelled faces. A picture without boxes is a negative: it shows no face.

    Attributes:
        path: The picture; it is read when it is needed.
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels of the upright picture.
        states: (n,) int64: index into `maskwatch.types.LABELS`, or `UNKNOWN`.
        ignore: (n,) bool: neither face nor background (crowds, faces too small to label).
        source: The data set that it was taken from; "" if there is only one.
        group: Name that near-copies share; a whole group belongs to one split.
        split: "train", "val", "test" or "" where the data set does not say.
    """

    path: Path
    boxes: NDArray[np.float32]
    states: NDArray[np.int64]
    ignore: NDArray[np.bool_]
    source: str = ""
    group: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class PortraitSample:
    """A picture on disk that shows one person: its state needs no box.

    Attributes:
        path: The picture.
        state: Index into `maskwatch.types.LABELS`.
        source: As in `Sample`.
        group: As in `Sample`.
        split: As in `Sample`.
    """

    path: Path
    state: int
    source: str = ""
    group: str = ""
    split: str = ""


LabelledPicture = Sample | PortraitSample
"""A labelled picture of either kind."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set as it was read. One of `samples` and `portraits` is empty.

    Attributes:
        form: Name of its format, for people: "COCO", "YOLO", "Pascal VOC", "class folders".
        samples: Pictures with boxes.
        portraits: Pictures of one person.
        problems: One line for each entry that could not be used and was left out, and for what is
            contradictory.
        notes: One line for each thing that was read in an unusual way, with the number of files.
    """

    form: str
    samples: tuple[Sample, ...] = ()
    portraits: tuple[PortraitSample, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.samples) + len(self.portraits)

    @property
    def splits(self) -> list[str]:
        """Names of the splits that occur, sorted; empty if the data set has none."""
        return sorted(({s.split for s in self.samples} | {c.split for c in self.portraits}) - {""})

    def part(self, split: str) -> Dataset:
        """Returns the pictures of one split."""
        return Dataset(
            self.form,
            tuple(s for s in self.samples if s.split == split),
            tuple(c for c in self.portraits if c.split == split),
            self.problems,
            self.notes,
        )


def negative(path: Path, source: str = "", split: str = "") -> Sample:
    """Makes the sample of a picture without any face."""
    return Sample(
        path, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.bool_), source, "", split
    )


def make_sample(
    path: Path,
    rows: Iterable[FaceRow],
    source: str = "",
    group: str = "",
    split: str = "",
) -> Sample:
    """Makes a sample of plain rows.

    Args:
        path: The picture.
        rows: For each face its box (x1, y1, x2, y2 in pixels), its state (index into `LABELS`, `UNKNOWN`, or
            None for "ignore") and whether it is ignored for another reason.
        source: See `Sample`.
        group: See `Sample`.
        split: See `Sample`.
    """
    rows = list(rows)
    return Sample(
        path=path,
        boxes=np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        states=np.array([UNKNOWN if state is None else state for _, state, _ in rows], np.int64),
        ignore=np.array([state is None or ignored for _, state, ignored in rows], np.bool_),
        source=source,
        group=group,
        split=split,
    )
