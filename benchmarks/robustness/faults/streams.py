"""Streams that die, freeze, change and send garbage, seen through the whole pipeline."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.robustness.faults.cameras import HttpCamera, RtspCamera, http_camera, rtsp_missing, wait_until
from benchmarks.robustness.faults.outcome import Outcome
from benchmarks.robustness.usage import usage_of
from fakes import BLUE, scene, write_classifier, write_detector
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.detectors.ssd import SSD
from maskwatch.latest import Latest
from maskwatch.pipeline import Engine, Session
from maskwatch.sources.stream import Stream
from maskwatch.types import Frame, Image

_TIMEOUT: Final = 2.0
_LONGEST: Final = 60.0
"""Seconds in which a stream has to come back once its camera is well again."""


class Viewer:
    """Somebody who watches a stream, in a thread.

    Attributes:
        frames: Number of frames that went through the pipeline.
        sizes: Width and height of the last frame.
        late: Frames whose time was not after that of the frame before.
        error: What ended it, if anything did.
    """

    def __init__(self, url: str, folder: Path) -> None:
        detector = SSD(write_detector(folder / "detector.onnx"), size=320)
        classifier = MobileNet(write_classifier(folder / "classifier.onnx"))
        self._session = Session(Engine(detector, classifier, live=True))
        self._source = Stream(url, _TIMEOUT)
        self._latest: Latest[Frame] = Latest(self._source)
        self.frames = self.late = 0
        self.size = (0, 0)
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        last = -1.0
        try:
            for frame in self._latest:
                self._session(frame)
                self.late += frame.t <= last
                last, self.size = frame.t, (frame.image.shape[1], frame.image.shape[0])
                self.frames += 1
        except BaseException as error:  # shown in the report
            self.error = error

    def goes_on(self, seconds: float = _LONGEST) -> float | None:
        """Waits for three more frames; returns after how many seconds they were there, None for never."""
        goal = self.frames + 3
        return (
            wait_until(lambda: self.frames >= goal or self.error is not None, seconds)
            if not self.error
            else None
        )

    @property
    def reconnects(self) -> int:
        """How often the stream was opened again."""
        return self._source.reconnects

    def close(self) -> None:
        """Leaves."""
        self._latest.close()
        self._thread.join(10)


@contextmanager
def _viewer(url: str) -> Iterator[Viewer]:
    with TemporaryDirectory() as folder:
        viewer = Viewer(url, Path(folder))
        try:
            yield viewer
        finally:
            viewer.close()


def http_faults(times: int = 5) -> list[Outcome]:
    """Injects each fault of an HTTP camera `times` times, one after the other."""
    outcomes = []
    sizes = ((320, 240), (640, 480), (321, 241), (160, 120))
    state = {"size": sizes[0]}
    chance = random.Random(0)

    def show() -> Image:
        return scene({(2, 1): BLUE}, *state["size"])

    def dies(camera: HttpCamera, number: int) -> None:
        camera.dead = True
        threading.Event().wait(1.0)
        camera.dead = False

    def freezes(camera: HttpCamera, number: int) -> None:
        camera.frozen = True
        threading.Event().wait(_TIMEOUT + 1)
        camera.frozen = False

    def garbage(camera: HttpCamera, number: int) -> None:
        for _ in range(5):
            camera.garbage = chance.randbytes(chance.choice((0, 10, 3000, 100_000)))
            wait_until(lambda: camera.garbage is None, 10)

    def other_size(camera: HttpCamera, number: int) -> None:
        state["size"] = sizes[(number + 1) % len(sizes)]

    before = usage_of(os.getpid())
    with http_camera(show) as camera, _viewer(camera.url) as viewer:
        if viewer.goes_on() is None:
            raise RuntimeError(f"the camera of the test gives no pictures: {viewer.error}")
        warm = usage_of(os.getpid())
        for name, inject in (
            ("an HTTP camera dies and comes back", dies),
            ("an HTTP camera freezes for longer than the time-out", freezes),
            ("an HTTP camera sends 5 pieces of garbage", garbage),
            ("an HTTP camera changes its resolution", other_size),
        ):
            outcomes.append(_injected(name, viewer, times, lambda n, f=inject: f(camera, n)))  # type: ignore[misc]
        end = usage_of(os.getpid())
    assert before is not None
    assert warm is not None
    assert end is not None
    grown = {"threads_grown": end.threads - warm.threads, "handles_grown": end.handles - warm.handles}
    held = max(grown.values()) <= 1  # the server's thread and socket of the next connection
    lost = "nothing" if held else "threads or handles"
    outcomes.append(
        Outcome("after all faults of the HTTP camera", 4 * times, "one viewer", lost, held, grown)
    )
    return outcomes


def rtsp_faults(times: int = 3) -> list[Outcome]:
    """Injects each fault of a real RTSP camera; nothing where there is none on this machine."""
    if rtsp_missing() is not None:
        return []
    camera = RtspCamera()
    outcomes = []

    def dies(number: int) -> None:
        camera.stop()
        threading.Event().wait(1.0)
        camera.start()

    def freezes(number: int) -> None:
        camera.freeze()
        threading.Event().wait(_TIMEOUT + 1)
        camera.thaw()

    def other_size(number: int) -> None:
        camera.stop()
        camera.start(*((640, 480), (320, 240))[number % 2])

    def other_codec(number: int) -> None:
        camera.stop()
        camera.start(codec=("mjpeg", "h264")[number % 2])

    try:
        camera.start()
        with _viewer(camera.url) as viewer:
            if viewer.goes_on() is None:
                raise RuntimeError(f"the RTSP camera gives no pictures: {viewer.error}")
            for name, inject in (
                ("an RTSP camera loses power and comes back", dies),
                ("an RTSP camera freezes for longer than the time-out", freezes),
                ("an RTSP camera comes back with another resolution", other_size),
                ("an RTSP camera comes back with another codec", other_codec),
            ):
                outcomes.append(_injected(name, viewer, times, inject))
    finally:
        camera.stop()
    return outcomes


def _injected(name: str, viewer: Viewer, times: int, inject: Callable[[int], None]) -> Outcome:
    """Injects a fault again and again, and waits each time until the viewer sees new frames."""
    back: list[float] = []
    frames, late = viewer.frames, viewer.late
    for number in range(times):
        inject(number)
        seconds = viewer.goes_on()
        if seconds is None:
            break
        back.append(seconds)
    held = len(back) == times and viewer.error is None and viewer.late == late
    lost = "only what the camera did not send" if held else f"the stream: {viewer.error}"
    figures = {
        "frames": viewer.frames - frames,
        "reconnects": viewer.reconnects,
        "back_after_s": [round(seconds, 2) for seconds in back],
    }
    return Outcome(name, times, "one viewer with detector and classifier", lost, held, figures)
