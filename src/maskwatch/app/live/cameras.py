"""The cameras of the server with their names, as far as the system tells them (Linux)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class ServerCamera:
    """A camera of the server.

    Attributes:
        number: Its number for OpenCV, from 0.
        name: Its name, such as "HD Webcam C270".
    """

    number: int
    name: str


def server_cameras(root: Path = _ROOT) -> list[ServerCamera]:
    """Returns the cameras that the system lists, by number; none where it lists none.

    Args:
        root: Folder that holds `sys` and `dev`.
    """
    cameras = []
    for folder in (root / "sys" / "class" / "video4linux").glob("video*"):
        number = folder.name.removeprefix("video")
        # A camera often has a second device, which gives no pictures but their metadata.
        if number.isdigit() and _read(folder / "index") in ("", "0"):
            cameras.append((int(number), _read(folder / "name") or f"Camera {number}"))
    names = [name for _, name in cameras]
    return [
        ServerCamera(number, name if names.count(name) == 1 else f"{name}, {_identity(root, number)}")
        for number, name in sorted(cameras)
    ]


def _read(file: Path) -> str:
    try:
        return " ".join(file.read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return ""


def _identity(root: Path, number: int) -> str:
    """Returns what tells two cameras of the same name apart: the stable id that holds the serial number."""
    device = (root / "dev" / f"video{number}").resolve()
    for link in sorted((root / "dev" / "v4l" / "by-id").glob("*")):
        if link.resolve() == device:
            return link.name.removesuffix("-video-index0")
    return f"number {number}"
