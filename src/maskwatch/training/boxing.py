"""Boxes for pictures of one person: where the shipped detector sees the face, as it will in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import CropSample, Sample, make_sample
from maskwatch.detectors.base import Detector
from maskwatch.detectors.ssd import SSD
from maskwatch.models.registry import locate
from maskwatch.progress import progress
from maskwatch.training.pictures import Pictures

_SIZE: Final = 416
"""Long side, pixels, at which the pictures are searched: enough for a face that was meant to be seen."""

_SURE: Final = 0.5
_INSET: Final = 0.12
"""What lies around a face in a picture that it fills, as a share of the side: the usual margin."""


def shipped_detector() -> Detector:
    """The detector whose boxes are taken."""
    return SSD(locate("face_ssd.onnx"), _SIZE, _SURE, enlarge=4.0)


def box_people(crops: Sequence[CropSample], pictures: Pictures, detector: Detector) -> list[Sample]:
    """Gives every picture of one person the box of its most certain face.

    A picture in which no face is seen is taken for one that is filled by its face.

    Args:
        crops: The pictures; those that could not be read are passed over.
        pictures: Decoded pixels.
        detector: Finds the faces.
    """
    found = []
    for crop in progress([c for c in crops if c.path in pictures], "looking for faces"):
        image, shrunk = pictures[crop.path]
        faces = detector.detect(image)
        box = faces.boxes[0] if len(faces) else _filling(image.shape[1], image.shape[0])
        x1, y1, x2, y2 = (box / shrunk).tolist()
        rows = [((x1, y1, x2, y2), crop.state, False)]
        found.append(make_sample(crop.path, rows, crop.source, crop.group, crop.split))
    return found


def _filling(width: int, height: int) -> NDArray[np.float32]:
    return np.array(
        [_INSET * width, _INSET * height, (1 - _INSET) * width, (1 - _INSET) * height], np.float32
    )
