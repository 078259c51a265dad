"""Starting: seconds from the start of a process to its first result, and to its help."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.speed.clips import Clip
from benchmarks.speed.entries import CLASSIC, Entry
from benchmarks.speed.meter import Meter, Row
from benchmarks.speed.process import CompetitorError, Process, environment

HELP: Final = "maskwatch --help"
PICTURE: Final = "maskwatch detect, first picture"
VIDEO: Final = "maskwatch watch, first frame of a file"

_TIMEOUT: Final = 60.0


def measure_start(
    entries: Sequence[Entry],
    clip: Clip,
    picture: Path,
    meter: Meter,
    logs: Path,
    tell: Callable[[str], None],
    uncounted: int = 1,
) -> dict[str, Any]:
    """Measures how long fresh processes take.

    Args:
        entries: The classic loop is measured, if it is among them.
        clip: A video.
        picture: A picture.
        meter: How often.
        logs: Folder for what the processes print.
        tell: Gets a line now and then.
        uncounted: Rounds before the first that counts: they bring files into memory.

    Returns:
        "rows": a measurement each, in seconds.
    """
    ours = [sys.executable, "-m", "maskwatch"]
    starts: dict[str, Callable[[], tuple[Row, float]]] = {
        HELP: lambda: _first_line([*ours, "--help"]),
        PICTURE: lambda: _first_line([*ours, "detect", str(picture)]),
        VIDEO: lambda: _first_line([*ours, "watch", str(clip.path), "--format", "jsonl"]),
    }
    for entry in entries:
        if entry.name == CLASSIC:
            starts[f"{CLASSIC}, first frame of a file"] = lambda e=entry: _first_answer(e, clip, logs)  # type: ignore[misc]
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for number in range(-uncounted, meter.rounds):
        for what, measure in starts.items():
            if what in failed:
                continue
            try:
                row = meter.take(measure) if number >= 0 else measure()[0]
            except CompetitorError as error:
                failed[what] = str(error)
                continue
            if number >= 0:
                rows.append({"who": what, "round": number} | row)
                tell(f"round {number + 1}, {what}: {row['seconds']:.2f} s")
    return {"rows": rows, "versions": {}, "failed": failed}


def _first_line(command: Sequence[str]) -> tuple[Row, float]:
    """Returns the seconds until a command writes its first line, and the processor seconds that it used."""
    used = children_seconds()
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # A command whose output is no terminal would keep its lines until there are many.
        env=environment() | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    with process:
        line = process.stdout.readline()
        taken = time.monotonic() - began
        process.kill()
    if not line:
        raise CompetitorError(f"{' '.join(command)}: ended without a line")
    return {"seconds": round(taken, 3)}, children_seconds() - used


def _first_answer(entry: Entry, clip: Clip, logs: Path) -> tuple[Row, float]:
    used = children_seconds()
    began = time.monotonic()
    with Process(entry, logs) as process:
        job: Mapping[str, Any] = {
            "do": "file",
            "path": str(clip.path),
            "truth": None,
            "frames": 1,
            "seconds": _TIMEOUT,
        }
        process.ask(job)
        taken = time.monotonic() - began
    return {"seconds": round(taken, 3)}, children_seconds() - used


def children_seconds() -> float:
    """Returns the processor seconds of all processes that were started here and have ended."""
    if sys.platform == "win32":
        return 0.0
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
