"""Searches training pictures thoroughly: with a detector of maskwatch, at several sizes and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from maskwatch.detectors.ssd import SSD
from maskwatch.geometry import box_voting, nms
from maskwatch.training.data.auto_labeller import AutoLabel, AutoLabels, read_labels, write_labels
from maskwatch.training.data.in_threads import in_threads
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Faces, Image

_SIZES: Final = (1280, 640, 416)
_MIRRORED_SIZES: Final = (704,)
_ENLARGE: Final = 4.0
_LEAST_SCORE: Final = 0.1
_NMS_IOU: Final = 0.45
_VOTE_IOU: Final = 0.65


class MirroredSearch:
    """Detects faces at several sizes, and once in the mirrored picture.

    Args:
        model: ONNX file of the detector.

    Raises:
        ModelError: The file cannot be used.
    """

    def __init__(self, model: Path) -> None:
        self._upright = SSD(model, _SIZES, _LEAST_SCORE, enlarge=_ENLARGE)
        self._mirrored = SSD(model, _MIRRORED_SIZES, _LEAST_SCORE, enlarge=_ENLARGE)

    def detect(self, image: Image) -> Faces:
        """Detects the faces of a picture (h, w, 3), uint8, BGR; no face twice."""
        mirrored = self._mirrored.detect(np.ascontiguousarray(image[:, ::-1]))
        boxes = mirrored.boxes.copy()
        boxes[:, [0, 2]] = image.shape[1] - boxes[:, [2, 0]]
        return joined(self._upright.detect(image), mirrored.with_(boxes=boxes))


def joined(upright: Faces, mirrored: Faces) -> Faces:
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
        cache: File that keeps the detections for the next run.

    Returns:
        The faces of each picture, without landmarks.
    """
    labels = read_labels(cache)
    missing = [path for path in paths if path not in labels and path in pictures]
    if missing:
        search = MirroredSearch(model)

        def detect(path: Path) -> AutoLabel:
            image, shrunk = pictures[path]
            faces = search.detect(image)
            landmarks = np.full((len(faces), 5, 2), np.nan, np.float32)
            return AutoLabel(faces.boxes / np.float32(shrunk), faces.scores, landmarks)

        labels.update(zip(missing, in_threads(detect, missing, "looking for faces"), strict=True))
        write_labels(cache, labels)
    return {path: labels[path] for path in paths if path in labels}
