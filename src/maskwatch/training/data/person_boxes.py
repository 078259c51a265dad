"""Where the shipped detector sees the faces of training pictures, as it will in use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import PortraitSample, Sample, make_sample
from maskwatch.detectors.base import Detector
from maskwatch.detectors.ssd import SSD
from maskwatch.models.download import locate
from maskwatch.progress import progress
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Faces, Image

_SIZE: Final = 416
"""Long side, pixels, at which the pictures are searched: enough for a face that was meant to be seen."""

_SURE: Final = 0.5
_INSET: Final = 0.12
"""What lies around a face in a picture that it fills, as a share of the side: the usual margin."""


def shipped_detector() -> Detector:
    """The detector whose boxes are taken."""
    return SSD(locate("face_ssd.onnx"), _SIZE, _SURE, enlarge=4.0)


def live_detector() -> Detector:
    """The detector as it searches a camera's pictures; small ones are enlarged."""
    return SSD(locate("face_ssd.onnx"), "accurate", enlarge=2.0)


def box_people(
    portraits: Sequence[PortraitSample], pictures: PictureCache, detector: Detector
) -> list[Sample]:
    """Gives every picture of one person the box of its most certain face.

    A picture in which no face is seen is taken for one that is filled by its face.

    Args:
        portraits: The pictures; those that could not be read are passed over.
        pictures: Decoded pixels.
        detector: Finds the faces.
    """
    seen = find_faces([portrait.path for portrait in portraits], pictures, detector)
    found = []
    for portrait in portraits:
        if portrait.path not in seen:
            continue
        faces = seen[portrait.path]
        box = faces.boxes[0] if len(faces) else _filling(*pictures[portrait.path])
        x1, y1, x2, y2 = box.tolist()
        rows = [((x1, y1, x2, y2), portrait.state, False)]
        found.append(make_sample(portrait.path, rows, portrait.source, portrait.group, portrait.split))
    return found


def find_faces(paths: Iterable[Path], pictures: PictureCache, detector: Detector) -> dict[Path, Faces]:
    """Searches pictures; those that could not be read are passed over.

    Args:
        paths: The pictures.
        pictures: Decoded pixels.
        detector: Finds the faces.

    Returns:
        Picture -> its faces, boxes in pixels of the picture.
    """
    found = {}
    for path in progress([p for p in paths if p in pictures], "looking for faces"):
        image, shrunk = pictures[path]
        faces = detector.detect(image)
        found[path] = faces.with_(boxes=faces.boxes / np.float32(shrunk))
    return found


def _filling(image: Image, shrunk: float) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    return np.array(
        [_INSET * width, _INSET * height, (1 - _INSET) * width, (1 - _INSET) * height], np.float32
    ) / np.float32(shrunk)
