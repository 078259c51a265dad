"""Live: from the moment a camera sends a frame to its result, frames that nobody saw, and processor time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

import numpy as np

from benchmarks.speed.camera import Camera
from benchmarks.speed.clips import Clip
from benchmarks.speed.entries import Entry
from benchmarks.speed.files import start
from benchmarks.speed.meter import Meter, Row
from benchmarks.speed.process import CompetitorError, Process

SECONDS: Final = 8.0
"""Length of what is measured."""

WARM_UP: Final = 3.0
"""Seconds before it: FFmpeg reads a stream for a while before it gives the first frame, and what has waited
meanwhile has to be caught up with."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is watched live.

    Attributes:
        clip: What the cameras show.
        cameras: How many there are.
        names: Who watches.
    """

    clip: Clip
    cameras: int
    names: tuple[str, ...]


def measure_live(
    entries: Sequence[Entry],
    scenes: Sequence[Scene],
    meter: Meter,
    logs: Path,
    tell: Callable[[str], None],
    seconds: float = SECONDS,
    warm_up: float = WARM_UP,
) -> dict[str, Any]:
    """Measures live streams; see `benchmarks.speed.files.measure_files` for the arguments and the answer."""
    rows: list[Row] = []
    failed: dict[str, str] = {}
    names = {name for scene in scenes for name in scene.names}
    with ExitStack() as stack:
        processes = start([e for e in entries if e.name in names], logs, failed, stack)
        for number in range(meter.rounds):
            for scene in scenes:
                for process in processes:
                    who = process.entry.name
                    if who not in scene.names:
                        continue
                    try:
                        row = meter.take(
                            lambda p=process, s=scene: _measure(p, s, seconds, warm_up)  # type: ignore[misc]
                        )
                    except CompetitorError as error:
                        failed[f"{who}, {scene.cameras} x {scene.clip.name}"] = str(error)
                        tell(str(error))
                        continue
                    known = {"who": who, "clip": scene.clip.name, "people": scene.clip.people}
                    rows.append({**known, "cameras": scene.cameras, "round": number} | row)
                    tell(
                        f"round {number + 1}, live, {scene.cameras} x {scene.clip.name}, {who}: p50"
                        f" {row['p50']:.0f}, p95 {row['p95']:.0f} ms{'' if row['quiet'] else ', not quiet'}"
                    )
        versions = {process.entry.name: process.versions for process in processes}
    return {"rows": rows, "versions": versions, "failed": failed}


def _measure(process: Process, scene: Scene, seconds: float, warm_up: float) -> tuple[Row, float]:
    with ExitStack() as stack:
        cameras = [stack.enter_context(Camera(scene.clip.path, scene.clip.fps)) for _ in range(scene.cameras)]
        addresses = [camera.address for camera in cameras]
        job: dict[str, Any] = {"frames": 1 << 30, "seconds": warm_up + seconds}
        if scene.cameras == 1:
            known = [] if scene.clip.truth is None else json.loads(scene.clip.truth.read_text("utf-8"))[0]
            answer = process.ask(job | {"do": "live", "path": addresses[0], "known": known})
            seen = [answer]
        else:
            answer = process.ask(job | {"do": "cameras", "paths": addresses})
            seen = answer["cameras"]
        figures = [_delays(c.sent[-1], s, warm_up) for c, s in zip(cameras, seen, strict=True)]
    delays = np.concatenate([ms for ms, _ in figures])
    if not len(delays):
        raise CompetitorError(f"{process.entry.name}: no result within {warm_up + seconds:g} s of live video")
    sent = sum(count for _, count in figures)
    row = {
        name: round(float(np.quantile(delays, q)), 1)
        for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return row | {
        "results": len(delays),
        "dropped": round(1 - len(delays) / sent, 4),
        "cores": round(answer["cpu"] / answer["seconds"], 3),
        "peak_mb": round(answer["peak_mb"], 1),
        "faces": round(mean(number for s in seen for number in s["faces"]), 2),
    }, answer["cpu"]


def _delays(sent: Sequence[float], seen: dict[str, Any], warm_up: float) -> tuple[np.ndarray[Any, Any], int]:
    """Returns milliseconds from sending to result, and the number of frames that were sent meanwhile."""
    counted = [
        (number, t)
        for number, t in zip(seen["numbers"], seen["times"], strict=True)
        if number < len(sent) and sent[number] >= sent[0] + warm_up
    ]
    if not counted:
        return np.zeros(0), 0
    first = next(i for i, t in enumerate(sent) if t >= sent[0] + warm_up)
    delays = np.array([1e3 * (t - sent[number]) for number, t in counted])
    if delays.min() < 0:
        raise CompetitorError("the stream was lost and opened anew: nobody knows which frame is which")
    return delays, counted[-1][0] - first + 1
