"""SIGINT and SIGTERM: `maskwatch watch` ends within two seconds, with its files closed and readable."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.robustness.faults.cameras import HttpCamera, http_camera, wait_until
from benchmarks.robustness.faults.outcome import Outcome, start
from fakes import BLUE, scene, write_classifier, write_detector
from maskwatch.errors import MaskwatchError
from maskwatch.sources.video import VideoFile

LIMIT: Final = 2.0
"""Seconds that an end may take."""


def end_watching(number: signal.Signals, times: int = 3, frozen: bool = False) -> Outcome:
    """Sends a signal to a program that watches a camera and writes rows and a video.

    Args:
        number: The signal.
        times: How often.
        frozen: Whether the camera hangs at that moment.
    """
    seconds: list[float] = []
    rows = frames = unreadable = 0
    codes = set()
    with http_camera(lambda: scene({(2, 1): BLUE})) as camera:
        for _ in range(times):
            with TemporaryDirectory() as place:
                folder = Path(place)
                camera.frozen = False
                process = watching(folder, camera.url, "--output", "out.jsonl", "--save", "out.mp4")
                try:
                    took = _end(process, number, folder, camera, frozen)
                    codes.add(process.returncode)
                finally:
                    process.kill()
                    process.communicate()
                seconds.append(took)
                try:
                    text = (folder / "out.jsonl").read_text(encoding="utf-8")
                    lines = [json.loads(line) for line in text.splitlines()]
                    assert text.endswith("\n")
                    rows += len(lines)
                    frames += sum(1 for _ in VideoFile(str(folder / "out.mp4")))
                    assert not [one for one in folder.iterdir() if one.name.startswith(".")]
                except (OSError, ValueError, AssertionError, MaskwatchError):
                    unreadable += 1
    what = " that hangs" if frozen else ""
    figures = {
        "median_s": round(median(seconds), 2),
        "slowest_s": round(max(seconds), 2),
        "exit_codes": sorted(code for code in codes if code is not None),
        "rows": rows,
        "frames": frames,
        "unreadable": unreadable,
    }
    held = not unreadable and max(seconds) <= LIMIT
    lost = "nothing" if not unreadable else f"files of {unreadable} runs"
    if frozen and rows > frames:  # the program cannot finish its recording
        lost = f"{rows - frames} frames of the recordings, those after the last key frame"
    return Outcome(
        f"{number.name} while watching a camera{what}", times, "rows and a video written", lost, held, figures
    )


def watching(folder: Path, url: str, *options: str) -> subprocess.Popen[bytes]:
    """Starts `maskwatch watch` with the tiny models, in a folder."""
    models: list[str | Path] = [
        *("--detector", write_detector(folder / "detector.onnx"), "--size", "320"),
        *("--classifier", write_classifier(folder / "classifier.onnx")),
    ]
    return start(
        *("maskwatch", "watch", url),
        *models,
        *options,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _end(
    process: subprocess.Popen[bytes], number: signal.Signals, folder: Path, camera: HttpCamera, frozen: bool
) -> float:
    """Ends the program once both of its files are there; returns how many seconds that took."""
    names = ("out.jsonl", "out.mp4")
    if wait_until(lambda: all((folder / name).exists() for name in names), 120) is None:
        raise RuntimeError(f"it does not begin to write: {process.poll()}")
    if frozen:
        camera.frozen = True
        time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(number)
    process.wait(60)
    return time.monotonic() - began


def blocked_reader(seconds: float = 8.0) -> Outcome:
    """Lets nobody read the rows: watching waits, in constant memory, and ends at once when it is asked to."""
    from benchmarks.robustness.usage import usage_of

    with TemporaryDirectory() as place, http_camera(lambda: scene({(2, 1): BLUE}), 60) as camera:
        process = watching(Path(place), camera.url)
        try:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(seconds / 2)
            early = usage_of(process.pid)
            time.sleep(seconds / 2)
            late = usage_of(process.pid)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            took = time.monotonic() - began
        finally:
            process.kill()
            process.communicate()
    assert early is not None
    assert late is not None
    grown = late.rss_mb - early.rss_mb
    held = grown < 10 and took <= LIMIT
    figures = {"grown_mb": round(grown, 1), "slowest_s": round(took, 2), "frames_sent": camera.sent}
    lost = "only frames that nobody would have seen"
    return Outcome("a reader of the rows that stops reading", 1, "60 frames a second", lost, held, figures)
