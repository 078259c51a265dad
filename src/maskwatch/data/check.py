"""What is wrong with a data set, and what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.duplicates import groups_of, near_copies, thumbnail
from maskwatch.data.sample import UNKNOWN, Dataset, PortraitSample, Sample
from maskwatch.errors import SourceError
from maskwatch.geometry import iou
from maskwatch.sources.images import read_image
from maskwatch.types import LABELS

HEIGHTS: Final = (8, 16, 32, 64, 128, 256)
"""Borders between the classes of face height, in pixels."""

MIN_FACES_PER_CLASS: Final = 100
"""Faces of a class below which training on it is not promising."""

_SLACK: Final = 1.0  # pixels by which rounding may push a box over the edge
_TWICE: Final = 0.85  # IoU from which two boxes of a picture mean the same face


@dataclass(slots=True)
class Check:
    """The findings. Pictures are named by their paths, boxes by their row, from 0.

    Attributes:
        form: The form of the data set.
        pictures: Pictures that can be read.
        problems: One line for each entry of the labels that cannot be used.
        broken: One line for each picture that cannot be read.
        classes: Split ("" where there is none) -> class -> faces; "ignored" counts ignored boxes.
        empty: Pictures without any box.
        heights: Lower border of the class of face height -> faces.
        outside: Boxes that reach out of their picture.
        doubled: Boxes that another one of the picture covers almost wholly.
        copies: Groups of near-copies within one split.
        leaks: Groups of near-copies that more than one split shares.
        disagreeing: Groups of near-copies of one person with different states.
        warnings: What will hurt when training on it, one line each.
    """

    form: str
    pictures: int = 0
    problems: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    classes: dict[str, Counter[str]] = field(default_factory=dict)
    empty: int = 0
    heights: Counter[int] = field(default_factory=Counter)
    outside: list[tuple[Path, int]] = field(default_factory=list)
    doubled: list[tuple[Path, int]] = field(default_factory=list)
    copies: list[list[Path]] = field(default_factory=list)
    leaks: list[list[Path]] = field(default_factory=list)
    disagreeing: list[list[Path]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def faces(self) -> Counter[str]:
        """Faces of each class over all splits, the ignored ones left out."""
        total: Counter[str] = sum(self.classes.values(), Counter())
        total.pop("ignored", None)
        return total


Item = Sample | PortraitSample


def check(dataset: Dataset, watch: Callable[[list[Item]], Iterable[Item]] = list) -> Check:
    """Reads every picture of a data set and looks for what is wrong.

    Args:
        dataset: The data set.
        watch: Passes the pictures on, and may show how far it is.
    """
    report = Check(dataset.form, problems=list(dataset.problems))
    readable: list[Item] = []
    thumbnails: list[NDArray[np.float32]] = []
    for item in watch([*dataset.samples, *dataset.portraits]):
        try:
            image = read_image(item.path)
        except SourceError as error:
            report.broken.append(str(error))
        else:
            readable.append(item)
            thumbnails.append(thumbnail(image))
            counts = report.classes.setdefault(item.split, Counter())
            height, width = image.shape[:2]
            if isinstance(item, PortraitSample):
                counts[LABELS[item.state]] += 1
                report.heights[_border(height)] += 1
            else:
                _look_at_boxes(report, counts, item, width, height)
    report.pictures = len(readable)
    if thumbnails:
        _look_for_copies(report, readable, np.stack(thumbnails))
    report.warnings = _warnings(report, bool(dataset.portraits))
    return report


def _look_at_boxes(report: Check, counts: Counter[str], sample: Sample, width: int, height: int) -> None:
    boxes = sample.boxes
    report.empty += len(boxes) == 0
    for state, ignored in zip(sample.states, sample.ignore, strict=True):
        counts["ignored" if ignored else "face" if state == UNKNOWN else LABELS[state]] += 1
    for box in boxes[~sample.ignore]:
        report.heights[_border(float(box[3] - box[1]))] += 1
    limits = np.array([-_SLACK, -_SLACK, width + _SLACK, height + _SLACK])
    out = (boxes[:, :2] < limits[:2]).any(axis=1) | (boxes[:, 2:] > limits[2:]).any(axis=1)
    report.outside += [(sample.path, int(row)) for row in np.flatnonzero(out)]
    overlap = np.triu(iou(boxes, boxes), 1)
    report.doubled += [(sample.path, int(row)) for row in np.flatnonzero((overlap >= _TWICE).any(axis=0))]


def _look_for_copies(report: Check, items: list[Item], thumbnails: NDArray[np.float32]) -> None:
    groups: dict[int, list[Item]] = {}
    for item, group in zip(items, groups_of(len(items), near_copies(thumbnails)), strict=True):
        groups.setdefault(int(group), []).append(item)
    for members in groups.values():
        if len(members) > 1:
            paths = [member.path for member in members]
            shared = len({member.split for member in members}) > 1
            (report.leaks if shared else report.copies).append(paths)
            if len({m.state for m in members if isinstance(m, PortraitSample)}) > 1:
                report.disagreeing.append(paths)


def _warnings(report: Check, portraits: bool) -> list[str]:
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
    if len(known) > 1 and max(known) > 10 * min(known):
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


def _border(height: float) -> int:
    return max((border for border in (0, *HEIGHTS) if border <= height), default=0)
