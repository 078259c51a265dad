"""Milliseconds from a 1280x720 frame to boxes, and from boxes to states: ours beside others, in one run.

    python benchmarks/speed.py [--rounds 60] [--frame PICTURE] [--yunet FILE]

Each contender runs once a round, in turn, on one thread, so that whatever else the machine does meets all
of them alike. Trust the ratios to the baseline (the first row) more than the milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from maskwatch import read_image
from maskwatch.build import CLASSIFIERS, load
from maskwatch.errors import MaskwatchError
from maskwatch.types import Faces, Image


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--frame", type=Path, help="a picture; made noise without")
    options.add_argument("--yunet", default="yunet", help="yunet, or yunet=FILE")
    options.add_argument("--opencv-ssd", default="opencv-ssd", help="opencv-ssd, or opencv-ssd=FILE")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    frame = _frame(chosen.frame)
    contenders: dict[str, Callable[[], object]] = {}
    for name, detector, size in (
        ("YuNet 320x180", chosen.yunet, 320),
        ("ssd-fast", "ssd-fast", None),
        ("YuNet 640x360", chosen.yunet, 640),
        ("ssd (live)", "ssd-accurate", None),
        ("OpenCV SSD 300x300", chosen.opencv_ssd, None),
        ("ssd (stills, up to 1280)", "ssd", None),
    ):
        try:
            engine = load(detector, "none", size, live=not name.endswith("1280)"), threads=1)
        except MaskwatchError as error:
            print(f"without {name}: {error}")
            continue
        contenders[name] = lambda engine=engine: engine.detect(frame)  # type: ignore[misc]
    faces = Faces(np.array([[300, 200, 420, 350]], np.float32), np.ones(1, np.float32))
    for name in CLASSIFIERS:
        judge = load("ssd-fast", name, threads=1).classifier
        assert judge is not None
        contenders[f"{name}, one face"] = lambda judge=judge: judge.classify(frame, faces)  # type: ignore[misc]
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for round_ in range(chosen.rounds + 5):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if round_ >= 5:  # the first rounds warm up
                times[name].append((time.perf_counter() - start) * 1000)
    baseline = statistics.median(next(iter(times.values())))
    print(f"{'':<28}{'median ms':>10}{'best ms':>10}{'of the first':>14}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:<28}{median:>10.2f}{min(values):>10.2f}{median / baseline:>14.2f}")


def _frame(path: Path | None) -> Image:
    if path is None:
        rough = np.random.default_rng(0).integers(0, 256, (18, 32, 3), np.uint8)
        return np.asarray(cv2.resize(rough, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.asarray(cv2.resize(read_image(path), (1280, 720)), np.uint8)


if __name__ == "__main__":
    main()
