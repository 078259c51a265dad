"""A better detector in the same loop: YuNet at 640 pixels through OpenCV, and a MobileNetV2 of Keras."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from benchmarks.speed.competitors.frame_loop import Boxes, FrameLoop, Image
from benchmarks.speed.competitors.mask_classifier import classifier
from benchmarks.speed.worker import serve

_SIDE: Final = 640
"""Longer side of the picture that is searched, pixels: the whole frame would cost four times as much."""

_SCORE: Final = 0.7
_NMS_IOU: Final = 0.3


def main() -> None:
    """Loads it and answers jobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("network", help="face_detection_yunet_2026may.onnx")
    parser.add_argument("classifier", help="keras, or an ONNX file")
    options = parser.parse_args()
    serve(lambda: FrameLoop(detector(options.network), *classifier(options.classifier)))


def detector(network: str) -> Callable[[Image], Boxes]:
    """Returns a function that finds the faces of a picture."""
    net = cv2.FaceDetectorYN.create(network, "", (64, 64), _SCORE, _NMS_IOU, 5000)

    def detect(frame: Image) -> Boxes:
        scale = min(1.0, _SIDE / max(frame.shape[:2]))
        size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
        net.setInputSize(size)
        _, rows = net.detect(cv2.resize(frame, size))
        found = np.zeros((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)
        boxes = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4]], axis=1) / scale
        return np.asarray(boxes, np.float32)

    return detect


if __name__ == "__main__":
    main()
