"""Plays video files like live sources: at their own speed, in a loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from maskwatch.errors import SourceError
from maskwatch.types import Frame

_LAST_FRAME_SECONDS = 0.04
_LONGEST_LAG = 1.0
_LONGEST_WAIT = 60.0  # seconds; a file may say that a picture is shown for hours


def looped(
    frames: Iterable[Frame],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Frame]:
    """Plays frames without end, each at its time.

    Args:
        frames: An iterable that can be iterated again, with `t` in seconds from the beginning.
        clock: Returns seconds on a monotonic clock.
        sleep: Waits for a number of seconds.

    Yields:
        The frames; `t` and `index` go on counting when the video starts again.

    Raises:
        SourceError: The video has no frames, or cannot be read.
    """
    began = clock()
    offset, index = 0.0, 0
    while True:
        last = None
        for frame in frames:
            t = offset + frame.t
            wait = began + t - clock()
            if wait > 0:
                sleep(min(wait, _LONGEST_WAIT))
                began -= max(0.0, wait - _LONGEST_WAIT)
            elif wait < -_LONGEST_LAG:
                began -= wait  # too slow a computer plays the clip slower instead of racing after it
            yield replace(frame, t=t, index=index)
            index += 1
            last = t
        if last is None:
            raise SourceError("the video has no frames")
        offset = last + _LAST_FRAME_SECONDS
