"""Keeps decoded pictures in memory, for pictures that are looked at many times."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from maskwatch.sources.images import read_image
from maskwatch.types import Image

_LIMIT: Final = 1 << 30


class DecodedPictures:
    """Reads pictures and keeps them until a limit is reached; what does not fit is decoded each time.

    Args:
        limit: Bytes of memory that the pictures may take.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._free = limit
        self._pictures: dict[Path, Image] = {}

    def read(self, path: Path) -> Image:
        """Returns a picture as (h, w, 3) uint8, BGR, upright; nobody may change it.

        Raises:
            SourceError: The file is no picture that can be read.
        """
        if (image := self._pictures.get(path)) is not None:
            return image
        image = read_image(path)
        if image.nbytes <= self._free:
            image.flags.writeable = False
            self._free -= image.nbytes
            self._pictures[path] = image
        return image
