from pathlib import Path

import cv2
import numpy as np
import pytest

from maskwatch.data.sample import PortraitSample
from maskwatch.training.data.person_boxes import detect_faces, detect_portraits
from maskwatch.training.data.picture_cache import cache
from maskwatch.types import Faces, Image


class StubDetector:
    """Sees two faces in bright pictures and none in dark ones."""

    def detect(self, image: Image) -> Faces:
        boxes = np.array([[10, 10, 50, 60], [0, 0, 9, 9]], np.float32)
        detections = Faces(boxes, np.array([0.9, 0.6], np.float32))
        return detections if image.mean() > 100 else detections[np.zeros(2, bool)]


def test_the_most_certain_face_or_else_the_whole_picture(tmp_path: Path) -> None:
    portraits = []
    for name, light, state in (("bright", 200, 0), ("dark", 20, 1)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((200, 400, 3), light, np.uint8))
        portraits.append(PortraitSample(tmp_path / f"{name}.png", state, "made", "g"))
    portraits.append(PortraitSample(tmp_path / "absent.png", 0))
    pictures, _ = cache([portrait.path for portrait in portraits], tmp_path / "cache", longest=200)
    bright, dark = detect_portraits(portraits, pictures, StubDetector())
    assert bright.boxes.tolist() == [[20, 20, 100, 120]]  # the pixels are halved, the box is not
    assert dark.boxes[0].tolist() == pytest.approx([48, 24, 352, 176])
    assert [int(s.states[0]) for s in (bright, dark)] == [0, 1]
    assert (bright.source, bright.group) == ("made", "g")


def test_found_faces_lie_in_pixels_of_the_picture(tmp_path: Path) -> None:
    bright, absent = tmp_path / "bright.png", tmp_path / "absent.png"
    cv2.imwrite(str(bright), np.full((200, 400, 3), 200, np.uint8))
    pictures, _ = cache([bright, absent], tmp_path / "cache", longest=200)
    detections = detect_faces([bright, absent], pictures, StubDetector())
    assert list(detections) == [bright]
    assert detections[bright].boxes.tolist() == [[20, 20, 100, 120], [0, 0, 18, 18]]
