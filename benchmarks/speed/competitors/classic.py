"""The classic loop: OpenCV's SSD at 300 x 300 through cv2.dnn, and a MobileNetV2 of Keras on every face."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from benchmarks.speed.competitors.frame_loop import Boxes, FrameLoop, Image
from benchmarks.speed.competitors.mask_classifier import classifier
from benchmarks.speed.worker import serve

_MEAN: Final = (104.0, 177.0, 123.0)
_CONFIDENT: Final = 0.5


def main() -> None:
    """Loads it and answers jobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("network", help="opencv_face_detector_uint8.pb")
    parser.add_argument("config", help="opencv_face_detector.pbtxt")
    parser.add_argument("classifier", help="keras, or an ONNX file")
    parser.add_argument("--only-found", action="store_true")
    options = parser.parse_args()

    def make() -> FrameLoop:
        return FrameLoop(
            detector(options.network, options.config), *classifier(options.classifier), options.only_found
        )

    serve(make)


def detector(network: str, config: str) -> Callable[[Image], Boxes]:
    """Returns a function that finds the faces of a picture."""
    net = cv2.dnn.readNetFromTensorflow(network, config)

    def detect(frame: Image) -> Boxes:
        net.setInput(cv2.dnn.blobFromImage(frame, 1.0, (300, 300), _MEAN))
        rows = np.asarray(net.forward(), np.float32).reshape(-1, 7)
        height, width = frame.shape[:2]
        boxes = rows[rows[:, 2] > _CONFIDENT, 3:] * np.array([width, height, width, height], np.float32)
        return np.asarray(boxes, np.float32)

    return detect


if __name__ == "__main__":
    main()
