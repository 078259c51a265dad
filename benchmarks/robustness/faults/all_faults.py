"""All faults, by the name of their group."""

from __future__ import annotations

import contextlib
import io
import signal
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.robustness.faults import bombs, clocks, disks, endings, kills, long_runs, streams, two_writers
from benchmarks.robustness.faults.outcome import Outcome
from benchmarks.robustness.faults.unplugged import unplug


def _kills() -> Iterator[Outcome]:
    for kind in kills.KINDS:
        yield kills.kill_writers(kind, 20 if kind != "checkpoint" else 5)


def _disks() -> Iterator[Outcome]:
    for kind in kills.KINDS:
        outcome = disks.fill_disk(kind)
        if outcome is not None:
            yield outcome


def _endings() -> Iterator[Outcome]:
    for number in (signal.SIGINT, signal.SIGTERM):
        for frozen in (False, True):
            yield endings.end_watching(number, 5, frozen)
    yield endings.blocked_reader()


def _writers() -> Iterator[Outcome]:
    yield two_writers.one_collection()
    yield two_writers.one_store()
    yield two_writers.one_output()


def _streams() -> Iterator[Outcome]:
    yield from streams.http_faults()
    yield from streams.rtsp_faults()
    yield unplug()


def _bombs() -> Iterator[Outcome]:
    yield from bombs.picture_bombs()
    yield from bombs.video_bombs()


def _hours() -> Iterator[Outcome]:
    for fps in (1.0, 10.0):
        with contextlib.redirect_stderr(io.StringIO()):  # thousands of alerts
            outcome = long_runs.long_file(10.0, fps)
        yield outcome


GROUPS: Final[dict[str, Callable[[], Iterator[Outcome]]]] = {
    "kills": _kills,
    "disks": _disks,
    "endings": _endings,
    "writers": _writers,
    "streams": _streams,
    "bombs": _bombs,
    "clocks": clocks.all_clocks,
    "hours": _hours,
}
"""Name of the group -> injects its faults."""
