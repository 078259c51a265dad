import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from maskwatch.errors import SourceError
from maskwatch.latest import Latest


class Steps:
    """Gives the next number when told, so that no test depends on the clock."""

    def __init__(self) -> None:
        self._wanted = threading.Semaphore(0)
        self._taken = threading.Semaphore(0)
        self.closed = threading.Event()
        self.error: Exception | None = None
        self.numbers = 0

    def __iter__(self) -> Iterator[int]:
        try:
            while True:
                self._taken.release()
                self._wanted.acquire()
                if self.error is not None:
                    raise self.error
                if self.closed.is_set():
                    return
                self.numbers += 1
                yield self.numbers
        finally:
            self.closed.set()

    def step(self, times: int = 1) -> None:
        """Returns when that many numbers lie in the mailbox or beyond."""
        for _ in range(times):
            self._taken.acquire()
            self._wanted.release()
        self._taken.acquire()
        self._taken.release()

    def end(self) -> None:
        self.closed.set()
        self._wanted.release()

    close = end


def test_newest_wins_and_the_rest_is_counted() -> None:
    source = Steps()
    with Latest(source) as numbers:
        source.step(5)
        assert next(numbers) == 5
        assert numbers.dropped == 4
        source.step(2)
        assert next(numbers) == 7
        assert numbers.dropped == 5


def test_reader_waits_for_the_next() -> None:
    source = Steps()
    got: list[int] = []
    with Latest(source) as numbers:
        reader = threading.Thread(target=lambda: got.append(next(numbers)))
        reader.start()
        source.step()
        reader.join(10)
        assert got == [1]
        assert numbers.dropped == 0


def test_last_one_is_given_before_the_end() -> None:
    source = Steps()
    with Latest(source) as numbers:
        source.step(3)
        source.end()
        assert list(numbers) == [3]
        assert list(numbers) == []


def test_error_reaches_the_reader_after_the_last_one() -> None:
    source = Steps()
    with Latest(source) as numbers:
        source.step()
        source.error = SourceError("unplugged")
        source._wanted.release()
        numbers._thread.join(10)
        assert next(numbers) == 1
        with pytest.raises(SourceError, match="unplugged"):
            next(numbers)
        assert list(numbers) == []


def test_error_before_the_first() -> None:
    def broken() -> Iterator[int]:
        raise SourceError("no camera")
        yield 0

    with Latest(broken()) as numbers, pytest.raises(SourceError, match="no camera"):
        next(numbers)


def test_closing_frees_the_source_and_ends_the_reader() -> None:
    source = Steps()
    numbers = Latest(source)
    source.step(2)
    numbers.close()
    assert source.closed.is_set()
    assert not numbers._thread.is_alive()
    assert list(numbers) == []  # nothing is given out after closing


def test_closing_ends_a_waiting_reader() -> None:
    source = Steps()
    numbers = Latest(source)
    got: list[int] = []
    reader = threading.Thread(target=lambda: got.extend(numbers))
    reader.start()
    numbers.close()
    reader.join(10)
    assert not reader.is_alive()
    assert got == []


def test_generator_is_closed_by_its_own_thread() -> None:
    closed_by: list[str] = []

    def source() -> Iterator[int]:
        try:
            number = 0
            while True:
                yield number
                number += 1
        finally:
            closed_by.append(threading.current_thread().name)

    with Latest(source()) as numbers:
        next(numbers)
    assert closed_by == ["latest"]


_INTERRUPTED = """
import random, signal
from maskwatch.latest import Latest

def numbers():
    while True:
        yield 0

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
moments = random.Random(1)
for _ in range(300):
    latest = Latest(numbers())
    try:
        signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-4, 2e-3))
        for _ in latest:
            pass
    except KeyboardInterrupt:
        pass
    latest.close()
    assert not latest._thread.is_alive(), "the source's thread hangs"
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that interrupts on this system")
def test_an_interrupt_at_any_moment_leaves_no_lock_behind() -> None:
    """In a process of its own: a hang must not take the other tests along."""
    subprocess.run([sys.executable, "-c", _INTERRUPTED], check=True, timeout=120)


def test_pauses_are_told_and_the_end_is_none() -> None:
    source = Steps()
    with Latest(source) as numbers:
        items = numbers.or_pauses(0.01)
        assert next(items) is None
        source.step(2)
        assert next(item for item in items if item is not None) == 2
        assert next(items) is None
        source.end()
        assert [item for item in items if item is not None] == []


def test_an_error_is_raised_from_the_iteration_with_pauses_too() -> None:
    source = Steps()
    with Latest(source) as numbers:
        source.error = SourceError("unplugged")
        source._wanted.release()
        with pytest.raises(SourceError, match="unplugged"):
            list(numbers.or_pauses(0.5))
