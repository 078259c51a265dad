"""Results come in the order of the items, not all at once, and errors are not swallowed."""

from __future__ import annotations

import threading

import pytest

from maskwatch.training.data import in_threads as module
from maskwatch.training.data.in_threads import in_threads


def test_results_come_in_the_order_of_the_items() -> None:
    """The first item waits for the second one, so they run at the same time."""
    second_ran = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_ran.wait(30)
        if item == 1:
            second_ran.set()
        return item * item

    assert list(in_threads(work, range(20), "working")) == [item * item for item in range(20)]


def test_no_items_no_results() -> None:
    assert list(in_threads(str, [], "working")) == []


def test_only_some_results_wait_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all decoded pictures would be in memory at once."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    begun: list[int] = []
    results = in_threads(begun.append, range(100), "working")
    for taken in range(1, 20):
        next(results)
        assert len(begun) <= taken + 2 * module._AHEAD
    results.close()  # type: ignore[attr-defined]
    assert len(begun) < 100


def test_an_error_is_raised_where_its_result_would_come() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    results = in_threads(work, range(10), "working")
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
