"""kill -9 while files are written: what was complete must stay readable."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final, cast

from benchmarks.robustness.faults.leftovers import read_left
from benchmarks.robustness.faults.outcome import Outcome, start

KINDS: Final = {
    "rows": "JSON lines of a live source",
    "csv": "CSV of a live source",
    "video": "a recording (MP4)",
    "whole": "files that are replaced whole: settings, reports, exports",
    "collection": "corrected pictures and their labels",
    "checkpoint": "a training's checkpoint",
}

_KEY_FRAMES: Final = 50
"""Frames between two key frames of a recording: so many may be lost at its end."""

_ENCODER: Final = 60
"""Frames that the encoder may hold back."""


def kill_writers(kind: str, times: int, seed: int = 0) -> Outcome:
    """Kills a program that writes, again and again, each time at another moment.

    Args:
        kind: A key of `KINDS`.
        times: How often.
        seed: Decides on the moments.
    """
    chance = random.Random(f"{kind} {seed}")
    told_in_all = missing = unreadable = most_missing = strays = 0
    for _ in range(times):
        with TemporaryDirectory() as folder:
            path = Path(folder, "out.mp4" if kind == "video" else "out")
            told = _kill_after(
                kind, path, chance.randint(1, 400 if kind in ("rows", "csv", "video") else 40), chance
            )
            left = read_left(kind, path, told)
            if kind == "video" and len(told) < 2 * _KEY_FRAMES + _ENCODER and not path.exists():
                continue  # before its second key frame a recording cannot be played: it has no name yet
            told_in_all += len(told)
            missing += left.missing
            most_missing = max(most_missing, left.missing)
            unreadable += not left.readable
            strays += sum(1 for one in Path(folder).rglob(".*") if one.is_file())
    allowed = _KEY_FRAMES + _ENCODER if kind == "video" else 0
    lost = "nothing that was told to be written"
    if most_missing:
        lost = f"at most {most_missing} {'frames' if kind == 'video' else 'pieces'} at the end"
    figures = {"written": told_in_all, "missing": missing, "unreadable": unreadable, "drafts_left": strays}
    held = not unreadable and most_missing <= allowed
    return Outcome(f"kill -9 while writing {KINDS[kind]}", times, "one program writing", lost, held, figures)


def _kill_after(kind: str, path: Path, pieces: int, chance: random.Random) -> list[str]:
    """Kills a writer a moment after it has told of so many pieces; returns all that it told of."""
    process = start(
        "benchmarks.robustness.faults.writer", kind, path, cwd=path.parent, stdout=subprocess.PIPE
    )
    out = cast("IO[bytes]", process.stdout)
    with process:
        told = [out.readline().decode().strip() for _ in range(pieces)]
        try:
            process.wait(chance.uniform(0, 0.03))
        except subprocess.TimeoutExpired:
            process.kill()
        told += out.read().decode().split("\n")[:-1]  # a line without its end was not told
        return [line for line in told if line]
