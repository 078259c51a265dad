"""Times of a video's frames as a player shows them: steady, whatever the file says. Pure.

Files say odd things. A recording that was joined from two starts again at 0 in the middle; a camera that was
switched off for the night leaves a hole of hours; raw H.264 says nothing; B-frames in AVI have times in
decoding order. Players skip such jumps and go on at the usual pace (ffplay, mpv and VLC do), and so must
whatever counts seconds.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

LONGEST_GAP: Final = 10.0
"""Seconds between two frames above which the clock has jumped: FFmpeg's own limit (`-dts_delta_threshold`)
for formats in which clocks do jump, such as MPEG transport streams."""

LONGEST_GAP_OF_INDEXED: Final = 60.0
"""The same for formats with an index or a clock of their own, such as MP4 and Matroska."""

_LATEST: Final = 1e10  # seconds: three centuries; what is beyond, or no number, is a damaged time
_LONGEST_SHOWN: Final = 86_400.0  # seconds that a file may show one frame and be believed
_LARGEST_JITTER: Final = 1.0  # seconds: times that run back by less are untidy, by more a new beginning
_REMEMBERED: Final = 9  # intervals that the usual pace is the median of
_DEFAULT_INTERVAL: Final = 0.04  # seconds: 25 frames a second, FFmpeg's guess for raw streams


class FrameClock:
    """Turns the times that a file gives its frames into times that grow steadily from about 0.

    Args:
        interval: Usual seconds between two frames; 0 where the file does not say.
        longest_gap: Seconds without a frame that are believed.
        latest_start: The time of a first frame is believed from 0 up to this; otherwise the first frame
            gets 0. None takes `longest_gap`.

    Attributes:
        jumps: How often the file's clock jumped.
        offset: Seconds that are added to the file's clock since it last jumped.
    """

    def __init__(
        self, interval: float = 0.0, longest_gap: float = LONGEST_GAP, latest_start: float | None = None
    ) -> None:
        self.jumps = 0
        self._longest_gap = longest_gap
        self._latest_start = longest_gap if latest_start is None else latest_start
        self._intervals: deque[float] = deque([interval or _DEFAULT_INTERVAL], maxlen=_REMEMBERED)
        self._last: float | None = None
        self.offset = 0.0
        self._shown = 0.0  # seconds that the frame before is to be shown, by its own word

    def __call__(self, time: float | None, shown: float = 0.0) -> float:
        """The time of the next frame.

        Args:
            time: Seconds by the file's clock; None where it does not say.
            shown: Seconds that the file says this frame is to be shown; 0 where it does not say.

        Returns:
            Seconds since the video began; larger than for the frame before.
        """
        if time is not None and not abs(time) <= _LATEST:
            time = None
        t = self._first(time) if self._last is None else self._next(time, self._last)
        self._last, self._shown = t, min(shown, _LONGEST_SHOWN)
        return t

    def _first(self, time: float | None) -> float:
        if time is None:
            return 0.0
        if not 0 <= time <= self._latest_start:
            self.offset = -time
        return time + self.offset

    def _next(self, time: float | None, last: float) -> float:
        usual = last + median(self._intervals)
        if time is None:
            return usual
        t = time + self.offset
        believed = max(self._longest_gap, 1.5 * self._shown)
        if last - t > _LARGEST_JITTER or t - last > believed:
            self.jumps += 1
            self.offset = usual - time
            return usual
        if t <= last:
            return usual
        self._intervals.append(t - last)
        return t
