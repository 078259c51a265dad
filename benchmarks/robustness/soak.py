"""A soak of the command line: two cameras are watched for as long as is asked for, with samples every 10 s.

One camera is HTTP, the other a real RTSP server where there is one. In the pictures of the first a face walks
from left to right; where it is found tells when the picture was sent, and so how late its result is.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.robustness.faults.cameras import RtspCamera, http_camera, rtsp_missing
from benchmarks.robustness.faults.outcome import start
from benchmarks.robustness.usage import sample
from made.scenes import Place, scene
from maskwatch.types import Image

EVERY: Final = 10.0
"""Seconds between two samples."""

_SIZE: Final = (1280, 720)
_SECONDS: Final = 4.0  # in which the face walks through the picture
_START, _WAY = 140, 1000  # pixels of its middle
_FPS: Final = 10.0


class WalkingFace:
    """Pictures of a room through which a face walks; its place tells the time."""

    def __init__(self, seed: int) -> None:
        self._room = scene([], _SIZE, seed).image
        self._with_face = scene([Place("none", x=_SIZE[0] / 2, y=300)], _SIZE, seed).image
        self._half = 100
        self._middle = _SIZE[0] // 2

    def __call__(self) -> Image:
        """Returns the picture of this moment: (720, 1280, 3) uint8, BGR."""
        x = round(place_at(time.monotonic()))
        image = self._room.copy()
        strip = self._with_face[:, self._middle - self._half : self._middle + self._half]
        image[:, x - self._half : x + self._half] = strip
        return image


def place_at(seconds: float) -> float:
    """Returns where the middle of the face is, in pixels from the left."""
    return _START + _WAY * (seconds % _SECONDS) / _SECONDS


def lateness(x: float, now: float) -> float | None:
    """Returns how many milliseconds ago the face was at `x`; None for what is no face of ours."""
    if not _START - 20 <= x <= _START + _WAY + 20:
        return None
    late = (now - (x - _START) / _WAY * _SECONDS) % _SECONDS
    return 1000 * (late if late < _SECONDS - 0.3 else late - _SECONDS)


class Watched:
    """A program that watches a camera, and whoever reads its rows.

    Attributes:
        name: For the plots.
        process: The program.
        rows: Number of rows read.
    """

    def __init__(self, name: str, url: str, folder: Path, timed: bool) -> None:
        self.name = name
        self.rows = 0
        self.process = start(
            *("maskwatch", "watch", url, "--save", f"{name.partition(' ')[0]}.mp4"),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._timed = timed
        self._late: list[float] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            now = time.monotonic()
            self.rows += 1
            with contextlib.suppress(ValueError, KeyError, IndexError):
                x1, _, x2, _ = json.loads(line)["faces"][0]["box"]
                late = lateness((x1 + x2) / 2, now) if self._timed else None
                if late is not None:
                    with self._lock:
                        self._late.append(late)

    def latency_ms(self) -> float | None:
        """Returns the median of the milliseconds from picture to row since the last call."""
        with self._lock:
            late, self._late = self._late, []
        return median(late) if late else None

    def end(self) -> None:
        """Ends the program as a user would."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def soak(minutes: float) -> Iterator[list[dict[str, Any]]]:
    """Watches two cameras, each by a program of its own; yields all samples so far after each of them."""
    samples: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        first = stack.enter_context(http_camera(WalkingFace(1), _FPS))
        watched = [Watched("http 720p", first.url, folder, timed=True)]
        stack.callback(watched[0].end)
        if rtsp_missing() is None:
            camera = RtspCamera()
            camera.start(640, 480)
            stack.callback(camera.stop)
            watched.append(Watched("rtsp 480p", camera.url, folder, timed=False))
        else:
            second = stack.enter_context(http_camera(WalkingFace(2), _FPS))
            watched.append(Watched("second http 720p", second.url, folder, timed=True))
        stack.callback(watched[1].end)
        began = time.monotonic()
        while (t := time.monotonic() - began) < 60 * minutes:
            for one in watched:
                taken = sample(one.process.pid, one.name, t, one.latency_ms())
                if taken is None:
                    raise RuntimeError(f"{one.name}: it has ended with status {one.process.poll()}")
                samples.append({**taken, "rows": one.rows})
            yield samples
            time.sleep(max(0.0, EVERY - (time.monotonic() - began - t)))
