"""What decoding leaves behind."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from clips import write_clip
from maskwatch.sources.video import VideoFile

FRAMES = 40


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", [np.full((96, 128, 3), 5 * i, np.uint8) for i in range(FRAMES)])


def test_frames_do_not_wait_for_the_collector(clip: Path) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in VideoFile(str(clip)):
            pass
        left = gc.collect()
    finally:
        gc.enable()
    assert left < FRAMES, "each frame is held by what was asked of it"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lists the threads of a process")
def test_frames_start_no_threads(clip: Path) -> None:
    def threads() -> int:
        return len(os.listdir("/proc/self/task"))

    kept, most, before = [], 0, threads()
    for frame in VideoFile(str(clip)):
        kept.append(frame)
        most = max(most, threads())
    assert most <= before + 2
