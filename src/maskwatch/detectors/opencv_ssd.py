"""The face detector that comes with OpenCV's samples: an SSD on a ResNet-10, 300 x 300 pixels."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from maskwatch.errors import ModelError, one_line
from maskwatch.geometry import clip
from maskwatch.models.info import ModelInfo
from maskwatch.opencv_log import quiet
from maskwatch.types import Faces, Image

_SIZE: Final = 300
_THRESHOLD: Final = 0.5
_MEAN: Final = (104.0, 177.0, 123.0)  # blue, green, red: as it was trained


class OpenCVSSD:
    """Finds faces with OpenCV's SSD, in its 8-bit TensorFlow form.

    Args:
        path: The network, `opencv_face_detector_uint8.pb`.
        config: Its description, `opencv_face_detector.pbtxt`; None looks beside `path`.
        size: Side, in pixels, of the square to which every picture is resized; None means 300.
        threshold: Score below which nothing is reported, in [0, 1]; None means 0.5.

    Attributes:
        info: Name, files and threshold of the model; see `maskwatch.models.info`.

    Raises:
        ModelError: OpenCV cannot use the files.
    """

    def __init__(
        self,
        path: str | Path,
        config: str | Path | None = None,
        *,
        size: int | None = None,
        threshold: float | None = None,
    ) -> None:
        path = Path(path)
        self.size = _SIZE if size is None else size
        self.threshold = _THRESHOLD if threshold is None else threshold
        self._lock = threading.Lock()  # the network holds its input between two calls
        config = path.with_name("opencv_face_detector.pbtxt") if config is None else Path(config)
        files = (path, config)
        self.info = ModelInfo("OpenCV's SSD", "detector", type(self).__name__, files, self.threshold)
        for file in files:
            if not file.is_file():
                raise ModelError(f"{file}: no such model file")
        try:
            with quiet():
                self._net = cv2.dnn.readNetFromTensorflow(str(path), str(config))
                self.detect(np.zeros((64, 64, 3), np.uint8))
        except cv2.error as error:
            raise ModelError(f"{path}: OpenCV cannot use it as its SSD ({one_line(error)})") from error

    def detect(self, image: Image) -> Faces:
        """See `maskwatch.detectors.base.Detector.detect`."""
        height, width = image.shape[:2]
        blob = cv2.dnn.blobFromImage(image, 1.0, (self.size, self.size), _MEAN)
        with self._lock:
            self._net.setInput(blob)
            rows = np.asarray(self._net.forward(), np.float32).reshape(-1, 7)
        rows = rows[rows[:, 2] >= self.threshold]
        rows = rows[np.argsort(-rows[:, 2], kind="stable")]
        scale = np.array([width, height, width, height], np.float32)
        faces = Faces(clip(rows[:, 3:] * scale, width, height), np.clip(rows[:, 2], 0, 1))
        return faces[((faces.boxes[:, 2:] - faces.boxes[:, :2]) >= 1).all(axis=1)]
