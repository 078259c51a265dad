"""What a face detector with landmarks (YuNet) sees in training pictures: a second pair of eyes.

It is used for three things: faces that nobody labelled are not taught as background, pictures of one
person without boxes get one, and masks are painted where the landmarks say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.atomic_file import AtomicFile
from maskwatch.data.sample import Sample
from maskwatch.geometry import iou, nms
from maskwatch.progress import progress
from maskwatch.training.data.picture_cache import PictureCache

AUTO_LABELLERS: Final = {"yunet": "face_detection_yunet_2026may.onnx"}
"""Teachers that have a short name."""

_LEAST: Final = 0.3
_MERGE: Final = 0.4
_TURNED: Final = 0.75
_LARGE: Final = 20.0


@dataclass(frozen=True, slots=True)
class AutoLabel:
    """The faces that the teacher sees in one picture.

    Attributes:
        boxes: (n, 4) float32 x1, y1, x2, y2 in pixels of the picture.
        scores: (n,) float32.
        landmarks: (n, 5, 2) float32, as `paint_mask` takes them.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]


AutoLabels = dict[Path, AutoLabel]


def auto_label(paths: Sequence[Path], pictures: PictureCache, model: Path, cache: Path) -> AutoLabels:
    """Runs YuNet over pictures at their own size and, for small faces, at twice that.

    Args:
        paths: The pictures; those that `pictures` lacks are passed over.
        pictures: Decoded pixels.
        model: YuNet's ONNX file.
        cache: A file where the findings are kept for the next run.
    """
    seen = _read(cache)
    missing = [p for p in paths if p not in seen and p in pictures]
    if missing:
        network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), _LEAST, 0.3, 5000)
        for path in progress(missing, "looking for unlabelled faces"):
            image, shrunk = pictures[path]
            rows: list[NDArray[np.float32]] = []
            for scale in (1.0, 2.0):
                large = image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale)
                network.setInputSize((large.shape[1], large.shape[0]))
                _, found = network.detect(large)
                if found is not None:
                    units = np.array([scale * shrunk] * 14 + [1.0], np.float32)
                    rows.append(np.asarray(found / units, np.float32))
            seen[path] = _merged(rows)
        _write(cache, seen)
    return {path: seen[path] for path in paths if path in seen}


def landmarks_for(sample: Sample, seen: AutoLabel | None) -> NDArray[np.float32]:
    """(n, 5, 2) landmarks of the true faces of a picture, as `paint_mask` takes them; NaN where unseen."""
    found = np.full((len(sample.boxes), 5, 2), np.nan, np.float32)
    if seen is None or not len(seen.boxes) or not len(sample.boxes):
        return found
    overlap = iou(sample.boxes, seen.boxes)
    best = overlap.argmax(1)
    same = (overlap.max(1) > 0.5) & (seen.scores[best] > 0.7)
    found[same] = seen.landmarks[best[same]]
    return found


def hard_faces(sample: Sample, seen: AutoLabel | None) -> NDArray[np.bool_]:
    """(n,) bool: which true faces of a picture the teacher does not see, or sees look far to the side.

    Faces under 20 pixels do not count: what makes them hard is nothing but their size.
    """
    landmarks = landmarks_for(sample, seen)
    large = sample.boxes[:, 3] - sample.boxes[:, 1] >= _LARGE
    return np.asarray(large & (np.isnan(landmarks).any((1, 2)) | turned(landmarks)))


def turned(landmarks: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which faces look more than about 55 degrees to the side.

    Turned by an angle, a nose that stands out by half the distance between the eyes moves off their middle
    by half of the angle's tangent, in units of the distance that is still seen.

    Args:
        landmarks: (n, 5, 2) as `landmarks_for` gives them; NaN gives False.

    Returns:
        (n,) bool.
    """
    right, left, nose = landmarks[:, 0], landmarks[:, 1], landmarks[:, 2]
    across = left - right
    width = np.maximum(np.linalg.norm(across, axis=1), 1e-6)
    offset = np.abs(((nose - (right + left) / 2) * across).sum(1)) / width**2
    return np.asarray(offset > _TURNED)


def _merged(rows: Iterable[NDArray[np.float32]]) -> AutoLabel:
    table = np.concatenate([np.zeros((0, 15), np.float32), *rows])
    boxes = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], 1)
    kept = nms(boxes, table[:, 14], _MERGE)
    return AutoLabel(boxes[kept], table[kept, 14], table[kept, 4:14].reshape(-1, 5, 2))


def _read(cache: Path) -> AutoLabels:
    if not cache.is_file():
        return {}
    with np.load(cache) as file:
        names, counts = file["names"], file["counts"]
        ends = np.cumsum(counts)[:-1]
        columns = [np.split(file[key], ends) for key in ("boxes", "scores", "landmarks")]
    return {Path(str(name)): AutoLabel(*parts) for name, *parts in zip(names, *columns, strict=True)}


def _write(cache: Path, seen: AutoLabels) -> None:
    with AtomicFile(cache) as draft:
        np.savez_compressed(
            draft.path,
            names=np.array([str(path) for path in seen]),
            counts=np.array([len(s.boxes) for s in seen.values()]),
            boxes=np.concatenate([s.boxes for s in seen.values()]),
            scores=np.concatenate([s.scores for s in seen.values()]),
            landmarks=np.concatenate([s.landmarks for s in seen.values()]),
        )
