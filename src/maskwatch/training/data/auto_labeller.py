"""Auto-labels training pictures with YuNet, a face detector that also gives landmarks.

The auto-labels serve three ends: faces without a label are not taught as background, portraits get a box, and
masks are painted by the landmarks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.data.sample import Sample
from maskwatch.geometry import iou, nms
from maskwatch.training.data.label_cache import AutoLabel, AutoLabels, Detect, detect_once
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Image

AUTO_LABELLERS: Final = {"yunet": "face_detection_yunet_2026may.onnx"}
"""Short name of an auto-labeller -> its model file."""

_MIN_SCORE: Final = 0.3
_NMS_IOU: Final = 0.3  # within one scale
_MAX_CANDIDATES: Final = 5000  # before suppression
_MERGE_IOU: Final = 0.4  # of the detections at both scales
_SCALES: Final = (1.0, 2.0)  # YuNet misses faces under ten pixels at the picture's own size
_SAME_FACE_IOU: Final = 0.5
_LANDMARK_SCORE: Final = 0.7  # detections below it give no landmarks
_TURNED_OFFSET: Final = 0.75  # of the nose, in distances between the eyes: 55 degrees, see `turned_away`
_MIN_HARD_HEIGHT: Final = 20.0  # pixels


def auto_label(paths: Sequence[Path], pictures: PictureCache, model: Path, cache: Path) -> AutoLabels:
    """Runs YuNet on pictures at their own size and, for small faces, at twice that size.

    Args:
        paths: The pictures; those that `pictures` lacks are left out.
        pictures: Decoded pixels.
        model: ONNX file of YuNet.
        cache: Folder that keeps the auto-labels for the next run.

    Returns:
        The auto-labels of the pictures.
    """
    return detect_once(paths, pictures, model, cache, _load, "looking for unlabelled faces")


def landmarks_for(sample: Sample, label: AutoLabel | None) -> NDArray[np.float32]:
    """Finds landmarks for the labelled faces of a picture.

    Args:
        sample: The picture with n labelled faces.
        label: Its auto-label; None if it has none.

    Returns:
        (n, 5, 2) float32 pixels, as for `paint_mask`; NaN for a face that the auto-labeller does not detect.
    """
    landmarks = np.full((len(sample.boxes), 5, 2), np.nan, np.float32)
    if label is None or not len(label.boxes) or not len(sample.boxes):
        return landmarks
    overlap = iou(sample.boxes, label.boxes)
    best = overlap.argmax(1)
    same = (overlap.max(1) > _SAME_FACE_IOU) & (label.scores[best] > _LANDMARK_SCORE)
    landmarks[same] = label.landmarks[best[same]]
    return landmarks


def hard_faces(sample: Sample, label: AutoLabel | None) -> NDArray[np.bool_]:
    """Finds the labelled faces that are hard: not detected by the auto-labeller, or turned far to the side.

    Faces under 20 pixels do not count, because only their size makes them hard.

    Args:
        sample: The picture with n labelled faces.
        label: Its auto-label; None if it has none.

    Returns:
        (n,) bool.
    """
    landmarks = landmarks_for(sample, label)
    large = sample.boxes[:, 3] - sample.boxes[:, 1] >= _MIN_HARD_HEIGHT
    return np.asarray(large & (np.isnan(landmarks).any((1, 2)) | turned_away(landmarks)))


def turned_away(landmarks: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Finds the faces that look more than about 55 degrees to the side.

    The tip of the nose stands out by half the distance between the eyes. When the head turns, the nose moves
    away from the middle of the eyes. Divided by the visible distance of the eyes, this offset is half the
    tangent of the angle.

    Args:
        landmarks: (n, 5, 2) pixels, as from `landmarks_for`; NaN gives False.

    Returns:
        (n,) bool.
    """
    right, left, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    across = left - right
    width = np.maximum(np.linalg.norm(across, axis=1), 1e-6)
    offset = np.abs(((nose - (right + left) / 2) * across).sum(1)) / width**2
    return np.asarray(offset > _TURNED_OFFSET)


def _load(model: Path) -> Detect:
    """Loads YuNet from its ONNX file. Each thread gets a network: its input size is set before each run."""
    networks = threading.local()

    def detect(image: Image) -> AutoLabel:
        if not hasattr(networks, "own"):
            networks.own = cv2.FaceDetectorYN.create(
                str(model), "", (320, 320), _MIN_SCORE, _NMS_IOU, _MAX_CANDIDATES
            )
        return _detect(networks.own, image)

    return detect


def _detect(network: cv2.FaceDetectorYN, image: Image) -> AutoLabel:
    rows: list[NDArray[np.float32]] = []
    for scale in _SCALES:
        scaled = image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale)
        network.setInputSize((scaled.shape[1], scaled.shape[0]))
        _, detections = network.detect(scaled)
        if detections is not None:
            # x, y, width, height, five landmarks; the last column is the score.
            units = np.array([scale] * 14 + [1.0], np.float32)
            rows.append(np.asarray(detections / units, np.float32))
    return _merge(rows)


def _merge(rows: Iterable[NDArray[np.float32]]) -> AutoLabel:
    """Merges detections (n, 15) of several scales by non-maximum suppression."""
    table = np.concatenate([np.zeros((0, 15), np.float32), *rows])
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], 1)
    kept = nms(boxes, table[:, 14], _MERGE_IOU)
    return AutoLabel(boxes[kept], table[kept, 14], table[kept, 4:14].reshape(-1, 5, 2))
