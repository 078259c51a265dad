"""Runs of scenes at frame rates and losses: which frames arrive, who follows, what comes out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.people import players
from benchmarks.people.environment import published
from benchmarks.people.matching import Boxes, scored_boxes
from benchmarks.people.metrics import Tally, judge
from benchmarks.people.players import Shown
from benchmarks.people.recorded import Recording
from benchmarks.people.scenes import FPS, SIZES, digest, make_scene
from maskwatch.pipeline import Engine, Session
from maskwatch.types import Faces

CHOOSE, REPORT = tuple(range(10)), tuple(range(100, 120))
"""Seeds of the scenes for choosing settings, and of those for figures that are reported."""

MASKWATCH, TRACKED, WHOLE_FRAMES = "maskwatch", "maskwatch, tracked search", "maskwatch, whole frames"
"""As it is; searching around known people; and whole frames: the very detections of SORT and ByteTrack."""

QUICK = (0, 1, 2, 3, 5, 6)
"""Seeds of a quick look."""


OURS = (MASKWATCH, TRACKED, WHOLE_FRAMES)


def new_session(who: str, engine: Engine) -> Session:
    """Returns a session of one of `OURS`."""
    return Session(engine, fine=who != WHOLE_FRAMES, search="tracked" if who == TRACKED else "every-frame")


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
        others: Let SORT, ByteTrack and nobody follow the same detections, too.
    """

    data: Path
    build: Path
    seed: int
    size: tuple[int, int] = SIZES[0]
    arrivals: tuple[Arrival, ...] = (Arrival(),)
    others: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one scene, one way of arriving and one who follows.

    Attributes:
        who: Followed.
        arrival: How the frames arrived.
        scene: Name of the scene.
        people: Number of people in it.
        tally: Figures.
        boxes: Of each frame, for TrackEval.
    """

    who: str
    arrival: Arrival
    scene: str
    people: int
    tally: Tally
    boxes: list[Boxes]


def run_job(job: Job) -> list[Outcome]:
    """Runs one scene."""
    scene = make_scene(job.data, job.seed, job.size, keep=job.build)
    file = job.build / f"{scene.name}-{digest()}.sqlite"
    names = {str(arrival): arrival for arrival in job.arrivals}
    arriving = {arrival: arrival.indices(len(scene), job.seed) for arrival in job.arrivals}
    shown: dict[tuple[str, Arrival], list[Shown]] = defaultdict(list)
    streams: dict[str, list[tuple[float, Faces]]] = defaultdict(list)
    with Recording(file, scene.size, scene.render) as recording:
        engine = recording.engine()
        threshold = engine.threshold or 0.0
        sessions = {
            (who, arrival): new_session(who, engine)
            for arrival in job.arrivals
            for who in OURS
            if job.others or who != WHOLE_FRAMES
        }
        # Frame by frame and not stream by stream: so each frame is drawn once at most.
        for index in range(len(scene)):
            image, t = recording.frame(index), index / FPS
            here = [arrival for arrival, indices in arriving.items() if index in indices]
            for (who, arrival), session in sessions.items():
                if arrival in here:
                    shown[who, arrival].append(players.show(session, index, image, t))
            for arrival in here if job.others else ():
                streams[str(arrival)].append((t, players.detect(engine, image)))
    for name, stream in streams.items():
        shown["no tracking", names[name]] = list(players.each_frame_alone(stream, threshold))
    for (who, name), screens in published(job.build, streams, threshold).items():
        shown[who, names[name]] = screens
    outcomes = []
    for (who, arrival), screens in shown.items():
        truths = [scene.truths[i] for i in arriving[arrival]]
        boxes = [scored_boxes(truth, screen) for truth, screen in zip(truths, screens, strict=True)]
        outcomes.append(Outcome(who, arrival, scene.name, len(scene.actors), judge(truths, screens), boxes))
    return outcomes


def run_all(jobs: Sequence[Job], processes: int) -> Iterator[list[Outcome]]:
    """Runs the jobs, several at once, and yields the outcome of each in their order."""
    if processes < 2:
        yield from map(run_job, jobs)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(processes) as executor:
        yield from executor.map(run_job, jobs)
