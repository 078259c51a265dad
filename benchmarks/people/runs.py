"""Runs of scenes at frame rates and losses: which frames arrive, who follows, what comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.people import players
from benchmarks.people.metrics import Tally, judge
from benchmarks.people.recorded import Recording
from benchmarks.people.scenes import FPS, SIZES, digest, make_scene

from maskwatch.pipeline import Session

CHOOSE, REPORT = tuple(range(10)), tuple(range(100, 120))
"""Seeds of the scenes for choosing settings, and of those for figures that are reported."""

QUICK = (0, 1, 2, 3, 5, 6)
"""Seeds of a quick look."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How the frames of a scene arrive.

    Attributes:
        fps: Frames a second, a divisor of 30.
        dropped: Share of these that is lost at random.
    """

    fps: int = 15
    dropped: float = 0.0

    def indices(self, frames: int, seed: int) -> list[int]:
        """Returns the numbers of the frames that arrive, of a scene of so many frames."""
        every = range(0, frames, FPS // self.fps)
        kept = np.random.default_rng((seed, 11)).random(len(every)) >= self.dropped
        return [i for i, here in zip(every, kept, strict=True) if here]

    def __str__(self) -> str:
        return f"{self.fps} fps" + (f", {self.dropped:.0%} lost" if self.dropped else "")


@dataclass(frozen=True, slots=True)
class Job:
    """One scene with all ways in which its frames are to arrive.

    Attributes:
        data: Folder of the pictures.
        build: Folder for what is kept between runs.
        seed: Of the scene.
        size: Width and height of the picture.
        arrivals: How the frames arrive.
        alone: Judge each frame alone, too.
    """

    data: Path
    build: Path
    seed: int
    size: tuple[int, int] = SIZES[0]
    arrivals: tuple[Arrival, ...] = (Arrival(),)
    alone: bool = True


Outcome = dict[tuple[str, Arrival], Tally]
"""(Who followed, how frames arrived) -> figures."""


def run_job(job: Job) -> Outcome:
    """Runs one scene."""
    scene = make_scene(job.data, job.seed, job.size, keep=job.build)
    outcome: Outcome = {}
    with Recording(job.build / f"{scene.name}-{digest()}.sqlite", scene.size, scene.render) as recording:
        for arrival in job.arrivals:
            indices = arrival.indices(len(scene), job.seed)
            truths = [scene.truths[i] for i in indices]
            engine = recording.engine()
            shown = list(players.follow(Session(engine), indices, recording.frame, FPS))
            outcome["maskwatch", arrival] = judge(truths, shown)
            if job.alone:
                found = players.detect(engine, indices, recording.frame, FPS)
                alone = list(players.each_frame_alone(found, engine.threshold or 0.0))
                outcome["no tracking", arrival] = judge(truths, alone)
    return outcome


def run_all(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, Outcome]]:
    """Runs the jobs, several at once, and yields each as it was given."""
    if processes < 2:
        yield from ((job, run_job(job)) for job in jobs)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(processes) as executor:
        yield from zip(jobs, executor.map(run_job, jobs), strict=True)
