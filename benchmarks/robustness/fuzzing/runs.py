"""Runs a kind of inputs in processes of their own and counts what came of it."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.robustness.usage import usage_of

HANG: Final = 5.0
"""Seconds that an input may take: of a core, for others may use the machine as well."""

_HANG_ON_CLOCK: Final = 60.0  # seconds: whoever waits uses no core
_START: Final = 300.0  # seconds for a process to begin: imports, and making the good inputs
_ROOT: Final = Path(__file__).parents[3]


@dataclass
class Tally:
    """What came of the inputs of a kind.

    Attributes:
        kind: Its name.
        inputs: How many were tried.
        outcomes: Number of inputs that were read, refused, and so on.
        faults: One entry for each place and error: how often, the first input and where it is kept.
        slowest_s: Seconds of the slowest input that ended.
        slowest_cpu_s: Seconds of a core, likewise.
        peak_mb: Most resident memory of a process.
        warm: What the last process held when it was warm.
        end: What it held after its last input.
        restarts: How often a process had to be started anew.
    """

    kind: str
    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest_cpu_s: float = 0.0
    peak_mb: float = 0.0
    warm: dict[str, float] = field(default_factory=dict)
    end: dict[str, float] = field(default_factory=dict)
    restarts: int = 0

    def record(self) -> dict[str, Any]:
        """Returns the figures for the report."""
        return {
            "kind": self.kind,
            "inputs": self.inputs,
            **dict(self.outcomes),
            "faults": list(self.faults.values()),
            "slowest_s": self.slowest_s,
            "slowest_cpu_s": self.slowest_cpu_s,
            "peak_mb": round(self.peak_mb),
            "warm": self.warm,
            "end": self.end,
        }


def run_kind(name: str, count: int, build: Path, seed: int = 0) -> Tally:
    """Tries `count` inputs of a kind.

    Args:
        name: See `kind_named`.
        count: How many.
        build: Folder in which the inputs that caused a fault are kept.
        seed: Other seeds make other inputs.
    """
    tally = Tally(name)
    build = build.resolve()
    folder = build / "work" / name.replace(":", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = 0
    while done < count:
        done = _run_process(tally, seed, done, count, folder, build / "kept")
        tally.restarts += done < count
    return tally


def _run_process(tally: Tally, seed: int, first: int, end: int, folder: Path, kept: Path) -> int:
    """Runs one process until it has done all, or has to be given up; returns the next input's number."""
    command = [sys.executable, "-m", "benchmarks.robustness.fuzzing.worker"]
    paths = [str(_ROOT), str(_ROOT / "src"), str(_ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        [*command, tally.kind, str(seed), str(first), str(end), str(folder)],
        stdout=subprocess.PIPE,
        env={**_clean_environment(), "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert process.stdout is not None
    number: int | None = None
    lines = _Lines(process.stdout)
    try:
        while (line := _next(lines, process.pid, number is not None)) is not None:
            told = json.loads(line)
            if "begin" in told:
                number = int(told["begin"])
            elif "end" in told:
                _count(tally, told, folder, kept)
                number = None
            elif "usage" in told:
                setattr(tally, told["at"], told["usage"])
                tally.peak_mb = max(tally.peak_mb, told.get("peak_mb", 0.0))
        if lines.ended and process.wait(30) == 0:
            return end
        what = f"crash: exit status {process.returncode}" if lines.ended else f"hang: more than {HANG:g} s"
        if number is None:  # what every process does before its first input, and after its last one
            raise RuntimeError(f"{tally.kind}: the process failed between two inputs ({what})")
        tally.inputs += 1
        tally.outcomes[what.partition(":")[0]] += 1
        _keep(tally, what, {"error": what, "at": ""}, number, folder, kept)
        return number + 1
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _next(lines: _Lines, pid: int, reading: bool) -> bytes | None:
    """Returns the next line of a process; None once it hangs, or has ended."""
    if not reading:
        return lines.next(_START)
    before, deadline = usage_of(pid), time.monotonic() + _HANG_ON_CLOCK
    while True:
        line = lines.next(HANG)
        if line is not None or lines.ended or time.monotonic() > deadline:
            return line
        now = usage_of(pid)
        if before is None or now is None or now.cpu_s - before.cpu_s >= HANG:
            return None


def _count(tally: Tally, told: dict[str, Any], folder: Path, kept: Path) -> None:
    tally.inputs += 1
    tally.outcomes[told["outcome"]] += 1
    tally.slowest_s = max(tally.slowest_s, told["s"])
    tally.slowest_cpu_s = max(tally.slowest_cpu_s, told["cpu"])
    if told["fault"] is not None:
        kind = told["fault"]["error"].partition(":")[0]
        _keep(tally, f"{kind} {told['fault']['at']}", told["fault"], told["end"], folder, kept)


def _keep(tally: Tally, key: str, fault: dict[str, Any], number: int, folder: Path, kept: Path) -> None:
    """Counts a fault; keeps the first input of its kind."""
    if key not in tally.faults:
        kept.mkdir(parents=True, exist_ok=True)
        file = kept / f"{folder.name}-{number}"
        # A process that lives has gone on to its next input meanwhile.
        data = fault.pop("data", None)
        file.write_bytes((folder / "input").read_bytes() if data is None else base64.b64decode(data))
        tally.faults[key] = {**fault, "number": number, "input": file.name, "times": 0}
    tally.faults[key]["times"] += 1


def _clean_environment() -> dict[str, str]:
    """Returns the environment without the settings of the user."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MASKWATCH_")}


class _Lines:
    """Lines of a pipe, each within a time."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.ended = False
        self._file = pipe.fileno()
        self._rest = b""

    def next(self, seconds: float) -> bytes | None:
        """Returns the next line; None when none came in time, or (`ended`) none will come."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            if not select.select([self._file], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return None
            data = os.read(self._file, 65536)
            if not data:
                self.ended = True
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line
