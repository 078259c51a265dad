"""Closing the mailbox, from wherever and in whatever state the source is."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from maskwatch.latest import Latest


class Hanging:
    """A generator that hangs until it is let go."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def __call__(self) -> Iterator[int]:
        yield 1
        self.reached.set()
        self.go.wait(30)
        yield 2


def test_closing_does_not_wait_for_ever_for_a_source_that_hangs() -> None:
    hanging = Hanging()
    numbers = Latest(hanging())
    assert hanging.reached.wait(10)
    numbers.close(timeout=0.01)  # nor is the generator, which is at work, closed from here
    assert numbers._thread.is_alive()
    assert list(numbers) == []
    hanging.go.set()
    numbers._thread.join(10)
    assert not numbers._thread.is_alive()
    assert list(numbers) == []


def test_the_source_may_close_it_itself() -> None:
    ready, errors = threading.Event(), list[RuntimeError]()

    def source() -> Iterator[int]:
        ready.wait(10)
        try:
            numbers.close()
        except RuntimeError as error:  # a thread cannot wait for itself
            errors.append(error)
        yield 1

    numbers = Latest(source())
    ready.set()
    numbers._thread.join(10)
    assert errors == []
    assert list(numbers) == []


def test_a_source_that_is_no_iterator_is_closed_at_once() -> None:
    closed = threading.Event()

    class Camera:
        def __iter__(self) -> Iterator[int]:
            yield 1
            closed.wait(30)

        def close(self) -> None:
            closed.set()

    numbers = Latest(Camera())
    assert next(numbers) == 1
    numbers.close()
    assert closed.is_set()
    assert not numbers._thread.is_alive()


def test_a_source_without_a_close_method() -> None:
    with Latest([1, 2, 3]) as numbers:
        numbers._thread.join(10)
        assert list(numbers) == [3]
        assert numbers.dropped == 2
    assert list(numbers) == []


def test_every_reader_hears_of_the_end() -> None:
    ended = []
    go = threading.Event()

    def source() -> Iterator[int]:
        go.wait(10)
        yield from ()

    numbers = Latest(source())
    readers = [threading.Thread(target=lambda: ended.append(list(numbers)), daemon=True) for _ in range(3)]
    for reader in readers:
        reader.start()
    go.set()
    for reader in readers:
        reader.join(10)
    assert ended == [[], [], []]


def test_its_thread_does_not_keep_the_program_alive() -> None:
    with Latest([1]) as numbers:
        assert numbers._thread.daemon
        assert numbers._thread.name == "latest"


def test_what_is_thrown_away_at_closing_was_not_dropped() -> None:
    numbers = Latest(iter([1]))
    numbers._thread.join(10)
    numbers.close()
    assert numbers.dropped == 0
    with pytest.raises(StopIteration):
        next(numbers)
