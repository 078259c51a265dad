"""Times models side by side in one run.

Each model runs once a round, in turn, so that other load on the machine slows all of them alike.
The ratios to the first model say more than the milliseconds.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from maskwatch import __version__
from maskwatch.errors import ConfigError
from maskwatch.factory import kind_of, load, model_info
from maskwatch.models.catalog import NO_CLASSIFIER
from maskwatch.models.download import sha256
from maskwatch.sources.images import read_image
from maskwatch.types import Faces, Image, ModelKind

FRAME: Final = (1280, 720)
"""Width and height in pixels of the frame that is searched."""

WARM_UP: Final = 5
"""Rounds that are not counted: the first ones allocate memory and fill caches."""

_FACE: Final = (150, 190)  # width and height in pixels of each box that a classifier is shown
_PACKAGES: Final = ("onnxruntime", "openvino", "opencv-python-headless", "numpy")


@dataclass(frozen=True, slots=True)
class Runner:
    """A model ready to be timed.

    Attributes:
        name: As the user wrote it.
        kind: "detector" or "classifier".
        run: Runs it once.
        file: The model's file; None where it has none.
    """

    name: str
    kind: ModelKind
    run: Callable[[], object]
    file: Path | None


@dataclass(frozen=True, slots=True)
class Timing:
    """The time of one model, in milliseconds.

    Attributes:
        name: As the user wrote it.
        kind: "detector": from frame to boxes; "classifier": from boxes to states.
        median: Median over the rounds.
        best: Shortest of the rounds.
        ratio: The median divided by that of the first model of the same kind.
        file: The model's file and its hash; None where it has none.
    """

    name: str
    kind: ModelKind
    median: float
    best: float
    ratio: float
    file: dict[str, str] | None


def prepare(spec: str, frame: Image, faces: int = 1, *, live: bool = True, threads: int = 1) -> Runner:
    """Loads a model for timing.

    Args:
        spec: A detector or classifier as `maskwatch.factory.load` takes it; for detectors an @ and the
            longer side in pixels may follow.
        frame: (h, w, 3) uint8, BGR.
        faces: How many boxes a classifier is given at once.
        live: Whether to run as for live video, or else as for still pictures.
        threads: Threads of one model run.

    Raises:
        ModelError: The model cannot be had or used.
        ConfigError: The size is out of range, or given for a classifier.
    """
    name, size = _split_size(spec)
    kind = kind_of(name)
    if kind == "detector":
        detector = load(name, NO_CLASSIFIER, size, live=live, threads=threads).detector
        return Runner(spec, kind, lambda: detector.detect(frame), model_info(detector, kind).file)
    if size is not None:
        raise ConfigError(f"{spec}: only a detector takes a size")
    classifier = load("ssd-fast", name, live=live, threads=threads).classifier
    assert classifier is not None
    boxes = _boxes(faces)
    return Runner(spec, kind, lambda: classifier.classify(frame, boxes), model_info(classifier, kind).file)


def time_models(runners: Sequence[Runner], rounds: Iterable[int]) -> list[Timing]:
    """Times the models in turn.

    Args:
        runners: The models.
        rounds: One item a round, counted from 0; the first `WARM_UP` rounds do not count.

    Returns:
        The times, in the order of `runners`.
    """
    milliseconds: list[list[float]] = [[] for _ in runners]
    for number in rounds:
        for runner, taken in zip(runners, milliseconds, strict=True):
            start = time.perf_counter()
            runner.run()
            if number >= WARM_UP:
                taken.append((time.perf_counter() - start) * 1000)
    medians = [statistics.median(taken) for taken in milliseconds]
    first: dict[ModelKind, float] = {}
    for runner, median in zip(runners, medians, strict=True):
        first.setdefault(runner.kind, median)
    return [
        Timing(
            runner.name,
            runner.kind,
            median,
            min(taken),
            median / first[runner.kind],
            None if runner.file is None else {"path": str(runner.file), "sha256": sha256(runner.file)},
        )
        for runner, median, taken in zip(runners, medians, milliseconds, strict=True)
    ]


def frame_of(path: Path | None) -> Image:
    """Returns a frame of `FRAME`'s size: a picture, stretched where it has another shape, or random colours.

    Args:
        path: The picture; None makes a frame of random colours, always the same.

    Returns:
        (720, 1280, 3) uint8, BGR.

    Raises:
        SourceError: The picture cannot be read.
    """
    if path is not None:
        return np.asarray(cv2.resize(read_image(path), FRAME), np.uint8)
    rough = np.random.default_rng(0).integers(0, 256, (18, 32, 3), np.uint8)
    return np.asarray(cv2.resize(rough, FRAME, interpolation=cv2.INTER_CUBIC), np.uint8)


def machine() -> dict[str, Any]:
    """Describes the machine and the versions that the times were measured with."""
    return {
        "maskwatch": __version__,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: installed for name in _PACKAGES if (installed := _version(name))},
    }


def _split_size(spec: str) -> tuple[str, int | None]:
    name, at, size = spec.rpartition("@")
    # A file may have an @ in its name.
    if not at or not size.isdigit() or Path(spec).is_file():
        return spec, None
    if not 64 <= int(size) <= 8192:
        raise ConfigError(f"{spec}: a size is from 64 to 8192 pixels")
    return name, int(size)


def _boxes(count: int) -> Faces:
    """Returns boxes (count, 4) spread over the frame, with scores of 1."""
    draw = np.random.default_rng(0)
    corners = draw.uniform((0, 0), np.subtract(FRAME, _FACE), (count, 2))
    return Faces(
        np.concatenate([corners, corners + _FACE], axis=1).astype(np.float32), np.ones(count, np.float32)
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
