"""Where the time of a frame goes inside maskwatch: processor seconds of each part, in one thread."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from maskwatch.models.runtime import Model
from maskwatch.people.tracking import Tracker
from maskwatch.pipeline import Engine

STAGES: Final = ("decode", "search network", "search rest", "looks network", "looks rest", "tracking", "rest")
"""Parts of a frame that together are all of it. A network's rest is what is done around it: resizing, cutting
out, decoding its answer, suppression."""

OVERHEAD: Final = ("search rest", "looks rest", "tracking", "rest")
"""Parts outside models and codec."""


class Clock:
    """Adds up the processor seconds of named parts, each without the parts inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []

    @property
    def place(self) -> str:
        """The innermost part that runs now, "" for none."""
        return self._open[-1] if self._open else ""

    @contextmanager
    def running(self, part: str) -> Iterator[None]:
        """Counts the block as a part."""
        self._open.append(part)
        began = time.process_time()
        try:
            yield
        finally:
            taken = time.process_time() - began
            self._open.pop()
            self.seconds[part] += taken
            if self._open:
                self.seconds[self._open[-1]] -= taken


@contextmanager
def timed(engine: Engine) -> Iterator[Clock]:
    """Lets the parts of a frame note their processor seconds.

    Args:
        engine: With one thread; nothing else may run in this process.
    """
    clock = Clock()
    with ExitStack() as stack:
        for owner, method, part in (
            (type(engine.detector), "detect", "search rest"),
            (type(engine.classifier), "classify", "looks rest"),
            (type(engine.classifier), "upright_log_odds", "looks rest"),
            (Tracker, "update", "tracking"),
        ):
            stack.enter_context(_noting(owner, method, clock, part))
        # One class runs both kinds of network: whose it is tells the part around it.
        stack.enter_context(_noting(Model, "run", clock, ""))
        yield clock


def parts(taken: float, clock: Clock) -> Mapping[str, float]:
    """Returns the processor seconds of each of `STAGES`.

    Args:
        taken: Of the whole run.
        clock: What the parts noted.
    """
    known = {name: clock.seconds.get(name, 0.0) for name in STAGES}
    known["rest"] = taken - sum(known[name] for name in STAGES if name != "rest")
    return known


@contextmanager
def _noting(owner: type, method: str, clock: Clock, part: str) -> Iterator[None]:
    original: Callable[..., Any] = getattr(owner, method)

    def noting(*arguments: Any, **named: Any) -> Any:
        with clock.running(part or clock.place.replace("rest", "network")):
            return original(*arguments, **named)

    setattr(owner, method, noting)
    try:
        yield
    finally:
        setattr(owner, method, original)
