"""Reading ahead: every item in order, never more than allowed, and no thread that stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from maskwatch.ahead import Ahead
from maskwatch.pipeline import Engine, Session, run
from maskwatch.types import Faces, Frame, Image


class Counted:
    """Gives 0, 1, 2 ... and tells how many were asked for; each is asked for in turn."""

    live = False

    def __init__(self, number: int, error: BaseException | None = None) -> None:
        self.asked = 0
        self.closed_by: threading.Thread | None = None
        self._number = number
        self._error = error

    def __iter__(self) -> Iterator[int]:
        try:
            for value in range(self._number):
                self.asked += 1
                yield value
            if self._error is not None:
                raise self._error
        finally:
            self.closed_by = threading.current_thread()


def until(condition: Callable[[], bool]) -> None:
    """Waits for what another thread is about to do."""
    waiting = threading.Event()
    for _ in range(1000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it never came")


@pytest.mark.parametrize("most", [1, 2, 5])
def test_every_item_comes_in_order(most: int) -> None:
    with Ahead(Counted(50), most) as items:
        assert list(items) == list(range(50))
        assert list(items) == []


@pytest.mark.parametrize("most", [1, 2, 4])
def test_it_reads_as_far_ahead_as_it_may_and_no_further(most: int) -> None:
    source = Counted(50)
    with Ahead(source, most) as items:
        for taken in range(3):
            until(lambda taken=taken: source.asked == taken + most)  # type: ignore[misc]
            threading.Event().wait(0.05)  # time to go too far
            assert source.asked == taken + most
            assert next(items) == taken


def test_an_error_comes_after_the_items_before_it() -> None:
    with Ahead(Counted(3, ValueError("damaged"))) as items:
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="damaged"):
            next(items)


def test_closing_ends_a_thread_that_waits_for_room() -> None:
    source = Counted(50)
    items = Ahead(source)
    until(lambda: source.asked == 2)
    items.close()
    assert not items._thread.is_alive()
    assert source.closed_by is items._thread  # a decoder is closed by the thread that runs it
    assert source.asked == 2
    assert list(items) == []


def test_closing_does_not_wait_for_ever_for_an_item_that_hangs() -> None:
    reached, go = threading.Event(), threading.Event()

    def source() -> Iterator[int]:
        yield 1
        reached.set()
        go.wait(30)
        yield 2

    with Ahead(source()) as items:
        assert next(items) == 1
        assert reached.wait(10)
    assert items._thread.is_alive()
    go.set()
    items._thread.join(10)
    assert not items._thread.is_alive()


def test_ctrl_c_in_the_reader_ends_the_thread() -> None:
    items = Ahead(Counted(50))
    with pytest.raises(KeyboardInterrupt), items:
        raise KeyboardInterrupt
    assert not items._thread.is_alive()


class NoFaces:
    """Finds nothing."""

    def detect(self, image: Image) -> Faces:
        return Faces.empty()


class Frames:
    """Three frames; notes which thread reads them."""

    def __init__(self) -> None:
        self.read_by: set[str] = set()

    def __iter__(self) -> Iterator[Frame]:
        for index in range(3):
            self.read_by.add(threading.current_thread().name)
            yield Frame(np.zeros((64, 64, 3), np.uint8), index, index / 10, "made")


class FileFrames(Frames):
    """The same, of a file."""

    live = False


class CameraFrames(Frames):
    """The same, of a camera: whoever reads it ahead would show what is past."""

    live = True


@pytest.mark.parametrize(
    ("source", "reader"), [(FileFrames(), "ahead"), (CameraFrames(), "MainThread"), (Frames(), "MainThread")]
)
def test_a_run_reads_ahead_only_what_is_not_live(source: Frames, reader: str) -> None:
    indices = [result.frame.index for result in run(source, Session(Engine(NoFaces())))]
    assert indices == [0, 1, 2]
    assert source.read_by == {reader}


def test_a_run_that_is_left_early_leaves_no_thread() -> None:
    results = run(FileFrames(), Session(Engine(NoFaces())))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]
