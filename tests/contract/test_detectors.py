"""What every detector promises, kept by each of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from conftest import FakeModels
from fakes import BLUE, RED, scene
from maskwatch.detectors.base import Detector, DetectorBackend
from maskwatch.factory import load, model_info
from maskwatch.geometry import iou
from maskwatch.models.download import FILES, sha256
from maskwatch.types import Faces, Image

Make = Callable[[float | None], Detector]

THAT_KNOW_FACES = ["ssd", "ssd-fast", "ssd-accurate", "ssd live", "yunet", "opencv-ssd"]
# docs/guides/own-back-end.md: a class of somebody's own, as module:Class.
OURS = ["fake", *THAT_KNOW_FACES]
BACK_ENDS = [*OURS, *os.environ.get("OWN_DETECTOR", "").split()]
PORTRAIT_FACE = np.array([[178, 70, 272, 192]])


@pytest.fixture
def make(request: pytest.FixtureRequest, fake_models: FakeModels) -> Make:
    name = request.param
    live = name.endswith(" live")
    spec = name.removesuffix(" live")
    size = None
    if name == "fake":
        spec, size = str(fake_models.detector), 320
    elif name in ("yunet", "opencv-ssd"):
        weights: Path = request.getfixturevalue("shared") / "weights" / "others"
        file = "face_detection_yunet_2026may.onnx" if name == "yunet" else "opencv_face_detector_uint8.pb"
        spec = f"{name}={weights / file}"
    return lambda threshold: load(spec, "none", size, threshold, live=live).detector


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)


@pytest.fixture(scope="module")
def pictures(portrait: Image) -> list[Image]:
    rng = np.random.default_rng(0)
    return [
        portrait,
        scene({(2, 1): BLUE, (7, 5): RED}),
        rng.integers(0, 255, (240, 320, 3), np.uint8),
        np.zeros((480, 640, 3), np.uint8),
    ]


def same(a: Faces, b: Faces) -> bool:
    return np.array_equal(a.boxes, b.boxes) and np.array_equal(a.scores, b.scores)


@pytest.mark.parametrize("make", BACK_ENDS, indirect=True)
def test_shape_and_order(make: Make, pictures: list[Image]) -> None:
    detector = make(0.1)
    total = 0
    for image in pictures:
        found = detector.detect(image)
        height, width = image.shape[:2]
        assert found.boxes.shape == (len(found), 4)
        assert found.boxes.dtype == found.scores.dtype == np.float32
        assert (found.boxes >= 0).all()
        assert (found.boxes <= [width, height, width, height]).all()
        assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
        assert ((found.scores >= 0.1) & (found.scores <= 1)).all()
        assert (np.diff(found.scores) <= 0).all()
        total += len(found)
    assert total > 0


@pytest.mark.parametrize("make", THAT_KNOW_FACES, indirect=True)
def test_finds_the_portraits_face_first(make: Make, portrait: Image) -> None:
    found = make(None).detect(portrait)
    assert iou(found.boxes[:1], PORTRAIT_FACE)[0, 0] > 0.5


@pytest.mark.parametrize("make", THAT_KNOW_FACES, indirect=True)
def test_pixels_are_those_of_the_picture(make: Make, portrait: Image) -> None:
    wide = cv2.copyMakeBorder(portrait, 0, 0, 300, 0, cv2.BORDER_CONSTANT, value=(90, 90, 90))
    twice = cv2.resize(wide, None, fx=1.5, fy=1.5)
    found = make(None).detect(np.asarray(twice, np.uint8))
    assert iou(found.boxes[:1], (PORTRAIT_FACE + np.array([300, 0, 300, 0])) * 1.5)[0, 0] > 0.5


@pytest.mark.parametrize("make", BACK_ENDS, indirect=True)
def test_threshold_only_takes_away(make: Make, portrait: Image, fake_models: FakeModels) -> None:
    image = np.hstack([portrait, np.zeros_like(portrait)])
    image[32:64, 32:64] = BLUE
    low, high = make(0.05).detect(image), make(0.6).detect(image)
    assert 0 < len(high) <= len(low)
    assert (high.scores >= 0.6).all()
    assert len(make(1.0).detect(np.full((64, 64, 3), 127, np.uint8))) == 0


@pytest.mark.parametrize("make", BACK_ENDS, indirect=True)
@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (17, 33), (2000, 40)])
def test_any_size_of_picture(make: Make, size: tuple[int, int]) -> None:
    found = make(None).detect(np.full((*size, 3), 127, np.uint8))
    assert isinstance(found, Faces)
    assert (found.boxes <= [size[1], size[0]] * 2).all()


@pytest.mark.parametrize("make", BACK_ENDS, indirect=True)
def test_picture_is_left_alone_and_may_be_a_view(make: Make, portrait: Image) -> None:
    image = portrait.copy()
    view = np.dstack([image, image])[..., :3]
    flipped = np.ascontiguousarray(image[:, ::-1])[:, ::-1]
    detector = make(None)
    found = detector.detect(image)
    np.testing.assert_array_equal(image, portrait)
    assert same(found, detector.detect(view))
    assert same(found, detector.detect(flipped))


@pytest.mark.parametrize("make", BACK_ENDS, indirect=True)
def test_remembers_nothing_and_can_be_shared(make: Make, pictures: list[Image]) -> None:
    detector = make(0.2)
    alone = [detector.detect(image) for image in pictures]
    wrong: list[int] = []

    def work(offset: int) -> None:
        for step in range(len(pictures)):
            number = (step + offset) % len(pictures)
            if not same(alone[number], detector.detect(pictures[number])):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("make", OURS, indirect=True)  # of others, info is not asked
def test_says_which_model_it_runs(make: Make) -> None:
    detector = make(0.4)
    assert isinstance(detector, DetectorBackend)
    info = detector.info
    assert model_info(detector, "detector") is info
    assert info.kind == "detector"
    assert info.back_end == type(detector).__name__
    assert isinstance(info.name, str)
    assert info.name
    assert info.threshold == 0.4
    assert info.files
    assert all(isinstance(file, Path) and file.is_file() for file in info.files)
    assert info.sha256 == sha256(info.files[0])
    if (known := FILES.get(info.files[0].name)) is not None and known.sha256 is not None:
        assert info.sha256 == known.sha256
    if info.metadata is not None:
        assert info.metadata["name"] == info.name
