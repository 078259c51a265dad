"""Runs the shipped detector on training pictures: its boxes are those that the classifier gets in use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import PortraitSample, Sample, make_sample
from maskwatch.detectors.base import Detector
from maskwatch.detectors.ssd import SSD
from maskwatch.factory import load
from maskwatch.models.catalog import SHIPPED
from maskwatch.models.download import locate
from maskwatch.training.data.in_threads import in_threads
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Faces, Image

_SIZE: Final = 416
"""Longer side, pixels, at which portraits are searched: their faces are large."""

_THRESHOLD: Final = 0.5
_ENLARGE_PORTRAIT: Final = 4.0  # largest factor for small portraits
_ENLARGE_LIVE: Final = 2.0
_LOWEST_SCORE: Final = 0.1  # also what is probably no face, so that the classifier learns to say so

_INSET: Final = 0.12
"""Margin around a face that fills its picture, as a share of the side."""


def shipped_detector() -> Detector:
    """Returns the detector that gives portraits their boxes."""
    return SSD(locate("face_ssd.onnx"), _SIZE, _THRESHOLD, enlarge=_ENLARGE_PORTRAIT)


def live_detector() -> Detector:
    """Returns the detector as used for live video, but small pictures are enlarged, and low scores count."""
    return SSD(locate("face_ssd.onnx"), "accurate", _LOWEST_SCORE, enlarge=_ENLARGE_LIVE)


def still_detector() -> Detector:
    """Returns the detector as used for still pictures, but low scores count."""
    return load(SHIPPED["detector"], "none", threshold=_LOWEST_SCORE).detector


def detect_portraits(
    portraits: Sequence[PortraitSample], pictures: PictureCache, detector: Detector
) -> list[Sample]:
    """Gives every portrait the box of the detected face with the highest score.

    If no face is detected, the face is expected to fill the picture.

    Args:
        portraits: The portraits; those that could not be read are left out.
        pictures: Decoded pixels.
        detector: Detects the faces.

    Returns:
        One sample with one face for each portrait.
    """
    detections = detect_faces([portrait.path for portrait in portraits], pictures, detector)
    samples = []
    for portrait in portraits:
        if portrait.path not in detections:
            continue
        faces = detections[portrait.path]
        box = faces.boxes[0] if len(faces) else _full_picture_box(*pictures[portrait.path])
        x1, y1, x2, y2 = box.tolist()
        rows = [((x1, y1, x2, y2), portrait.state, False)]
        samples.append(make_sample(portrait.path, rows, portrait.source, portrait.group, portrait.split))
    return samples


def detect_faces(paths: Iterable[Path], pictures: PictureCache, detector: Detector) -> dict[Path, Faces]:
    """Detects the faces of training pictures.

    Args:
        paths: The pictures; those that could not be read are left out.
        pictures: Decoded pixels.
        detector: Detects the faces.

    Returns:
        Picture -> its faces, boxes in pixels of the picture.
    """

    def detect(path: Path) -> Faces:
        image, shrunk = pictures[path]
        faces = detector.detect(image)
        return faces.with_(boxes=faces.boxes / np.float32(shrunk))

    known = [path for path in paths if path in pictures]
    return dict(zip(known, in_threads(detect, known, "looking for faces"), strict=True))


def _full_picture_box(image: Image, shrunk: float) -> NDArray[np.float32]:
    """Returns the box (4,) of a face that fills its picture, in pixels of the picture before shrinking."""
    height, width = image.shape[:2]
    return np.array(
        [_INSET * width, _INSET * height, (1 - _INSET) * width, (1 - _INSET) * height], np.float32
    ) / np.float32(shrunk)
