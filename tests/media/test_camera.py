"""Cameras of this machine; a video stands in for the device behind OpenCV's real capture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import pytest

from clips import write_clip
from fakes import BLUE, scene
from maskwatch.errors import SourceError
from maskwatch.sources.camera import Camera

Capture = cv2.VideoCapture


class Device:
    """OpenCV's capture, reading a file whatever number is asked for."""

    path = ""
    opened: list[Any] = []  # noqa: RUF012

    def __init__(self, number: int) -> None:
        assert isinstance(number, int)
        self._capture = Capture(self.path)
        self.released = False
        self.opened.append(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._capture, name)

    def release(self) -> None:
        self.released = True
        self._capture.release()


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Device]:
    clip = write_clip(tmp_path / "a.avi", [scene({(number, 0): BLUE}) for number in range(5)], codec="mpeg4")
    monkeypatch.setattr(Device, "path", str(clip))
    monkeypatch.setattr(Device, "opened", [])
    monkeypatch.setattr("maskwatch.sources.camera.cv2.VideoCapture", Device)
    monkeypatch.setattr("maskwatch.sources.camera.time.sleep", lambda _: None)
    return Device


def test_frames_come_with_number_and_clock(device: type[Device]) -> None:
    frames = iter(Camera(3))
    assert device.opened == []  # nothing is opened before somebody looks
    first, second = next(frames), next(frames)
    assert (first.index, second.index) == (0, 1)
    assert 0 <= first.t <= second.t
    assert first.source == "camera 3"
    assert first.image.shape == (240, 320, 3)


def test_freed_when_the_reader_leaves(device: type[Device]) -> None:
    frames = iter(Camera(0))
    next(frames)
    del frames
    assert [one.released for one in device.opened] == [True]


def test_unplugging_is_told(device: type[Device]) -> None:
    frames = iter(Camera(0))
    assert [next(frames).index for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(SourceError, match="camera 0 gives no pictures any more"):
        next(frames)
    assert device.opened[0].released


def test_no_camera(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match="no camera 97: none is connected"):
        next(iter(Camera(97)))
    assert capfd.readouterr().err == ""  # OpenCV keeps its own warnings to itself


@pytest.mark.parametrize("number", [-1, 100, 10**11])
def test_numbers_that_mean_something_else_to_opencv(device: type[Device], number: int) -> None:
    with pytest.raises(SourceError, match=f"no camera {number}: they are counted from 0"):
        next(iter(Camera(number)))
    assert device.opened == []
