"""The source on the server that a page shows: a camera, a stream or a video file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import SCHEMES, is_address, read_address
from maskwatch.sources.base import Source
from maskwatch.sources.opening import open_source
from maskwatch.sources.video import VideoFile
from maskwatch.types import Image

DEMO_CLIP: Final = Path(__file__).parents[1] / "assets" / "demo.mp4"


@dataclass(frozen=True, slots=True)
class ServerSource:
    """A camera, stream or video file of the server.

    Attributes:
        address: Camera number, address or path. Never shown, because it may contain a password.
        name: Name to show to people, without passwords.
    """

    address: str = field(repr=False)
    name: str

    @property
    def is_file(self) -> bool:
        """Whether it is a video file, which can be opened any number of times at once."""
        return not self.address.isdigit() and not is_address(self.address)

    def open(self) -> Source:
        """Opens the source.

        Raises:
            SourceError: The file cannot be opened, or the address is not known.
        """
        return VideoFile(self.address, self.name) if self.is_file else open_source(self.address)


DEMO: Final = ServerSource(str(DEMO_CLIP), "the demo")


def camera(number: int, name: str = "") -> ServerSource:
    """Returns a camera of the server by its number, from 0, and its name if that is known."""
    return ServerSource(str(number), name or f"Camera {number} of this computer")


def first_picture(source: ServerSource) -> Image:
    """Opens a source, returns its first picture as (h, w, 3) uint8, BGR, and closes it.

    Raises:
        SourceError: It cannot be opened, or gives no picture.
    """
    frames = iter(source.open())
    try:
        for frame in frames:
            return frame.image
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    raise SourceError(f"{source.name} gives no picture")


def stream(address: str) -> ServerSource:
    """Returns a network stream by its address.

    Raises:
        SourceError: The address does not start with a known protocol, or cannot be understood.
    """
    address = address.strip()
    if not is_address(address) or address.partition("://")[0].lower() not in SCHEMES:
        raise SourceError(
            "a stream's address looks like rtsp://camera.local/live or http://camera.local/video"
        )
    parts = read_address(address)
    return ServerSource(parts.url, parts.shown)


def video_file(path: str) -> ServerSource:
    """Returns a video file of the server by its path; quotes around the path are removed.

    Raises:
        SourceError: There is no such file.
    """
    path = path.strip().strip("\"'")
    try:
        file = Path(path).expanduser().resolve()
        exists = file.is_file()
    except (OSError, RuntimeError, ValueError):  # too long, not allowed, or the home of nobody
        exists = False
    if not exists:
        raise SourceError(f"{path[:200]}: no such file on this computer, or not allowed to read it")
    return ServerSource(str(file), Path(path).name)
