"""Checks a data set: what is in it, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.duplicates import connected_components, near_copies, thumbnail
from maskwatch.data.sample import UNKNOWN, Dataset, LabelledPicture, PortraitSample, Sample
from maskwatch.errors import SourceError
from maskwatch.geometry import iou
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS

HEIGHT_BINS: Final = (8, 16, 32, 64, 128, 256)
"""Edges of the histogram of face heights, pixels."""

MIN_FACES_PER_CLASS: Final = 100
"""Faces of a class below which training hardly learns it."""

_MAX_IMBALANCE: Final = 10  # largest class over smallest, from which a warning is given

_ROUNDING: Final = 1.0  # pixels by which rounding may move a box over the edge
_DUPLICATE_IOU: Final = 0.85  # IoU from which two boxes of a picture mean the same face


@dataclass(slots=True)
class DatasetCheck:
    """The findings. A picture is given by its path, a box by its picture and its row, from 0.

    Attributes:
        form: Name of the data set's format.
        pictures: Number of pictures that can be read.
        problems: One line for each entry of the labels that cannot be used.
        notes: One line for each thing in the labels that was read in an unusual way, with the number of
            files.
        unreadable: One line for each picture that cannot be read.
        classes: Split ("" for none) -> class -> number of faces; "ignored" counts ignored boxes.
        empty: Number of pictures without any box.
        heights: Histogram of face heights: lower edge of the bin in pixels -> number of faces.
        outside: Boxes that reach out of their picture.
        duplicate_boxes: Boxes that are almost the same as another box of the picture.
        near_copy_groups: Groups of near-copies within one split.
        leaks: Groups of near-copies in more than one split.
        disagreeing: Groups of near-copies that are portraits with different states.
        warnings: One line for each thing that will harm a training.
    """

    form: str
    pictures: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    classes: dict[str, Counter[str]] = field(default_factory=dict)
    empty: int = 0
    heights: Counter[int] = field(default_factory=Counter)
    outside: list[tuple[Path, int]] = field(default_factory=list)
    duplicate_boxes: list[tuple[Path, int]] = field(default_factory=list)
    near_copy_groups: list[list[Path]] = field(default_factory=list)
    leaks: list[list[Path]] = field(default_factory=list)
    disagreeing: list[list[Path]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def faces(self) -> Counter[str]:
        """Faces of each class over all splits, without ignored ones."""
        total: Counter[str] = sum(self.classes.values(), Counter())
        total.pop("ignored", None)
        return total


def check_dataset(
    dataset: Dataset, progress: Callable[[list[LabelledPicture]], Iterable[LabelledPicture]] = list
) -> DatasetCheck:
    """Reads every picture of a data set and looks for what is wrong.

    Args:
        dataset: The data set.
        progress: Iterates over the pictures, and may show the progress.
    """
    report = DatasetCheck(dataset.form, problems=list(dataset.problems), notes=list(dataset.notes))
    readable: list[LabelledPicture] = []
    thumbnails: list[NDArray[np.float32]] = []
    for item in progress([*dataset.samples, *dataset.portraits]):
        try:
            image = read_image(item.path)
        except SourceError as error:
            report.unreadable.append(str(error))
        else:
            readable.append(item)
            thumbnails.append(thumbnail(image))
            counts = report.classes.setdefault(item.split, Counter())
            height, width = image.shape[:2]
            if isinstance(item, PortraitSample):
                counts[LABELS[item.state]] += 1
                report.heights[_height_bin(height)] += 1
            else:
                _check_boxes(report, counts, item, width, height)
    report.pictures = len(readable)
    if thumbnails:
        _check_near_copies(report, readable, np.stack(thumbnails))
    report.warnings = _warnings(report, bool(dataset.portraits))
    return report


def _check_boxes(report: DatasetCheck, counts: Counter[str], sample: Sample, width: int, height: int) -> None:
    boxes = sample.boxes
    report.empty += len(boxes) == 0
    for state, ignored in zip(sample.states, sample.ignore, strict=True):
        counts["ignored" if ignored else "face" if state == UNKNOWN else LABELS[state]] += 1
    for box in boxes[~sample.ignore]:
        report.heights[_height_bin(float(box[3] - box[1]))] += 1
    limits = np.array([-_ROUNDING, -_ROUNDING, width + _ROUNDING, height + _ROUNDING])
    out = (boxes[:, :2] < limits[:2]).any(axis=1) | (boxes[:, 2:] > limits[2:]).any(axis=1)
    report.outside += [(sample.path, int(row)) for row in np.flatnonzero(out)]
    overlap = np.triu(iou(boxes, boxes), 1)
    report.duplicate_boxes += [
        (sample.path, int(row)) for row in np.flatnonzero((overlap >= _DUPLICATE_IOU).any(axis=0))
    ]


def _check_near_copies(
    report: DatasetCheck, items: list[LabelledPicture], thumbnails: NDArray[np.float32]
) -> None:
    groups: dict[int, list[LabelledPicture]] = {}
    for item, group in zip(items, connected_components(len(items), near_copies(thumbnails)), strict=True):
        groups.setdefault(int(group), []).append(item)
    for members in groups.values():
        if len(members) > 1:
            paths = [member.path for member in members]
            shared = len({member.split for member in members}) > 1
            (report.leaks if shared else report.near_copy_groups).append(paths)
            if len({m.state for m in members if isinstance(m, PortraitSample)}) > 1:
                report.disagreeing.append(paths)


def _warnings(report: DatasetCheck, portraits: bool) -> list[str]:
    faces = report.faces
    states = {label: faces[label] for label in LABELS}
    warnings = []
    if report.pictures == 0:
        return ["not one picture can be read"]
    if not sum(faces.values()):
        warnings.append("no faces at all: nothing to learn")
    elif sum(count > 0 for count in states.values()) == 1 and not faces["face"]:
        warnings.append("one class only: a classifier cannot be trained on it")
    for label, count in states.items():
        if 0 < count < MIN_FACES_PER_CLASS:
            warnings.append(
                f"only {count} faces {label}: expect it to be recognised badly; {MIN_FACES_PER_CLASS} and"
                " more are needed, a few hundred are good"
            )
    known = [count for count in states.values() if count]
    if len(known) > 1 and max(known) > _MAX_IMBALANCE * min(known):
        warnings.append(
            f"the largest class has {max(known) / min(known):.0f} times as many faces as the smallest"
        )
    if report.leaks:
        warnings.append(
            f"{len(report.leaks)} groups of near-copies lie in more than one split: figures measured on it"
            " will be too good"
        )
    if not portraits and report.empty == 0 and faces:
        warnings.append("every picture shows a face: add some without, or the detector sees faces anywhere")
    return warnings


def _height_bin(height: float) -> int:
    """Returns the lower edge of a height's bin."""
    return max((edge for edge in (0, *HEIGHT_BINS) if edge <= height), default=0)
