"""The names of the server's cameras, read from made system folders."""

from __future__ import annotations

from pathlib import Path

from maskwatch.app.live.cameras import ServerCamera, server_cameras


def add(root: Path, number: int, name: str, index: int = 0, identity: str = "") -> None:
    folder = root / "sys" / "class" / "video4linux" / f"video{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "index").write_text(f"{index}\n")
    links = root / "dev" / "v4l" / "by-id"
    links.mkdir(parents=True, exist_ok=True)
    (root / "dev" / f"video{number}").touch()
    if identity:
        (links / identity).symlink_to(f"../../video{number}")


def test_a_system_that_lists_none(tmp_path: Path) -> None:
    assert server_cameras(tmp_path) == []


def test_names_by_number_without_devices_for_metadata(tmp_path: Path) -> None:
    add(tmp_path, 10, "Door")
    add(tmp_path, 0, "HD Webcam: HD Webcam")
    add(tmp_path, 1, "HD Webcam: HD Webcam", index=1)
    assert server_cameras(tmp_path) == [ServerCamera(0, "HD Webcam: HD Webcam"), ServerCamera(10, "Door")]


def test_two_of_a_kind_are_told_apart(tmp_path: Path) -> None:
    add(tmp_path, 0, "C270", identity="usb-C270_AAA-video-index0")
    add(tmp_path, 2, "C270", identity="usb-C270_BBB-video-index0")
    add(tmp_path, 4, "C270")
    names = [camera.name for camera in server_cameras(tmp_path)]
    assert names == ["C270, usb-C270_AAA", "C270, usb-C270_BBB", "C270, number 4"]


def test_a_camera_without_a_name(tmp_path: Path) -> None:
    add(tmp_path, 3, "")
    assert server_cameras(tmp_path) == [ServerCamera(3, "Camera 3")]
