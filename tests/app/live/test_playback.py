from itertools import islice

import numpy as np
import pytest

from maskwatch.app.live.playback import looped
from maskwatch.errors import SourceError
from maskwatch.types import Frame

IMAGE = np.zeros((2, 2, 3), np.uint8)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def clip(*times: float) -> list[Frame]:
    return [Frame(IMAGE, index, t, "clip") for index, t in enumerate(times)]


def test_frames_come_at_their_own_times() -> None:
    clock = Clock()
    seen = [clock.now - 100 for _ in islice(looped(clip(0.0, 0.5, 2.0), clock, clock.sleep), 3)]
    assert seen == pytest.approx([0.0, 0.5, 2.0])


def test_it_begins_again_while_time_and_numbers_go_on() -> None:
    clock = Clock()
    frames = list(islice(looped(clip(0.0, 0.5), clock, clock.sleep), 5))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    times = [frame.t for frame in frames]
    assert times == sorted(set(times))
    assert times[2] == pytest.approx(0.54)


def test_after_a_long_stop_it_does_not_race() -> None:
    clock = Clock()
    frames = looped(clip(*(i / 10 for i in range(100))), clock, clock.sleep)
    next(frames)
    clock.now += 60
    clock.slept.clear()
    for _ in range(5):
        next(frames)
    assert clock.slept == pytest.approx([0.1] * 4)


def test_no_wait_is_endless() -> None:
    """After a frame that is far away the next ones come at their usual distance."""
    clock = Clock()
    times = [frame.t for frame in islice(looped(clip(0.0, 91_842.0, 91_842.5), clock, clock.sleep), 3)]
    assert times == [0.0, 91_842.0, 91_842.5]
    assert clock.slept == pytest.approx([60.0, 0.5])


def test_a_clip_without_frames_is_an_error() -> None:
    with pytest.raises(SourceError, match="no frames"):
        next(looped([]))
