"""Cameras of this computer, by number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from maskwatch.errors import SourceError
from maskwatch.opencv_log import quiet
from maskwatch.types import Frame

_MAX_MISSES: Final = 20  # reads without a picture in a row; drivers miss some while they start


class Camera:
    """A camera as a source: iterating opens it, the end of the iteration releases it.

    Args:
        number: Number of the camera, from 0.
    """

    live = True

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"camera {number}"

    def __iter__(self) -> Iterator[Frame]:
        """Yields frames with `t` in seconds since the camera was opened.

        Raises:
            SourceError: There is no such camera, another program uses it, or it stopped.
        """
        with quiet():
            capture = cv2.VideoCapture(self.number)
        try:
            if not capture.isOpened():
                raise SourceError(
                    f"no camera {self.number}: none is connected, or another program is using it"
                )
            yield from self._frames(capture)
        finally:
            capture.release()

    def _frames(self, capture: cv2.VideoCapture) -> Iterator[Frame]:
        start = time.monotonic()
        index = misses = 0
        while misses < _MAX_MISSES:
            read, image = capture.read()
            if not read:
                misses += 1
                time.sleep(0.05)
                continue
            misses = 0
            yield Frame(np.asarray(image, np.uint8), index, time.monotonic() - start, self.name)
            index += 1
        raise SourceError(f"{self.name} gives no pictures any more; was it unplugged?")
