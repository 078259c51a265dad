"""Which source on the server a page shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from maskwatch.errors import SourceError
from maskwatch.sources.base import Source
from maskwatch.sources.opening import open_source
from maskwatch.sources.stream import SCHEMES, without_secrets
from maskwatch.sources.video import VideoFile

DEMO_CLIP: Final = Path(__file__).parents[1] / "assets" / "demo.mp4"


@dataclass(frozen=True, slots=True)
class ServerSource:
    """A camera, stream or video file that the server reads.

    Attributes:
        address: Camera number, address or path; a password may stand in it, so it is never shown.
        name: What to call it, without secrets.
    """

    address: str = field(repr=False)
    name: str

    @property
    def is_file(self) -> bool:
        """Whether it is a video on this computer, which any number may read at the same time."""
        return not self.address.isdigit() and "://" not in self.address

    def open(self) -> Source:
        """The source, to be iterated.

        Raises:
            SourceError: It is not there.
        """
        return VideoFile(self.address, self.name) if self.is_file else open_source(self.address)


DEMO: Final = ServerSource(str(DEMO_CLIP), "the demo")


def camera(number: int) -> ServerSource:
    """A camera of the server."""
    return ServerSource(str(number), f"Camera {number} of this computer")


def stream(address: str) -> ServerSource:
    """A network stream.

    Raises:
        SourceError: The address is of no known kind.
    """
    address = address.strip()
    scheme, mark, rest = address.partition("://")
    if not mark or not rest or scheme.lower() not in SCHEMES:
        raise SourceError(
            "a stream's address looks like rtsp://camera.local/live or http://camera.local/video"
        )
    return ServerSource(address, without_secrets(address))


def video_file(path: str) -> ServerSource:
    """A video file on the server.

    Raises:
        SourceError: There is no such file.
    """
    path = path.strip().strip("\"'")
    if not Path(path).expanduser().is_file():
        raise SourceError(f"{path}: no such file on this computer")
    return ServerSource(str(Path(path).expanduser().resolve()), Path(path).name)
