"""What following costs: milliseconds a frame by the number of people, and from capture to result."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks.people.scenes import FPS, make_scene
from maskwatch.factory import load
from maskwatch.latest import Latest
from maskwatch.people.tracking import Tracker
from maskwatch.pipeline import Engine, Session
from maskwatch.types import Frame, Image

PEOPLE: Final = (0, 1, 5, 20, 50)
"""Numbers of people in view."""

_SEED: Final = 190
_FRAMES: Final = 90
_BEGINNING: Final = 30  # frames in which everybody is new; they are given apart
_LIVE_PEOPLE: Final = 5
_LIVE_SECONDS: Final = 12.0


@dataclass(slots=True)
class _Round:
    """Milliseconds of each frame, in all and by part, and the number of looks at faces."""

    total: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    looks: list[int] = field(default_factory=list)


def cost(data: Path, keep: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Measures the milliseconds a frame at 1280 x 720, 30 frames a second by the frames' own time.

    Args:
        data: Folder of the pictures.
        keep: Folder for the heads that are cut out.
        rounds: How often each number of people is measured, in turn; medians are returned.

    Returns:
        "5 people" -> name of the figure -> its value, milliseconds if not said otherwise.
    """
    engine = load(live=True)
    frames = {n: _frames(data, keep, n) for n in PEOPLE}
    measured: dict[int, list[_Round]] = {n: [] for n in PEOPLE}
    for _ in range(rounds):
        for n in PEOPLE:
            measured[n].append(_measure(engine, frames[n]))
    figures = {f"{n} people": _figures(measured[n]) for n in PEOPLE}
    one = figures["1 people"]["mean"]
    for row in figures.values():
        row["to_one"] = row["mean"] / one
    return figures


def live_delay(data: Path, keep: Path, rounds: int) -> dict[str, float]:
    """Measures the time from the capture of a frame to its result, from a live source of 30 frames a second.

    Args:
        data: Folder of the pictures.
        keep: Folder for the heads that are cut out.
        rounds: How often; medians are returned.

    Returns:
        Median and 95th percentile in milliseconds, and the share of the frames that nobody looked at.
    """
    engine = load(live=True)
    frames = _frames(data, keep, _LIVE_PEOPLE)
    rows = [_live_round(engine, frames) for _ in range(rounds)]
    return {name: median(row[name] for row in rows) for name in rows[0]}


def caution() -> str:
    """Returns a line about what else runs on this machine."""
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{os.cpu_count()} processors, load average before: {load_average:.1f} (figures are of use below 0.5)"
    )


def _frames(data: Path, keep: Path, people: int) -> list[Image]:
    """Draws the frames of a scene in which everybody stands, from the beginning to the end."""
    scene = make_scene(data, _SEED, people=people, acts=("stand",), keep=keep)
    return [scene.render(i) for i in range(_FRAMES)]


def _measure(engine: Engine, frames: Sequence[Image]) -> _Round:
    session = Session(engine)
    result = _Round()
    with ExitStack() as stack:
        parts = {
            "detect": stack.enter_context(_timed(type(engine.detector), "detect")),
            "track": stack.enter_context(_timed(Tracker, "update")),
            "looks": stack.enter_context(_timed(type(engine.classifier), "classify")),
            "turns": stack.enter_context(_timed(type(engine.classifier), "upright_log_odds")),
        }
        for i, image in enumerate(frames):
            before = {name: sum(times) for name, times in parts.items()}
            start = time.perf_counter()
            answer = session(Frame(image, i, i / FPS, "cost"))
            result.total.append(1e3 * (time.perf_counter() - start))
            for name, times in parts.items():
                result.parts[name].append(1e3 * (sum(times) - before[name]))
                times[:] = [sum(times)]
            looked = answer.faces.looked
            result.looks.append(len(answer.faces) if looked is None else int(looked.sum()))
    return result


@contextmanager
def _timed(owner: type, method: str) -> Iterator[list[float]]:
    """Lets a method note the seconds of its calls."""
    original: Callable[..., Any] = getattr(owner, method)
    seconds: list[float] = []

    def timed(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return original(*arguments, **named)
        finally:
            seconds.append(time.perf_counter() - start)

    setattr(owner, method, timed)
    try:
        yield seconds
    finally:
        setattr(owner, method, original)


def _figures(rounds: Sequence[_Round]) -> dict[str, float]:
    settled = slice(_BEGINNING, None)
    figures = {
        "mean": median(float(np.mean(r.total[settled])) for r in rounds),
        "p50": median(float(np.quantile(r.total[settled], 0.5)) for r in rounds),
        "p95": median(float(np.quantile(r.total[settled], 0.95)) for r in rounds),
        "beginning_p95": median(float(np.quantile(r.total[:_BEGINNING], 0.95)) for r in rounds),
        "looks_a_frame": median(float(np.mean(r.looks[settled])) for r in rounds),
    }
    for name in ("detect", "track", "looks", "turns"):
        figures[name] = median(float(np.mean(r.parts[name][settled])) for r in rounds)
    figures["rest"] = figures["mean"] - sum(figures[n] for n in ("detect", "track", "looks", "turns"))
    return figures


def _live_round(engine: Engine, frames: Sequence[Image]) -> dict[str, float]:
    session = Session(engine)
    began = time.perf_counter()
    delays = []
    with Latest(_paced(frames, began)) as latest:
        for frame in latest:
            session(frame)
            delays.append(1e3 * (time.perf_counter() - began - frame.t))
        dropped = latest.dropped
    settled = delays[FPS:]
    return {
        "p50": float(np.quantile(settled, 0.5)),
        "p95": float(np.quantile(settled, 0.95)),
        "dropped": dropped / (dropped + len(delays)),
    }


def _paced(frames: Sequence[Image], began: float) -> Iterator[Frame]:
    """Yields frames when they are due, as a camera does; back and forth through the scene."""
    there_and_back = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    for i in range(round(_LIVE_SECONDS * FPS)):
        wait = began + i / FPS - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        image = frames[there_and_back[i % len(there_and_back)]]
        yield Frame(image, i, time.perf_counter() - began, "live")
