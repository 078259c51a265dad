"""Video files as if they were live: at their own speed, over and over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from maskwatch.errors import SourceError
from maskwatch.types import Frame

_LAST_FRAME_SECONDS = 0.04
_LONGEST_LAG = 1.0


def looped(
    frames: Iterable[Frame],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Frame]:
    """Plays frames for ever, each when its time has come.

    Args:
        frames: Can be iterated again and again; `t` in seconds from the beginning.
        clock: Seconds on some clock.
        sleep: Waits so many seconds.

    Yields:
        The frames, with `t` and `index` going on through all rounds.

    Raises:
        SourceError: There are no frames, or they cannot be read.
    """
    began = clock()
    offset, index = 0.0, 0
    while True:
        last = None
        for frame in frames:
            t = offset + frame.t
            wait = began + t - clock()
            if wait > 0:
                sleep(wait)
            elif wait < -_LONGEST_LAG:
                began -= wait  # a computer too slow for the clip plays it slower, it does not race after it
            yield replace(frame, t=t, index=index)
            index += 1
            last = t
        if last is None:
            raise SourceError("the video has no frames")
        offset = last + _LAST_FRAME_SECONDS
