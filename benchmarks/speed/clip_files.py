"""Writes made scenes as H.264 files with their truth beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from benchmarks.people.scenes import FPS, Scene
from benchmarks.people.truth import VISIBLE
from maskwatch.atomic_file import AtomicFile
from maskwatch.types import Image

_ENCODER: Final = {"preset": "veryfast", "crf": "24", "bf": "0", "tune": "zerolatency"}
"""As cameras do: no frame waits for a later one."""

_GROUP: Final = 30  # frames from one that stands alone to the next


def write_clip(scene: Scene, path: Path, fps: int = FPS) -> None:
    """Writes a scene forwards and backwards, so that it can be looped without a jump, and its truth.

    Args:
        scene: At 30 frames a second.
        path: The MP4 file; the truth gets the same name with `.json`.
        fps: Frames a second, a divisor of 30.
    """
    indices = range(0, len(scene), FPS // fps)
    frames = [scene.render(i) for i in indices]
    order = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    truths = [scene.truths[i] for i in indices] if scene.actors else []
    boxes = [t.boxes[t.shares >= VISIBLE].round(1).tolist() for t in truths] or [[]] * len(frames)
    encode(path, [frames[i] for i in order], fps)
    with AtomicFile(path.with_suffix(".json")) as draft:
        draft.path.write_text(json.dumps([boxes[i] for i in order]), encoding="utf-8")


def encode(path: Path, frames: Sequence[Image], fps: int) -> None:
    """Writes an H.264 file as cameras do, with a frame that stands alone every second or so.

    Args:
        path: The MP4 file.
        frames: (h, w, 3) uint8, BGR, all of one even size.
        fps: Frames a second.
    """
    with AtomicFile(path) as draft, av.open(str(draft.path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=Fraction(fps), options=_ENCODER)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.gop_size = _GROUP
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="bgr24")))
        out.mux(stream.encode(None))
