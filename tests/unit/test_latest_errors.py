"""Whatever ends the source's thread, the reader hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maskwatch.latest import Latest


class Unplugged(BaseException):
    """An error that is no `Exception`."""


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, Unplugged])
def test_an_error_that_is_no_exception_reaches_the_reader(kind: type[BaseException]) -> None:
    closed = []

    def source() -> Iterator[int]:
        try:
            yield 1
            raise kind("gone")
        finally:
            closed.append(True)

    with Latest(source()) as numbers:
        numbers._thread.join(10)
        assert next(numbers) == 1
        with pytest.raises(kind, match="gone"):
            next(numbers)
        assert list(numbers) == []  # told once, and then it is over
    assert closed == [True]


def test_it_is_not_raised_after_closing() -> None:
    def source() -> Iterator[int]:
        raise KeyboardInterrupt
        yield 0

    numbers = Latest(source())
    numbers._thread.join(10)
    numbers.close()
    assert list(numbers) == []


def test_an_error_while_the_source_begins_reaches_the_reader() -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            raise SystemExit(3)

    with Latest(Broken()) as numbers, pytest.raises(SystemExit) as error:
        next(numbers)
    assert error.value.code == 3
