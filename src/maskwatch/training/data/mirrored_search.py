"""Searches training pictures thoroughly: with a detector of maskwatch, at several sizes and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from maskwatch.detectors.ssd import SSD
from maskwatch.geometry import box_voting, nms
from maskwatch.models.catalog import STILL_SIZES
from maskwatch.training.data.label_cache import AutoLabel, AutoLabels, Detect, detect_once
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Faces, Image

SEARCHERS: Final = {"shipped": "face_ssd_large.onnx"}
"""Short name of a detector -> its model file."""

_MIRRORED_SIZES: Final = (704,)
"""Longer sides, pixels, at which the mirrored picture is searched; the other one is at `STILL_SIZES`."""

_ENLARGE: Final = 4.0  # largest factor for small pictures
_LEAST_SCORE: Final = 0.1
_NMS_IOU: Final = 0.45  # of the detections in both pictures
_VOTE_IOU: Final = 0.65  # from which they place a box together


class MirroredSearch:
    """Detects faces at several sizes, and once in the mirrored picture.

    Args:
        model: ONNX file of the detector.

    Raises:
        ModelError: The file cannot be used.
    """

    def __init__(self, model: Path) -> None:
        self._upright = SSD(model, STILL_SIZES, _LEAST_SCORE, enlarge=_ENLARGE)
        self._mirrored = SSD(model, _MIRRORED_SIZES, _LEAST_SCORE, enlarge=_ENLARGE)

    def detect(self, image: Image) -> Faces:
        """Detects the faces of a picture (h, w, 3), uint8, BGR; no face twice."""
        mirrored = self._mirrored.detect(np.ascontiguousarray(image[:, ::-1]))
        boxes = mirrored.boxes.copy()
        boxes[:, [0, 2]] = image.shape[1] - boxes[:, [2, 0]]
        return _joined(self._upright.detect(image), mirrored.with_(boxes=boxes))


def _joined(upright: Faces, mirrored: Faces) -> Faces:
    """Joins the faces that were found in a picture and in the mirrored one, in the same pixels."""
    both = Faces.joined([upright, mirrored])
    kept = nms(both.boxes, both.scores, _NMS_IOU)
    boxes = box_voting(both.boxes, both.scores, kept, _VOTE_IOU)
    return Faces(boxes, both.scores[kept])


def search_pictures(paths: Sequence[Path], pictures: PictureCache, model: Path, cache: Path) -> AutoLabels:
    """Detects the faces of training pictures with `MirroredSearch`.

    Args:
        paths: The pictures; those that `pictures` lacks are left out.
        pictures: Decoded pixels.
        model: ONNX file of the detector.
        cache: Folder that keeps the detections for the next run.

    Returns:
        The faces of each picture, without landmarks.

    Raises:
        ModelError: The file cannot be used.
    """
    return detect_once(paths, pictures, model, cache, _load, "looking for faces")


def _load(model: Path) -> Detect:
    search = MirroredSearch(model)

    def detect(image: Image) -> AutoLabel:
        faces = search.detect(image)
        return AutoLabel(faces.boxes, faces.scores, np.full((len(faces), 5, 2), np.nan, np.float32))

    return detect
