"""An hour of the live page: `python -m benchmarks.robustness.soak_page --minutes 60 --out FOLDER`.

One browser shows its own camera, two more windows and one visitor without a browser watch two cameras in the
network. Every ten seconds it is noted what the app and the browser hold, and how late the pictures are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.page import barcode
from benchmarks.page.app_process import App
from benchmarks.page.browser import Browser, LiveView
from benchmarks.page.camera_server import Cameras
from benchmarks.page.clips import pictures, write_clip
from benchmarks.page.visitor import VIEW, joined, unpack, visit
from benchmarks.robustness.samples import save_samples, table
from benchmarks.robustness.usage import sample
from maskwatch.atomic_file import write_text
from maskwatch.sources.images import decode_image

_EVERY: Final = 10.0
_FPS: Final = 10
_SIZE: Final = (1280, 720)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the soak, prints what grew, and writes `soak-page.json`, its plot and its table."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        samples, complaints = _soak(Path(folder), 60 * options.minutes, options.rtsp)
    text = _report(samples, complaints)
    print(text)
    if options.out is not None:
        save_samples(options.out / "soak-page.json", samples)
        write_text(options.out / "soak-page.md", text)


def _report(samples: list[dict[str, Any]], complaints: dict[str, int]) -> str:
    told = ", ".join(f"{number} times {text}" for text, number in complaints.items())
    return f"# Soak of the live page\n\n{table(samples)}\nErrors in the log of the app: {told or 'none'}.\n"


def _soak(folder: Path, seconds: float, rtsp: str | None) -> tuple[list[dict[str, Any]], dict[str, int]]:
    shown = pictures(_SIZE)
    clip = write_clip(folder / "camera.mjpeg", shown)
    samples: list[dict[str, Any]] = []
    with (
        Cameras(shown, _FPS) as cameras,
        App(folder) as app,
        Browser(clip) as browser,
        _Viewer(app.port, cameras.url(0)) as viewer,
    ):
        second = rtsp or cameras.url(1)
        windows = {
            "browser camera": browser.open(app.url),
            "viewer of camera 1": browser.open(app.url, _stream(cameras.url(0))),
            "viewer of camera 2": browser.open(app.url, _stream(second)),
        }
        for window in windows.values():
            window.start()
        began = time.monotonic()
        while (t := time.monotonic() - began) < seconds:
            windows["browser camera"].page.wait_for_timeout(1000 * min(_EVERY, seconds - t))
            t = time.monotonic() - began
            late = {name: _latency(window) for name, window in windows.items()}
            late["viewer without a browser"] = viewer.latency()
            rows = [
                sample(app.pid, "app", t, late["viewer without a browser"]),
                sample(browser.pid, "browser", t, late["browser camera"]),
            ]
            samples += [row | {"latencies_ms": late} for row in rows if row is not None]
            print(f"{t:.0f} s", json.dumps(samples[-len(rows) :]), flush=True)
        errors = {name: window.errors for name, window in windows.items() if window.errors}
        if errors:
            print("errors in the page:", errors)
        return samples, app.complaints()


def _stream(address: str) -> dict[str, str]:
    return {"source": "stream", "address": address}


def _latency(window: LiveView) -> float | None:
    """Returns the median milliseconds to the drawing since the last time: from grabbing, or as told."""
    late = [
        frame["told"] if frame["grabbed"] is None else frame["drawn"] - frame["grabbed"]
        for frame in window.take()
    ]
    return round(median(late), 1) if late else None


class _Viewer:
    """A visitor without a browser, in a thread of its own; the pictures of the camera hold a clock."""

    def __init__(self, port: int, address: str) -> None:
        self._port = port
        self._address = address
        self._late: list[float] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def latency(self) -> float | None:
        """Returns the median milliseconds from taking to receiving a picture since the last time."""
        late, self._late = self._late, []
        return round(median(late), 1) if late else None

    async def _watch(self) -> None:
        async with (
            visit(self._port, _stream(self._address)) as token,
            joined(self._port, VIEW, token, source="chosen") as socket,
        ):
            while not self._ends.is_set():
                message = await socket.recv()
                if isinstance(message, str):
                    continue
                at = time.time()
                _, jpeg = unpack(message)
                number = barcode.read(decode_image(jpeg))
                if number is not None:
                    self._late.append(1000 * (barcode.seconds_since(number) - (time.time() - at)))
                await socket.send("shown")

    def __enter__(self) -> _Viewer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(10)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness.soak_page", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=60)
    add("--rtsp", help="address of an RTSP stream; without it the second camera, too, sends JPEG over HTTP")
    add("--out", type=Path, help="folder for the samples, their plot and the table")
    return parser


if __name__ == "__main__":
    main()
