"""YuNet through OpenCV: Wu et al., YuNet: A Tiny Millisecond-level Face Detector, 2023."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from maskwatch.errors import ModelError, one_line
from maskwatch.geometry import clip, letterbox_size
from maskwatch.models.info import ModelInfo
from maskwatch.opencv_log import quiet
from maskwatch.types import Faces, Image

_SIZE: Final = 640
_THRESHOLD: Final = 0.7
_NMS_IOU: Final = 0.3
_CANDIDATES: Final = 5000


class YuNet:
    """Finds faces with YuNet.

    Args:
        path: The ONNX file of opencv_zoo, in the form that takes any input size.
        size: Longer side in pixels at which pictures are searched; None means 640.
        threshold: Score below which nothing is reported, in [0, 1]; None means 0.7.
        enlarge: Largest factor by which a small picture is enlarged to reach `size`; 1 never enlarges.

    Attributes:
        info: Name, file and threshold of the model; see `maskwatch.models.info`.

    Raises:
        ModelError: OpenCV cannot use the file.
    """

    def __init__(
        self,
        path: str | Path,
        size: int | None = None,
        threshold: float | None = None,
        *,
        enlarge: float = 1.0,
    ) -> None:
        path = Path(path)
        self.size = _SIZE if size is None else size
        self.threshold = _THRESHOLD if threshold is None else threshold
        self.enlarge = enlarge
        self.info = ModelInfo("YuNet", "detector", type(self).__name__, (path,), self.threshold)
        # The network keeps its input size between two calls, so one thread at a time may use it.
        self._lock = threading.Lock()
        if not path.is_file():
            raise ModelError(f"{path}: no such model file")
        try:
            with quiet():
                self._net = cv2.FaceDetectorYN.create(
                    str(path), "", (64, 64), self.threshold, _NMS_IOU, _CANDIDATES
                )
                self.detect(np.zeros((64, 64, 3), np.uint8))  # a foreign network fails only when it runs
        except cv2.error as error:
            raise ModelError(f"{path}: OpenCV cannot use it as YuNet ({one_line(error)})") from error

    def detect(self, image: Image) -> Faces:
        """See `maskwatch.detectors.base.Detector.detect`."""
        height, width = image.shape[:2]
        target = letterbox_size(width, height, self.size, self.enlarge)
        with self._lock:
            self._net.setInputSize(target)
            _, rows = self._net.detect(cv2.resize(image, target))
        if rows is None:
            return Faces.empty()
        rows = np.asarray(rows, np.float32)
        rows = rows[np.argsort(-rows[:, -1], kind="stable")]
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        boxes *= np.array([width / target[0], height / target[1]] * 2, np.float32)
        faces = Faces(clip(boxes, width, height), np.clip(rows[:, -1], 0, 1))
        return faces[((faces.boxes[:, 2:] - faces.boxes[:, :2]) >= 1).all(axis=1)]
