"""A camera that is unplugged while it is watched."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import cv2
import numpy as np

from benchmarks.robustness.faults.long_runs import Passers
from benchmarks.robustness.faults.outcome import Outcome
from maskwatch.cli.watching import watch_source
from maskwatch.errors import SourceError
from maskwatch.pipeline import Engine, Session
from maskwatch.sinks.rows import JsonLines
from maskwatch.sinks.summary import StreamSummary
from maskwatch.sources.camera import Camera
from maskwatch.types import Image


class _Device:
    """Stands for OpenCV's capture: gives some pictures, then none any more."""

    released = 0

    def __init__(self, number: int) -> None:
        self._left = 30

    def isOpened(self) -> bool:
        return True

    def read(self) -> tuple[bool, Image | None]:
        self._left -= 1
        return (True, np.zeros((36, 64, 3), np.uint8)) if self._left > 0 else (False, None)

    def release(self) -> None:
        _Device.released += 1


def unplug(times: int = 3) -> Outcome:
    """Unplugs a camera: one clear error, the device is freed, and the rows until then are there."""
    told = rows = 0
    for _ in range(times):
        passers = Passers()
        summary = StreamSummary("camera 0")
        with TemporaryDirectory() as folder, mock.patch.object(cv2, "VideoCapture", _Device):
            path = Path(folder, "rows.jsonl")
            sink = JsonLines(path, events=True, recording=True)
            try:
                watch_source(Camera(0), Session(Engine(passers, passers, live=True)), [sink], summary)
            except SourceError as error:
                told += "unplugged" in str(error)
            rows += len([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]) >= 2
    held = told == rows == _Device.released == times
    figures = {"told": told, "rows_kept": rows, "devices_freed": _Device.released}
    lost = "nothing" if held else "rows"
    return Outcome("a camera is unplugged", times, "rows written", lost, held, figures)
