"""Ten hours of video in constant memory: a source without end and an engine that costs nothing."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.robustness.faults.outcome import Outcome
from benchmarks.robustness.usage import usage_of
from maskwatch.cli.watching import watch_source
from maskwatch.pipeline import Engine, Session
from maskwatch.rules.no_mask import NoMaskRule
from maskwatch.sinks.rows import JsonLines
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Faces, Frame, Image

_LOOP: Final = 600
"""Frames after which the same pictures come again."""


class Hours:
    """A video of some hours, of which only every so many frames exist.

    Args:
        hours: Its length.
        fps: Frames a second.
    """

    live = False
    name = "hours.mp4"

    def __init__(self, hours: float, fps: float) -> None:
        self._frames = round(hours * 3600 * fps)
        self._fps = fps
        self._image: Image = np.zeros((36, 64, 3), np.uint8)
        self.memory: list[float] = []

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames, and looks at the memory of the process now and then."""
        step = max(1, self._frames // 40)
        for index in range(self._frames):
            if index % step == 0:
                gc.collect()
                usage = usage_of(os.getpid())
                assert usage is not None
                self.memory.append(usage.rss_mb)
            yield Frame(self._image, index, index / self._fps, self.name)


class Passers:
    """Finds people who come and go, a new one every few seconds: thousands in ten hours."""

    def __init__(self) -> None:
        self._calls = 0

    def detect(self, image: Image) -> Faces:
        """Returns the people of the next frame."""
        place = self._calls % _LOOP
        self._calls += 1
        x = place % 60
        boxes = np.array([[x, 4, x + 4, 8]], np.float32)
        if place % 200 > 60:
            boxes = boxes[:0]
        return Faces(boxes, np.full(len(boxes), 0.9, np.float32))

    def classify(self, image: Image, faces: Faces) -> Faces:
        """Says of everybody that they wear no mask."""
        rows = np.tile(np.array([[0.02, 0.95, 0.03]], np.float32), (len(faces), 1))
        return faces.with_(probabilities=rows, reasons=np.full(len(faces), None, object))


def long_file(hours: float = 10.0, fps: float = 10.0) -> Outcome:
    """Runs a video of some hours through the pipeline, its rules and a file of rows."""
    source, passers = Hours(hours, fps), Passers()
    session = Session(Engine(passers, passers, live=True), [NoMaskRule()])
    summary = StreamSummary(source.name)
    began = time.process_time()
    with TemporaryDirectory() as folder:
        watch_source(source, session, [JsonLines(Path(folder, "rows.jsonl"), events=True)], summary)
        size = Path(folder, "rows.jsonl").stat().st_size
    quarter = len(source.memory) // 4
    early, late = median(source.memory[quarter : 2 * quarter]), median(source.memory[-quarter:])
    figures = {
        "frames": summary.frames,
        "people": 0 if summary.people is None else summary.people.so_far.total,
        "events": summary.events,
        "rows_mb": round(size / 1e6, 1),
        "early_mb": round(early, 1),
        "late_mb": round(late, 1),
        "cpu_s": round(time.process_time() - began, 1),
    }
    held = late - early < 5
    lost = "nothing" if summary.frames == round(hours * 3600 * fps) else "frames"
    return Outcome(f"{hours:g} hours at {fps:g} frames a second", 1, "rows written", lost, held, figures)
