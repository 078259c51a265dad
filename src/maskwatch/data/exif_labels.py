"""Labels and the EXIF orientation: boxes drawn before the turn, and sizes that contradict the picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.picture_files import PictureHeader, read_header
from maskwatch.data.sample import Sample
from maskwatch.errors import DataError

OPTION = "--labels-before-exif"
"""The option of the command line that turns boxes."""


def turn_boxes(boxes: NDArray[np.float32], header: PictureHeader) -> NDArray[np.float32]:
    """Turns boxes as the EXIF orientation turns their picture.

    Args:
        boxes: (n, 4) float32: x1, y1, x2, y2 in pixels of the stored picture.
        header: Stored size and orientation.

    Returns:
        (n, 4) float32: x1, y1, x2, y2 in pixels of the upright picture.
    """
    x1, y1, x2, y2 = boxes.T
    width, height = header.stored
    left, right = width - x2, width - x1  # mirrored
    top, bottom = height - y2, height - y1
    turned = {
        2: (left, y1, right, y2),
        3: (left, top, right, bottom),
        4: (x1, top, x2, bottom),
        5: (y1, x1, y2, x2),
        6: (top, x1, bottom, x2),
        7: (top, left, bottom, right),
        8: (y1, left, y2, right),
    }.get(header.orientation, (x1, y1, x2, y2))
    return np.stack(turned, axis=1).astype(np.float32)


def turn_sample(sample: Sample) -> Sample:
    """Turns the boxes of a picture that were drawn before the EXIF turn.

    A picture that cannot be read stays as it is.
    """
    try:
        header = read_header(sample.path)
    except DataError:
        return sample
    return replace(sample, boxes=turn_boxes(sample.boxes, header))


@dataclass(slots=True)
class SizeCheck:
    """Compares the sizes that label files give with those of the pictures.

    Attributes:
        before_exif: Whether the labels are meant to be drawn before the EXIF turn.
        turned: Pictures whose given size is that of the other side of the turn.
        other: Pictures of another size than given, with a line each.
    """

    before_exif: bool
    turned: list[Path] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def add(self, picture: Path, given: tuple[float, float] | None) -> None:
        """Compares one picture. `given` is width and height; None or zeros mean that the file gives none."""
        if given is None or not all(0 < value < float("inf") for value in given):
            return
        try:
            header = read_header(picture)
        except DataError:
            return  # reported when the picture is read
        right, wrong = header.upright, header.stored
        if self.before_exif:
            right, wrong = wrong, right
        if given == right:
            return
        if given == wrong:
            self.turned.append(picture)
        else:
            width, height = right
            self.other.append(f"{picture}: {width} x {height} pixels, not {given[0]:g} x {given[1]:g}")

    def problems(self, where: Path) -> list[str]:
        """Returns one line for each kind of contradiction, with the number of files."""
        lines = []
        if self.turned:
            advice = f"leave {OPTION} out" if self.before_exif else f"if so, give {OPTION}"
            when = "after" if self.before_exif else "before"
            lines.append(
                f"{where}: {len(self.turned)} pictures are turned by EXIF and labelled with the size {when}"
                " the turn,"
                f" {self.turned[0].name} first: their boxes were probably drawn {when} it; {advice}"
            )
        if self.other:
            lines.append(
                f"{where}: {len(self.other)} pictures have another size than their labels say, so their"
                " boxes may be"
                f" wrong; the first: {self.other[0]}"
            )
        return lines
