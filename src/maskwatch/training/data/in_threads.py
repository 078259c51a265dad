"""Prepares pictures on all cores: OpenCV and ONNX Runtime let other threads of Python run meanwhile."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

from maskwatch.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD: Final = 2
"""Items for each thread that may be ready before they are taken: results may be large."""


def in_threads(function: Callable[[Item], Result], items: Sequence[Item], text: str) -> Iterator[Result]:
    """Calls a function for each item, several at the same time, and shows a progress bar.

    Args:
        function: Safe to be called by several threads at once.
        items: What it is called with.
        text: What is going on, for people.

    Yields:
        The results, in the order of the items.
    """
    threads = os.cpu_count() or 1
    waiting: deque[Future[Result]] = deque()
    rest = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in progress(items, text):
                for item in islice(rest, _AHEAD * threads - len(waiting)):
                    waiting.append(pool.submit(function, item))
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
