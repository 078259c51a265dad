"""maskwatch, through the code that `maskwatch watch` runs for files and for live streams."""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import onnxruntime

from benchmarks.speed import stages
from benchmarks.speed.competitors.modes import MODES
from benchmarks.speed.worker import Enough, Results, serve
from maskwatch import __version__
from maskwatch.cli.watching import watch_source
from maskwatch.factory import from_settings, new_session
from maskwatch.latest import Latest
from maskwatch.pipeline import Engine
from maskwatch.results import Result
from maskwatch.settings import load_settings
from maskwatch.sinks.summary import StreamSummary
from maskwatch.sources.opening import open_source
from maskwatch.types import Frame


class Ours:
    """maskwatch with the settings of a mode.

    Args:
        mode: Name in `MODES`.
    """

    def __init__(self, mode: str) -> None:
        self._settings = load_settings(given=MODES[mode].settings)
        self._engines: dict[int, Engine] = {}
        engine = self._engine(self._file_threads)
        new_session(engine, self._settings)(Frame(np.zeros((720, 1280, 3), np.uint8)))

    def versions(self) -> dict[str, str]:
        """See `benchmarks.speed.worker.Competitor.versions`."""
        return {
            "maskwatch": __version__,
            "onnxruntime": onnxruntime.__version__,
            "opencv": cv2.__version__,
            "numpy": np.__version__,
        }

    def run(self, job: Mapping[str, Any], results: Results) -> Mapping[str, Any] | None:
        """Runs a clip ("file"), a live stream ("live"), several ("cameras"), or a clip by part ("stages")."""
        if job["do"] == "cameras":
            return self._cameras(job["paths"], float(job["seconds"]))
        if job["do"] == "stages":
            return self._stages(job["path"], int(job["frames"]))
        return self._watch(job["path"], results)

    @property
    def _file_threads(self) -> int:
        # As `maskwatch watch` and `maskwatch detect` choose them.
        return min(2, os.cpu_count() or 1)

    def _engine(self, threads: int) -> Engine:
        if threads not in self._engines:
            self._engines[threads] = from_settings(self._settings, live=True, threads=threads)
        return self._engines[threads]

    def _watch(self, path: str, results: Results) -> Mapping[str, Any]:
        source = open_source(path, self._settings.sources)
        engine = self._engine(1 if source.live else self._file_threads)
        summary = StreamSummary(source.name)
        with suppress(Enough):
            watch_source(source, new_session(engine, self._settings), [_Sink(results)], summary)
        return {"dropped": summary.dropped}

    def _cameras(self, paths: Sequence[str], seconds: float) -> Mapping[str, Any]:
        """Watches several streams at once with one engine, a thread each; returns the results of each."""
        engine = self._engine(1)
        seen = [Results(1 << 30, seconds) for _ in paths]
        threads = [
            threading.Thread(target=self._camera, args=(path, engine, results), daemon=True)
            for path, results in zip(paths, seen, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 30)
        return {"cameras": [{"numbers": r.numbers, "times": r.times, "faces": r.faces} for r in seen]}

    def _camera(self, path: str, engine: Engine, results: Results) -> None:
        session = new_session(engine, self._settings)
        with suppress(Enough), Latest(open_source(path, self._settings.sources)) as frames:
            for frame in frames:
                _note(session(frame), results)

    def _stages(self, path: str, most: int) -> Mapping[str, Any]:
        """Returns the processor seconds of each part of a clip; all of it runs in one thread."""
        engine = from_settings(self._settings, live=True, threads=1)
        session = new_session(engine, self._settings)
        frames, number, looks = iter(open_source(path, self._settings.sources)), 0, 0
        with stages.timed(engine) as clock:
            began = time.process_time()
            while number < most:
                with clock.running("decode"):
                    frame = next(frames, None)
                if frame is None:
                    break
                number += 1
                faces = session(frame).faces
                looks += len(faces) if faces.looked is None else int(faces.looked.sum())
            taken = time.process_time() - began
        return {"frames": number, "looks": looks, "stages": stages.parts(taken, clock)}


class _Sink:
    """Takes note of every result."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def write(self, result: Result) -> None:
        """See `maskwatch.sinks.base.Sink.write`."""
        _note(result, self._results)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _note(result: Result, results: Results) -> None:
    results.add(result.frame.index, len(result.people or ()))


def main() -> None:
    """Loads it and answers jobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=list(MODES))
    mode = parser.parse_args().mode
    serve(lambda: Ours(mode))


if __name__ == "__main__":
    main()
