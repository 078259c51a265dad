"""Clips for cameras and players: the pictures of the demo at any size, each with its number."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np

from benchmarks.page import barcode
from maskwatch.app.live.server_source import DEMO_CLIP
from maskwatch.sources.video import VideoFile
from maskwatch.types import Image


def pictures(size: tuple[int, int], number: int = 90) -> list[Image]:
    """Returns pictures of the demo, (h, w, 3) uint8, BGR, scaled to `size` = (width, height)."""
    frames = islice(VideoFile(str(DEMO_CLIP)), number)
    return [
        np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        for frame in frames
    ]


def write_clip(path: Path, images: list[Image], fps: int = 30) -> Path:
    """Writes pictures, each with its number from 0: .mjpeg for a browser's camera, .mp4 for players."""
    is_jpeg = path.suffix == ".mjpeg"
    options = {} if is_jpeg else {"preset": "veryfast", "g": str(fps), "bf": "0"}
    with av.open(str(path), "w", format="mjpeg" if is_jpeg else None) as out:
        video = cast(av.VideoStream, out.add_stream("mjpeg" if is_jpeg else "libx264", fps, options=options))
        video.height, video.width = images[0].shape[:2]
        video.pix_fmt = "yuvj420p" if is_jpeg else "yuv420p"
        video.codec_context.time_base = Fraction(1, fps)
        if is_jpeg:
            video.codec_context.qmin = video.codec_context.qmax = 4
        for number, image in enumerate(images):
            stamped = image.copy()
            barcode.stamp(stamped, number)
            out.mux(video.encode(av.VideoFrame.from_ndarray(stamped, format="bgr24")))
        out.mux(video.encode(None))
    return path
