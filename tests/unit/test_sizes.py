"""The smallest sizes at which pictures are searched, and those that are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from maskwatch.errors import ConfigError
from maskwatch.factory import load

FILES = {"yunet": "face_detection_yunet_2026may.onnx", "opencv-ssd": "opencv_face_detector_uint8.pb"}


@pytest.mark.parametrize("size", [0, -1, -64])
@pytest.mark.parametrize("detector", ["ssd", "yunet", "opencv-ssd"])
def test_a_size_of_no_use_is_refused_before_any_file_is_opened(detector: str, size: int) -> None:
    name = f"{detector}=absent.file"
    with pytest.raises(ConfigError, match=f"the detector's size must be at least 1 pixel, not {size}"):
        load(name, "none", size)


@pytest.mark.parametrize("size", [1, 63])
def test_a_size_below_the_networks_coarsest_cell_is_refused(fake_models: FakeModels, size: int) -> None:
    with pytest.raises(ConfigError, match="the detector's size must be at least 64 pixels"):
        load(str(fake_models.detector), "none", size)
    assert len(load(str(fake_models.detector), "none", 64).detect(np.zeros((9, 9, 3), np.uint8))) == 0


@pytest.mark.parametrize("detector", FILES)
def test_others_search_at_any_size(shared: Path, detector: str) -> None:
    engine = load(f"{detector}={shared / 'weights' / 'others' / FILES[detector]}", "none", 1)
    assert len(engine.detect(np.full((240, 320, 3), 127, np.uint8))) == 0
