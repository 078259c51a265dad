"""Clocks that jump: of the frames, of the containers, and of the machine."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest import mock

import av
import numpy as np

from benchmarks.robustness.faults.long_runs import Passers
from benchmarks.robustness.faults.outcome import Outcome
from maskwatch.pipeline import Engine, Session
from maskwatch.rules.lost_camera import LostCameraRule
from maskwatch.rules.no_mask import NoMaskRule
from maskwatch.sources.frame_clock import FrameClock
from maskwatch.sources.video import VideoFile
from maskwatch.types import Frame

_TIMES: Final = (0.0, -1.0, -1e9, 1e9, 1e18, math.nan, math.inf, -math.inf, 95443.717, 2**33 / 90_000, 1e-300)
"""Times that a clock may jump to: among them the wrap-around of MPEG's 33 bits of 90 kHz."""


def jumping_frames(frames: int = 3000, seed: int = 0) -> Outcome:
    """Gives a session frames whose times jump back, far ahead, or are no numbers."""
    chance = random.Random(seed)
    passers = Passers()
    session = Session(Engine(passers, passers, live=True), [NoMaskRule(), LostCameraRule()])
    image = np.zeros((36, 64, 3), np.uint8)
    t, jumps, faults, odd = 0.0, 0, [], 0
    for index in range(frames):
        t += 0.1
        given = t
        if chance.random() < 0.02:
            given, jumps = chance.choice(_TIMES), jumps + 1
            if chance.random() < 0.5 and math.isfinite(given):
                t = given  # the clock stays there
        try:
            result = session(Frame(image, index, given, "camera"))
            json.dumps(result.record(), allow_nan=False)
        except ValueError as error:
            if math.isfinite(given):
                faults.append(f"{type(error).__name__} at {given}: {error}")
            else:
                odd += 1  # refused: a time that is no number
        except (ArithmeticError, LookupError, TypeError, AssertionError) as error:
            faults.append(f"{type(error).__name__} at {given}: {error}")
    figures = {"frames": frames, "refused": odd, "faults": sorted(set(faults))[:5]}
    lost = "nothing" if not faults else f"{len(faults)} frames"
    return Outcome(
        "times of frames that jump, or are no numbers", jumps, "one stream", lost, not faults, figures
    )


def jumping_clock(steps: int = 20_000, seed: int = 0) -> Outcome:
    """Gives the clock of files times of all kinds: what comes out always grows, at a usual pace."""
    chance = random.Random(seed)
    clock, t, last, jumps, bad = FrameClock(0.04), 0.0, -1.0, 0, 0
    for _ in range(steps):
        t += 0.04
        given: float | None = t
        if chance.random() < 0.05:
            given, jumps = chance.choice((*_TIMES, None)), jumps + 1
        shown = clock(given)
        bad += not last < shown < last + 61
        last = shown
    figures = {"steps": steps, "wrong": bad}
    lost = "nothing" if not bad else "the order of frames"
    name = "times in a file that jump, wrap around, or are no numbers"
    return Outcome(name, jumps, "one file", lost, not bad, figures)


def wrapping_container() -> Outcome:
    """Reads transport streams whose 33-bit clock wraps around, or jumps back, in the middle."""
    starts = (2**33 - 90_000, 2**33 - 45_000, 0)
    frames = grows = 0
    with TemporaryDirectory() as folder:
        for number, start in enumerate(starts):
            path = Path(folder, f"{number}.ts")
            _write(path, start)
            times = [frame.t for frame in VideoFile(str(path))]
            frames += len(times)
            grows += all(0 < b - a < 1 for a, b in pairwise(times))
    held = frames == 40 * len(starts) and grows == len(starts)
    figures = {"frames": frames}
    lost = "nothing" if held else "frames, or their order"
    return Outcome(
        "a transport stream whose clock wraps around", len(starts), "one file each", lost, held, figures
    )


def _write(path: Path, start: int) -> None:
    """Writes 40 frames at 20 a second, whose clock begins at `start` 90,000ths of a second."""
    with av.open(str(path), "w", options={"mpegts_copyts": "1"}) as out:
        video = out.add_stream("mpeg2video", rate=20)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for number in range(40):
            image = np.full((48, 64, 3), 5 * number, np.uint8)
            packets += video.encode(av.VideoFrame.from_ndarray(image, "bgr24"))
        packets += video.encode(None)
        for number, packet in enumerate(packets):
            packet.time_base = Fraction(1, 90_000)
            packet.pts = packet.dts = start + 4500 * number
            out.mux(packet)


def jumping_machine() -> Outcome:
    """Lets the clock on the wall jump by days, forwards and back, while frames come at their usual pace."""
    passers = Passers()
    session = Session(Engine(passers, passers, live=True), [NoMaskRule(), LostCameraRule(after=2)])
    image = np.zeros((36, 64, 3), np.uint8)
    jumps = (86_400.0, -2 * 86_400.0, 3_600.0)
    now, lost = time.time(), 0
    for number, jump in enumerate(jumps):
        now += jump
        with mock.patch("time.time", return_value=now):
            for index in range(20):
                frame = Frame(image, index, number * 2.0 + index / 10, "camera")
                lost += sum(event.kind == "camera_lost" for event in session(frame).events)
    name = "the clock of the machine jumps by days"
    return Outcome(
        name, len(jumps), "one stream", "the camera, by mistake" if lost else "nothing", not lost, {}
    )


def all_clocks() -> Iterator[Outcome]:
    """Yields all outcomes of this module."""
    yield jumping_frames()
    yield jumping_clock()
    yield wrapping_container()
    yield jumping_machine()
