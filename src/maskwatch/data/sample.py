"""Labelled pictures: the currency between data formats, training and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNKNOWN: Final = -1
"""The state of a face of which nobody wrote down whether it wears a mask."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture on disk with its true faces. One without boxes shows no face: a negative.

    Attributes:
        path: The picture; not read before somebody needs it.
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels of the upright picture.
        states: (n,) int64: index into `maskwatch.types.LABELS`, or `UNKNOWN`.
        ignore: (n,) bool: neither face nor background (crowds, unreadably small faces).
        source: The collection it was taken from, "" if there is but one.
        group: Near-copies share one; no split may tear a group apart.
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
    """A picture on disk that shows one person, and whose state therefore needs no box.

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
    """What was read from one place. One of `samples` and `portraits` is empty.

    Attributes:
        form: The form it was in, for people: "COCO", "YOLO", "Pascal VOC", "class folders".
        samples: Pictures with boxes.
        portraits: Pictures of one person.
        problems: One line for each entry that could not be used and was left out.
    """

    form: str
    samples: tuple[Sample, ...] = ()
    portraits: tuple[PortraitSample, ...] = ()
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.samples) + len(self.portraits)

    @property
    def splits(self) -> list[str]:
        """The names of the splits that occur, sorted; empty where the data set has none."""
        return sorted(({s.split for s in self.samples} | {c.split for c in self.portraits}) - {""})

    def part(self, split: str) -> Dataset:
        """The pictures of one split."""
        return Dataset(
            self.form,
            tuple(s for s in self.samples if s.split == split),
            tuple(c for c in self.portraits if c.split == split),
            self.problems,
        )


def negative(path: Path, source: str = "", split: str = "") -> Sample:
    """A picture without any face."""
    return Sample(
        path, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.bool_), source, "", split
    )


def make_sample(
    path: Path,
    rows: Iterable[tuple[tuple[float, float, float, float], int | None, bool]],
    source: str = "",
    group: str = "",
    split: str = "",
) -> Sample:
    """A sample from plain rows.

    Args:
        path: The picture.
        rows: For each face its box (x1, y1, x2, y2 in pixels), its state (index into `LABELS`,
            `UNKNOWN`, or None for "ignore") and whether it is ignored for another reason.
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
