"""Files: frames a second, processor time and memory of everybody, on the same clips in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from typing import Any, Final

from benchmarks.speed.clips import Clip
from benchmarks.speed.competitors.modes import MODES
from benchmarks.speed.entries import Entry
from benchmarks.speed.meter import Meter, Row
from benchmarks.speed.process import CompetitorError, Process

FRAMES: Final = 150
"""Frames of one run at most: 5 s of video."""

_WARM_UP: Final = 5  # frames


def measure_files(
    entries: Sequence[Entry],
    clips: Sequence[Clip],
    meter: Meter,
    logs: Path,
    tell: Callable[[str], None],
    frames: int = FRAMES,
) -> dict[str, Any]:
    """Measures everybody.

    Args:
        entries: Who.
        clips: Which clips; whoever cannot have all gets some of them.
        meter: How often.
        logs: Folder for what the processes print.
        tell: Gets a line now and then.
        frames: Frames of one run at most.

    Returns:
        "rows" (a measurement each), "stages" (parts of a frame), "versions" and "failed", by competitor.
    """
    rows: list[Row] = []
    stages: list[Row] = []
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        processes = start(entries, logs, failed, stack)
        for number in range(meter.rounds):
            for clip in clips:
                for process in processes:
                    who = process.entry.name
                    if who in failed or not _is_for(process.entry, clip):
                        continue
                    known = {"who": who, "clip": clip.name, "people": clip.people, "round": number}
                    try:
                        if number == 0 and clip is clips[0]:
                            process.ask(_job("file", clip, _WARM_UP, 20))
                        row = meter.take(lambda p=process, c=clip: _measure(p, c, frames))  # type: ignore[misc]
                        rows.append(known | row)
                        if who in MODES and _is_made_720p(clip):
                            stages.append(known | _parts(process, clip, frames))
                    except CompetitorError as error:
                        failed[who] = str(error)
                        tell(str(error))
                        continue
                    tell(
                        f"round {number + 1}, {clip.name}, {who}:"
                        f" {row['fps']:.1f} frames/s{'' if row['quiet'] else ', not quiet'}"
                    )
        versions = {process.entry.name: process.versions for process in processes}
    return {"rows": rows, "stages": stages, "versions": versions, "failed": failed}


def start(entries: Sequence[Entry], logs: Path, failed: dict[str, str], stack: ExitStack) -> list[Process]:
    """Starts the processes, one after the other; who does not start is noted in `failed`.

    Args:
        entries: Who.
        logs: Folder for what they print.
        failed: Gets name -> reason.
        stack: Ends the processes.
    """
    processes = []
    for entry in entries:
        try:
            processes.append(stack.enter_context(Process(entry, logs)))
        except CompetitorError as error:
            failed[entry.name] = str(error)
    return processes


def _is_for(entry: Entry, clip: Clip) -> bool:
    return entry.clips == "all" or _is_made_720p(clip)


def _is_made_720p(clip: Clip) -> bool:
    return clip.people is not None and clip.size[1] <= 720


def _job(do: str, clip: Clip, frames: int, seconds: float) -> dict[str, Any]:
    truth = None if clip.truth is None else str(clip.truth)
    return {"do": do, "path": str(clip.path), "truth": truth, "frames": frames, "seconds": seconds}


def _measure(process: Process, clip: Clip, frames: int) -> tuple[Row, float]:
    answer = process.ask(_job("file", clip, frames, process.entry.seconds))
    done = max(answer["frames"], 1)
    fps = done / answer["seconds"]
    row = {
        "fps": round(fps, 2),
        "cpu_a_minute": round(60 * clip.fps * answer["cpu"] / done, 2),
        "peak_mb": round(answer["peak_mb"], 1),
        "frames": answer["frames"],
        "faces": round(mean(answer["faces"] or [0]), 2),
        "found": round(mean(answer["found"] or [0]), 2),
    }
    return row, answer["cpu"]


def _parts(process: Process, clip: Clip, frames: int) -> Row:
    answer = process.ask(_job("stages", clip, frames, 60))
    done = max(answer["frames"], 1)
    return {
        "looks": round(answer["looks"] / done, 2),
        "ms": {name: round(1e3 * seconds / done, 3) for name, seconds in answer["stages"].items()},
    }
