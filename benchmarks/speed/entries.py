"""Who is measured, and how each is started."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from benchmarks.speed.competitors.modes import MODES
from benchmarks.speed.environment import Models

CLASSIC: Final = "classic loop"
"""What all ratios are to."""

CLASSIC_FOUND: Final = "classic loop, only faces it finds"
YUNET: Final = "YuNet in the same loop"
SINGLE_SHOT: Final = "single-shot network"
DECODE_OPENCV: Final = "decode only, OpenCV"
DECODE: Final = "decode only, PyAV"

Clips = Literal["all", "720p"]
"""All clips; the made ones of 1280 x 720."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A competitor.

    Attributes:
        name: For tables.
        command: Starts its process.
        clips: Which clips it gets.
        seconds: Length of one run of a clip at most.
    """

    name: str
    command: tuple[str, ...]
    clips: Clips = "720p"
    seconds: float = 3.0

    @property
    def file_name(self) -> str:
        """The name as a part of a file's name."""
        return re.sub(r"\W+", "-", self.name)


def entries(models: Models, single_shot: Path | None = None) -> list[Entry]:
    """Returns everybody who can be measured here.

    Args:
        models: Files and environment of the others.
        single_shot: ONNX file of a single-shot network for faces and masks; None leaves it out.
    """
    found: list[Entry] = []
    if models.detector is not None and models.classifier is not None:
        loop = ("classic", str(models.detector), str(models.detector_config), models.classifier)
        found.append(_entry(CLASSIC, models.python, *loop, clips="all"))
        found.append(_entry(CLASSIC_FOUND, models.python, *loop, "--only-found"))
    if models.yunet is not None and models.classifier is not None:
        found.append(_entry(YUNET, models.python, "yunet", str(models.yunet), models.classifier))
    if single_shot is not None:
        found.append(_entry(SINGLE_SHOT, Path(sys.executable), "single_shot", str(single_shot)))
    for name, mode in MODES.items():
        clips: Clips = "all" if mode.everywhere else "720p"
        found.append(_entry(name, Path(sys.executable), "ours", name, clips=clips, seconds=5.0))
    found.append(_entry(DECODE, Path(sys.executable), "decode", "pyav", clips="all", seconds=2.0))
    found.append(_entry(DECODE_OPENCV, Path(sys.executable), "decode", "opencv", clips="all", seconds=2.0))
    return found


def _entry(
    name: str, python: Path, module: str, *arguments: str, clips: Clips = "720p", seconds: float = 3.0
) -> Entry:
    command = (str(python), "-m", f"benchmarks.speed.competitors.{module}", *arguments)
    return Entry(name, command, clips, seconds)
