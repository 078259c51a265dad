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

_MOST_CAMERAS: Final = 100  # OpenCV reads more into larger numbers: 200 is the first camera by Video4Linux
_COUNTED: Final = f"they are counted from 0, and {_MOST_CAMERAS - 1} is the last that is tried"
_MAX_MISSES: Final = 20  # reads without a picture in a row; drivers miss some while they start


def read_number(text: str) -> int:
    """Returns the number of a camera, written in digits.

    Raises:
        SourceError: The number is larger than that of any camera.
    """
    number = text.lstrip("0") or "0"
    if len(number) >= len(str(_MOST_CAMERAS)):
        shown = number if len(number) <= 20 else f"{number[:20]}..."
        raise SourceError(f"no camera {shown}: {_COUNTED}")
    return int(number)


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
        if not 0 <= self.number < _MOST_CAMERAS:
            raise SourceError(f"no camera {self.number}: {_COUNTED}")
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
