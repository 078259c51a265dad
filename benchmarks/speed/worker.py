"""Inside a competitor's process: takes jobs as lines of JSON, and answers with what they cost.

Standard library alone: it runs in the environments of all competitors.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from benchmarks.speed.usage import peak_mb, reset_peak


class Enough(Exception):
    """The frames or seconds of a job are used up. Raised by `Results`, caught by whoever gave the job."""


class Results:
    """Takes note of each result, and ends the job in time.

    Args:
        frames: Number of results after which it is enough.
        seconds: Time after which it is enough.

    Attributes:
        times: When each result was there, seconds of the system's monotonic clock.
        numbers: Number of the frame of each result, from 0.
        faces: Number of faces in each result.
        found: Number of faces that the competitor found itself; the others were handed to it.
    """

    def __init__(self, frames: int, seconds: float) -> None:
        self.times: list[float] = []
        self.numbers: list[int] = []
        self.faces: list[int] = []
        self.found: list[int] = []
        self._frames = frames
        self._end = time.monotonic() + seconds

    def add(self, number: int, faces: int, found: int | None = None) -> None:
        """Notes a result.

        Args:
            number: Of the frame, from 0.
            faces: Number of faces that were dealt with.
            found: Number of those that were found; None for all.

        Raises:
            Enough: It was the last one.
        """
        now = time.monotonic()
        self.times.append(now)
        self.numbers.append(number)
        self.faces.append(faces)
        self.found.append(faces if found is None else found)
        if len(self.times) >= self._frames or now >= self._end:
            raise Enough


class Competitor(Protocol):
    """Somebody who can be given clips."""

    def versions(self) -> dict[str, str]:
        """Returns what it runs on: library -> version."""
        ...

    def run(self, job: Mapping[str, Any], results: Results) -> Mapping[str, Any] | None:
        """Does a job.

        Args:
            job: "do" says what; see `serve`.
            results: Gets each result as soon as it is there.

        Returns:
            What else there is to tell, if anything.
        """
        ...


def serve(make: Callable[[], Competitor]) -> None:
    """Answers jobs until the input ends.

    A job holds "do", "frames" and "seconds" and what the competitor needs; the answer is that of
    `_measured`, or holds "error". The first line of all tells the versions, once everything is loaded.

    Args:
        make: Loads the competitor.
    """
    # Libraries may print; the answers get a pipe that nothing else knows.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        competitor = make()
        print(json.dumps({"versions": competitor.versions()}), file=answers, flush=True)
        for line in sys.stdin:
            try:
                answer = _measured(competitor, json.loads(line))
            except Exception as error:  # whatever it is, whoever asked has to know
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)


def _measured(competitor: Competitor, job: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a job cost: seconds, processor seconds, memory, and the results."""
    reset_peak()
    results = Results(int(job["frames"]), float(job["seconds"]))
    more: Mapping[str, Any] | None = None
    began, processor = time.monotonic(), time.process_time()
    with suppress(Enough):
        more = competitor.run(job, results)
    taken, used = time.monotonic() - began, time.process_time() - processor
    return {
        "seconds": taken,
        "cpu": used,
        "peak_mb": peak_mb(),
        "frames": len(results.times),
        "faces": results.faces,
        "found": results.found,
        "times": results.times,
        "numbers": results.numbers,
        **(more or {}),
    }
