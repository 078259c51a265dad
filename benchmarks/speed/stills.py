"""Pictures: how many a second, of a folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.speed.entries import CLASSIC, Entry
from benchmarks.speed.files import start
from benchmarks.speed.meter import Meter, Row
from benchmarks.speed.process import CompetitorError, Process, environment
from benchmarks.speed.starting import children_seconds

DEFAULT: Final = "maskwatch detect"
FAST: Final = "maskwatch detect --fast"

WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    DEFAULT: (),
    FAST: ("--fast",),
    "maskwatch detect --detector ssd-fast": ("--detector", "ssd-fast"),
}
"""Name for tables -> options; ways that this version does not know are left out."""


def measure_stills(
    entries: Sequence[Entry],
    folders: Mapping[str, Path],
    meter: Meter,
    logs: Path,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Measures pictures a second, from the first result to the last: starting counts elsewhere.

    Args:
        entries: The classic loop is measured, if it is among them.
        folders: What the pictures are -> folder of pictures, at least two.
        meter: How often.
        logs: Folder for what the processes print.
        tell: Gets a line now and then.

    Returns:
        "rows": a measurement each.
    """
    help_text = subprocess.run(
        [sys.executable, "-m", "maskwatch", "detect", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment() | {"COLUMNS": "200"},
    ).stdout
    ways = {name: options for name, options in WAYS.items() if all(o in help_text for o in options[:1])}
    rows: list[Row] = []
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        others = start([e for e in entries if e.name == CLASSIC], logs, failed, stack)
        for number in range(meter.rounds):
            for what, folder in folders.items():
                measures: dict[str, Callable[[], tuple[Row, float]]] = {
                    **{n: lambda f=folder, o=options: _detect(f, o) for n, options in ways.items()},  # type: ignore[misc]
                    **{p.entry.name: lambda f=folder, p=p: _classic(p, f) for p in others},  # type: ignore[misc]
                }
                for who, measure in measures.items():
                    if who in failed:
                        continue
                    try:
                        row = meter.take(measure)
                    except CompetitorError as error:
                        failed[who] = str(error)
                        continue
                    rows.append({"who": who, "clip": what, "round": number} | row)
                    tell(f"round {number + 1}, {what}, {who}: {row['per_second']:.1f} pictures/s")
    return {"rows": rows, "versions": {}, "failed": failed}


def _detect(folder: Path, options: Sequence[str]) -> tuple[Row, float]:
    """Returns pictures a second of `maskwatch detect`, and the processor seconds of all of it."""
    used = children_seconds()
    command = [sys.executable, "-m", "maskwatch", "detect", str(folder), *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment() | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        times = [time.monotonic() for _ in process.stdout]
    return _row(times, " ".join(command)), children_seconds() - used


def _classic(process: Process, folder: Path) -> tuple[Row, float]:
    paths = sorted(str(path) for path in folder.iterdir())
    answer = process.ask({"do": "stills", "paths": paths, "frames": len(paths), "seconds": 120})
    return _row(answer["times"], process.entry.name), answer["cpu"]


def _row(times: Sequence[float], what: str) -> Row:
    if len(times) < 2:
        raise CompetitorError(f"{what}: {len(times)} results where at least two pictures were given")
    return {"per_second": round((len(times) - 1) / (times[-1] - times[0]), 2), "pictures": len(times)}
