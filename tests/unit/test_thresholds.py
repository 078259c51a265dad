"""A score exactly at a threshold counts as reaching it, wherever scores are compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from answering import Answering
from conftest import FakeModels
from fakes import BLUE, write_classifier
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.classifiers.uncertainty import UncertaintyRules
from maskwatch.detectors.opencv_ssd import OpenCVSSD
from maskwatch.detectors.yunet import YuNet
from maskwatch.factory import load
from maskwatch.pipeline import Engine
from maskwatch.second_tries import Retry
from maskwatch.types import Faces, Image

HALF = np.float32(0.5)
BELOW = np.nextafter(HALF, np.float32(0))


class Fixed:
    """Finds two faces, one of them just below a half; in small pictures only, where it is told so."""

    def __init__(self, widest: int = 1000) -> None:
        self.widest = widest

    def detect(self, image: Image) -> Faces:
        if image.shape[1] > self.widest:
            return Faces.empty()
        return Faces(np.array([[0, 0, 9, 9], [20, 0, 29, 9]], np.float32), np.array([HALF, BELOW]))


def grey(side: int) -> Image:
    return np.full((side, side, 3), 127, np.uint8)


def smaller_copy(retry: Retry, image: Image) -> Image | None:
    """What a second search is shown; None where there is none."""
    shown: list[Image] = []

    def search(copy: Image) -> Faces:
        shown.append(copy)
        return Faces.empty()

    retry(image, Faces.empty(), search)
    return shown[0] if shown else None


def test_engine() -> None:
    assert Engine(Fixed(), threshold=0.5).detect(grey(100)).scores.tolist() == [0.5]
    assert len(Engine(Fixed()).detect(grey(100))) == 2


def test_retry() -> None:
    engine = Engine(Fixed(100), retry=Retry(2, 0.5))
    assert engine.detect(grey(200)).boxes.tolist() == [[0, 0, 18, 18]]


def test_retry_at_its_smallest_copy() -> None:
    retry = Retry(3, 0.5)
    copy = smaller_copy(retry, grey(96))
    assert copy is not None
    assert copy.shape == (32, 32, 3)
    assert smaller_copy(retry, grey(93)) is None  # 31 pixels
    assert smaller_copy(retry, np.zeros((93, 500, 3), np.uint8)) is None
    assert smaller_copy(retry, np.zeros((500, 93, 3), np.uint8)) is None


def test_retry_averages_noise_away() -> None:
    """Every pixel of the picture has its share in the copy."""
    board = np.zeros((120, 120, 3), np.uint8)
    board[::3, ::3] = 252
    copy = smaller_copy(Retry(3, 0.5), board)
    assert copy is not None
    assert (copy == 28).all()


def test_classifier(tmp_path: Path) -> None:
    """What is exactly as probably a face as the file demands stays."""
    path = write_classifier(tmp_path / "c.onnx", thresholds={"face": 0.5}, score={"combine": "none"})
    classifier = MobileNet(path)

    outputs = [np.full((2, 3), 1 / 3, np.float32), np.array([BELOW, HALF])]
    classifier.model = replace(classifier.model, network=Answering(lambda pictures: outputs))
    found = classifier.classify(grey(100), Fixed().detect(grey(100)))
    assert found.boxes.tolist() == [[20, 0, 29, 9]]


def test_certainty() -> None:
    """A probability, or a measure, exactly at its limit is enough."""
    rules = UncertaintyRules({"dark": 20.0}, {"with_mask": 0.5}, {})
    probabilities = np.array([[HALF, 0.3, 0.2], [BELOW, 0.3, 0.2], [0.9, 0.1, 0]], np.float32)
    light = np.array([20.0, 20.0, 19.9])
    assert rules.reasons(probabilities, {"dark": light}).tolist() == [None, "undecided", "dark"]


@pytest.mark.parametrize("model", ["yunet", "opencv-ssd"])
def test_other_detectors(shared: Path, model: str) -> None:
    weights = shared / "weights" / "others"
    image = np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)

    def detect(threshold: float) -> Faces:
        if model == "yunet":
            return YuNet(weights / "face_detection_yunet_2026may.onnx", threshold=threshold).detect(image)
        return OpenCVSSD(weights / "opencv_face_detector_uint8.pb", threshold=threshold).detect(image)

    best = detect(0.3).scores[0]
    assert len(detect(float(best))) == 1
    assert len(detect(float(np.nextafter(best, np.float32(2))))) == 0


def test_a_whole_engine_at_the_score_of_a_face(fake_models: FakeModels) -> None:
    engine = load(str(fake_models.detector), str(fake_models.classifier), 320)
    image = grey(320)
    image[32:64, 32:64] = BLUE
    (score,) = engine.detect(image).scores
    found = [
        len(Engine(engine.detector, engine.classifier, float(threshold)).detect(image))
        for threshold in (score, np.nextafter(score, np.float32(2)))
    ]
    assert found == [1, 0]
