"""Measures the live page: `python -m benchmarks.speed.page`; the report of the speed then shows it.

The real app, as a process of its own; a real browser with a camera that shows a clip; viewers of cameras in
the network; and visitors without a browser, who show what the server alone needs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from websockets.asyncio.client import ClientConnection

from benchmarks.page import barcode
from benchmarks.page.app_process import App
from benchmarks.page.browser import Browser, FrameNote, LiveView
from benchmarks.page.camera_server import Cameras
from benchmarks.page.clips import pictures, write_clip
from benchmarks.page.visitor import VIEW, joined, unpack, visit
from benchmarks.robustness.usage import Usage, children_of, together, usage_of
from benchmarks.speed.machine import describe
from benchmarks.speed.process import ROOT
from maskwatch.atomic_file import write_text
from maskwatch.sources.images import decode_image

_FPS: Final = 30
_SIZES: Final = ((640, 480), (1280, 720))
_WARM: Final = 4.0
_STAGES: Final = ("grabbed", "sent", "reply", "drawn")

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all cases and prints their figures; writes `page.json`."""
    options = _parser().parse_args(arguments)
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in _SIZES:
            figures[f"camera {size[0]}x{size[1]}"] = _camera(folder, size, options.seconds)
            _tell(figures)
        figures["file"] = _file(folder, options.seconds)
        _tell(figures)
        figures["network camera"] = _network(folder, options.seconds)
        _tell(figures)
        if options.rtsp:
            figures["RTSP"] = _viewed(folder, {"source": "stream", "address": options.rtsp}, options.seconds)
            _tell(figures)
        for cameras, fps in ((1, _FPS), (4, 10)):
            key = f"server alone, cameras: {cameras}, frames a second of each: {fps}"
            figures[key] = _server_alone(folder, cameras, fps, options.seconds)
            _tell(figures)
    part = {"rows": rows_of(figures), "cases": figures, "machine": describe()}
    write_text(options.out / "page.json", json.dumps(part, indent=1) + "\n")


def rows_of(figures: Figures) -> list[dict[str, Any]]:
    """Returns the rows of the report: how late a picture is in the page, where that can be seen there."""
    rows = []
    for case, found in figures.items():
        late = found.get("grabbed_to_painted_ms") or found.get("taken_to_drawn_ms")
        if late is not None:
            of_case = {name: late[name] for name in ("p50", "p95", "p99")} | {"fps": found["fps"]}
            if "app_rss_mb" in found:
                of_case["memory of the app, MB"] = found["app_rss_mb"]
            rows.append({"who": "maskwatch", "clip": case, "round": 1, **of_case})
    return rows


def _tell(figures: Figures) -> None:
    name = list(figures)[-1]
    print(name, json.dumps(figures[name], indent=1), flush=True)


def _camera(folder: Path, size: tuple[int, int], seconds: float) -> Figures:
    """The browser's own camera: from grabbing a frame in the page to drawing it with its result."""
    clip = write_clip(folder / "camera.mjpeg", pictures(size))
    with App(folder) as app, Browser(clip) as browser:
        view = browser.open(app.url)
        return _watched(app, view, seconds)


def _file(folder: Path, seconds: float) -> Figures:
    """A video file, played by the server at its own pace."""
    clip = write_clip(folder / "clip.mp4", pictures(_SIZES[1]), _FPS)
    return _viewed(folder, {"source": "file", "path": str(clip)}, seconds)


def _network(folder: Path, seconds: float) -> Figures:
    """A camera in the network, with the wall clock in its pictures: from taking to drawing."""
    with Cameras(pictures(_SIZES[1]), _FPS) as cameras:
        found = _viewed(folder, {"source": "stream", "address": cameras.url(0)}, seconds, has_clock=True)
        return found | {"sent_by_camera": cameras.sent}


def _viewed(folder: Path, parameters: dict[str, str], seconds: float, *, has_clock: bool = False) -> Figures:
    with App(folder) as app, Browser() as browser:
        return _watched(app, browser.open(app.url, parameters), seconds, has_clock=has_clock)


def _watched(app: App, view: LiveView, seconds: float, *, has_clock: bool = False) -> Figures:
    """Starts the page, lets it warm up, and watches it."""
    view.start()
    view.watch(_WARM)
    before, began = _usages(app.pid), time.monotonic()
    frames = view.watch(seconds, with_barcode=has_clock)
    after, spent = _usages(app.pid), time.monotonic() - began
    found: Figures = {
        "fps": round(len(frames) / spent, 1),
        "dropped": view.page.locator(".dropped").inner_text(),
        "page_errors": view.errors,
        **_cost(before, after, spent),
    }
    if any(frame["grabbed"] is not None for frame in frames):
        for first, second in pairwise(_STAGES):
            found[f"{first}_to_{second}_ms"] = _percentiles(_between(frames, first, second))
        found["grabbed_to_drawn_ms"] = _percentiles(_between(frames, "grabbed", "drawn"))
        found["grabbed_to_painted_ms"] = _percentiles(_between(frames, "grabbed", "painted"))
    else:
        found["read_to_shown_as_told_ms"] = _percentiles(frame["told"] for frame in frames)
        found["reply_to_drawn_ms"] = _percentiles(_between(frames, "reply", "drawn"))
    if has_clock:
        ages = [
            (frame["at"] / 10 - frame["number"]) % barcode.NUMBERS * 10
            for frame in frames
            if frame["number"] is not None
        ]
        found["taken_to_drawn_ms"] = _percentiles(ages)
    return found


def _between(frames: Iterable[FrameNote], first: str, second: str) -> list[float]:
    return [
        frame[second] - frame[first]
        for frame in frames
        if frame.get(first) is not None and frame.get(second) is not None
    ]


def _server_alone(folder: Path, number: int, fps: float, seconds: float) -> Figures:
    """What the server alone needs: cameras in the network, each watched by a visitor who shows at once."""
    with App(folder) as app, Cameras(pictures(_SIZES[1]), fps) as cameras:
        return asyncio.run(_visits(app, cameras, number, seconds))


async def _visits(app: App, cameras: Cameras, number: int, seconds: float) -> Figures:
    async with AsyncExitStack() as stack:
        sockets = []
        for i in range(number):
            token = await stack.enter_async_context(
                visit(app.port, {"source": "stream", "address": cameras.url(i)})
            )
            sockets.append(await stack.enter_async_context(joined(app.port, VIEW, token, source="chosen")))
        await asyncio.gather(*(_read(socket, _WARM) for socket in sockets))
        before, began, sent = _usages(app.pid), time.monotonic(), cameras.sent
        rows = await asyncio.gather(*(_read(socket, seconds) for socket in sockets))
        after, spent = _usages(app.pid), time.monotonic() - began
    return {
        "fps_of_each": [round(len(row) / spent, 1) for row in rows],
        "fps_sent_by_each": round((cameras.sent - sent) / spent / number, 1),
        "read_to_sent_ms": _percentiles(told for row in rows for told, _ in row),
        "taken_to_received_ms": _percentiles(1000 * age for row in rows for _, age in row if age is not None),
        **_cost(before, after, spent),
    }


async def _read(socket: ClientConnection, seconds: float) -> list[tuple[float, float | None]]:
    """Returns of each picture: the latency that the server tells, and the seconds since it was taken."""
    rows = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        message = await socket.recv()
        if isinstance(message, str):
            continue
        header, jpeg = unpack(message)
        at = time.time()
        await socket.send("shown")
        number = barcode.read(decode_image(jpeg))
        age = None if number is None else barcode.seconds_since(number) - (time.time() - at)
        rows.append((float(header["latency_ms"]), age))
    return rows


def _usages(app: int) -> tuple[Usage | None, Usage | None]:
    """Returns what the app holds, and what the browser does that this process started."""
    return usage_of(app), together(
        usage_of(pid) for pid in children_of(os.getpid()) if pid not in (os.getpid(), app)
    )


def _cost(
    before: tuple[Usage | None, Usage | None], after: tuple[Usage | None, Usage | None], seconds: float
) -> Figures:
    found: Figures = {}
    for name, early, late in zip(("app", "browser"), before, after, strict=True):
        if early is not None and late is not None:
            found[f"{name}_cpu_s_a_minute"] = round(60 * (late.cpu_s - early.cpu_s) / seconds, 1)
            found[f"{name}_rss_mb"] = round(late.rss_mb, 1)
    return found


def _percentiles(values: Iterable[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    p50, p95, p99 = np.percentile(known, (50, 95, 99))
    return {"p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1), "n": len(known)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.page", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=20, help="for which each case is watched")
    add("--rtsp", help="address of an RTSP stream to be watched, too")
    add("--out", type=Path, default=ROOT / "build" / "speed" / "parts", help="folder for page.json")
    return parser


if __name__ == "__main__":
    main()
