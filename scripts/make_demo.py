"""Makes the app's built-in clip, so that a machine without a camera sees maskwatch work.

    python scripts/make_demo.py            writes src/maskwatch/app/assets/demo.mp4
    python scripts/make_demo.py --truth    prints the truth, one JSON object a frame, and writes nothing

Four people in a room: three wear masks, one of them below the nose; one comes in without and puts hers on.
All are made from one public-domain portrait (see tests/made/portrait.py), so the clip may be given to anyone.
It loops without a seam. Needs scikit-image.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from made.portrait import Cutout, Look, Wearing, person  # noqa: E402
from made.room import room  # noqa: E402
from made.scenes import Place, Standing, stand  # noqa: E402
from maskwatch.training.synthesis.masks import MaskStyle  # noqa: E402
from maskwatch.types import LABELS, Image  # noqa: E402

WIDTH, HEIGHT, FPS, SECONDS = 960, 540, 24, 14
TARGET = ROOT / "src/maskwatch/app/assets/demo.mp4"
FADE = 0.45
"""Seconds that a change of the mask takes."""


@dataclass(frozen=True)
class Actor:
    """Somebody in the clip.

    Attributes:
        look: Hair, skin and clothes.
        style: The mask.
        way: Time in seconds to (x of the face in pixels, height of the face in pixels, pace 0 to 1).
        wears: How the mask is worn and from when on, in seconds, in order.
    """

    look: Look
    style: MaskStyle
    way: Callable[[float], tuple[float, float, float]]
    wears: tuple[tuple[float, Wearing], ...]


def _sway(x: float, reach: float, face: float, phase: float) -> Callable[[float], tuple[float, float, float]]:
    """Stands about, shifting from one foot to the other."""

    def way(t: float) -> tuple[float, float, float]:
        turn = 2 * math.pi * t / SECONDS
        drift = math.sin(turn + phase) + 0.35 * math.sin(2 * turn + 2.1 * phase)
        return x + reach * drift, face * (1 + 0.03 * math.sin(turn + phase + 1)), 0.15

    return way


def _path(points: list[tuple[float, float, float]]) -> Callable[[float], tuple[float, float, float]]:
    """Walks through (seconds, x, height of the face), slowing down at each point."""

    def way(t: float) -> tuple[float, float, float]:
        for (t0, x0, f0), (t1, x1, f1) in pairwise(points):
            if t0 <= t <= t1:
                share = (t - t0) / (t1 - t0)
                eased = share * share * (3 - 2 * share)
                pace = min(1.0, abs(x1 - x0) / (t1 - t0) / 120) * 4 * share * (1 - share)
                return x0 + eased * (x1 - x0), f0 + eased * (f1 - f0), pace
        return points[-1][1], points[-1][2], 0.0

    return way


CAST = (
    Actor(  # far back, crosses the room
        Look((150, 152, 148), (88, 84, 80), hair=(96, 100, 106), mirror=True, stretch=0.97),
        MaskStyle("black", (44, 42, 42), seed=11),
        _path([(0, 600, 66), (3.4, 336, 66), (6.6, 322, 67), (9.8, 342, 66), (SECONDS, 600, 66)]),
        ((0, "correct"),),
    ),
    Actor(
        Look((84, 70, 116), hair=(40, 56, 84), glasses=True, skin=0.94, stretch=0.96),
        MaskStyle("surgical", (222, 196, 150), seed=3),
        _sway(190, 16, 88, 0.4),
        ((0, "correct"),),
    ),
    Actor(
        Look(
            (70, 62, 52),
            (200, 196, 190),
            jacket=True,
            hair=(26, 26, 32),
            skin=0.78,
            mirror=True,
            stretch=1.05,
        ),
        MaskStyle("surgical", (206, 212, 168), seed=7),
        _sway(790, 14, 112, 2.6),
        ((0, "nose_out"),),
    ),
    Actor(  # comes in bare, puts it on, leaves
        Look((132, 96, 48)),
        MaskStyle("surgical", (248, 246, 243), seed=12),
        _path([(0, -270, 138), (3.8, 540, 138), (9.4, 560, 134), (SECONDS, 1240, 138)]),
        ((0, "none"), (6.4, "chin"), (7.4, "correct")),
    ),
)


def frames() -> Iterator[tuple[Image, list[dict[str, object]]]]:
    """Yields each picture with its faces as plain rows (person, box, label)."""
    background = room(WIDTH, HEIGHT, seed=2, horizon=1.0)
    for index in range(SECONDS * FPS):
        image, standing, t = background.copy(), Standing(), index / FPS
        for number, actor in enumerate(CAST):
            x, face, pace = actor.way(t)
            step = 2 * math.pi * 1.6 * t + number
            y = 322 - 0.55 * face - pace * 0.022 * face * abs(math.sin(step))
            roll = 0.8 * math.sin(2 * math.pi * t / SECONDS * 2 + number) + 0.9 * pace * math.sin(step)
            cutout = _dressed(actor, t)
            standing.add(stand(image, cutout, Place(cutout.worn, x, y, face, roll=roll)), cutout.worn, number)
        truth = standing.truth((WIDTH, HEIGHT))
        yield (
            image,
            [
                {"person": int(who), "box": [round(float(v), 1) for v in box], "label": LABELS[state]}
                for who, box, state in zip(truth.people, truth.boxes, truth.states, strict=True)
            ],
        )


def _dressed(actor: Actor, t: float) -> Cutout:
    """The actor at a time; while the mask is moved, between two cut-outs."""
    before, now, since = actor.wears[0][1], actor.wears[0][1], -FADE
    for start, worn in actor.wears:
        if t >= start:
            before, now, since = now, worn, start
    share = min(1.0, (t - since) / FADE)
    after = person(now, actor.style, actor.look)
    if share >= 1 or before == now:
        return after
    mixed = cv2.addWeighted(person(before, actor.style, actor.look).image, 1 - share, after.image, share, 0)
    return replace(after, image=np.asarray(mixed, np.uint8), worn=now if share >= 0.5 else before)


def write(target: Path) -> None:
    """Encodes the clip: H.264, playable before it is wholly loaded, the same bytes each time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(target), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "23", "preset": "slow", "g": str(2 * FPS)}
        stream.codec_context.thread_count = 1
        for image, _ in frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())


def main() -> None:
    """Reads the options and does what they say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--truth", action="store_true", help="print the truth instead")
    if parser.parse_args().truth:
        for index, (_, faces) in enumerate(frames()):
            print(json.dumps({"index": index, "t": round(index / FPS, 3), "faces": faces}))
        return
    write(TARGET)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
