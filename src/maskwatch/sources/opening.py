"""Opens the source that a user wrote as text: a camera number, an address, a file or a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import is_address
from maskwatch.sources.base import Source
from maskwatch.sources.files import find, is_video
from maskwatch.sources.images import MAX_MEGAPIXELS, Images
from maskwatch.sources.stream import TIMEOUT, open_stream
from maskwatch.sources.video import VideoFile

if TYPE_CHECKING:
    from maskwatch.settings import Sources


def open_source(text: str, settings: Sources | None = None) -> Source:
    """Returns the source for a text.

    Args:
        text: The number of a camera ("0"), the address of a stream ("rtsp://..."), the path of a video or
            picture, or a folder or pattern of pictures.
        settings: Largest picture and timeout of streams; None takes the defaults.

    Returns:
        A source, not yet opened: cameras and live streams are opened when the iteration starts.

    Raises:
        SourceError: The text is no source, the file does not exist, or it holds no video.
    """
    text = text.strip()
    if not text:
        raise SourceError("no source given: a camera number, an address or a file is needed")
    timeout = TIMEOUT if settings is None else settings.timeout
    max_megapixels = MAX_MEGAPIXELS if settings is None else settings.max_megapixels
    if text.isascii() and text.isdigit():
        from maskwatch.sources.camera import Camera, read_number

        return Camera(read_number(text))
    if is_address(text):
        return open_stream(text, timeout, max_megapixels)
    paths = find(text)
    pictures = [path for path in paths if not is_video(path)]
    if pictures:
        return Images(pictures, max_megapixels)
    if len(paths) > 1:
        raise SourceError(f"{text}: several videos; give one")
    return VideoFile(paths[0], max_megapixels=max_megapixels)
