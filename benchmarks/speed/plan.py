"""What is measured on what: the whole benchmark, and a quick look whether everything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2

from benchmarks.speed.clips import PEOPLE, SIZES, SLOW_FPS, Clip, made_clip, real_clips
from benchmarks.speed.competitors.modes import FAST, STANDARD
from benchmarks.speed.entries import CLASSIC, Entry, entries
from benchmarks.speed.environment import Models
from benchmarks.speed.files import FRAMES, measure_files
from benchmarks.speed.live import SECONDS, WARM_UP, Scene, measure_live
from benchmarks.speed.made_people import made_clips, made_pictures
from benchmarks.speed.meter import Meter
from benchmarks.speed.starting import measure_start
from benchmarks.speed.stills import measure_stills

_CAMERAS: Final = 4
_LIVE_PEOPLE: Final = (1, 5, 20, 50)
_SMALL, _LARGE = 16, 6  # pictures of each folder
_QUICK: Final = 5.0  # seconds of live video for a quick look, from the first one on


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured.

    Attributes:
        entries: Who.
        clips: Files.
        scenes: Live.
        pictures: What the pictures are -> folder.
        meter: How often.
        logs: Folder for what the processes print.
        tell: Gets a line now and then.
        frames: Frames of one run of a file at most.
        seconds: Length of a live measurement.
        warm_up: Seconds before it.
        uncounted: Starts of a process before those that count.
    """

    entries: Sequence[Entry]
    clips: Sequence[Clip]
    scenes: Sequence[Scene]
    pictures: Mapping[str, Path]
    meter: Meter
    logs: Path
    tell: Callable[[str], None]
    frames: int = FRAMES
    seconds: float = SECONDS
    warm_up: float = WARM_UP
    uncounted: int = 1


PARTS: Final[Mapping[str, Callable[[Plan], dict[str, Any]]]] = {
    "files": lambda p: measure_files(p.entries, p.clips, p.meter, p.logs, p.tell, p.frames),
    "live": lambda p: measure_live(p.entries, p.scenes, p.meter, p.logs, p.tell, p.seconds, p.warm_up),
    "start": lambda p: measure_start(
        p.entries, p.clips[1], _one(p.pictures), p.meter, p.logs, p.tell, p.uncounted
    ),
    "stills": lambda p: measure_stills(p.entries, p.pictures, p.meter, p.logs, p.tell),
}
"""Name of a part -> what measures it."""


def full(
    data: Path,
    build: Path,
    models: Models,
    single_shot: Path | None,
    meter: Meter,
    tell: Callable[[str], None],
) -> Plan:
    """Returns the whole benchmark; makes its clips at the first time.

    Args:
        data: Folder of the pictures.
        build: Folder for what is kept between runs.
        models: What the others need.
        single_shot: ONNX file of a single-shot network; None leaves it out.
        meter: How often.
        tell: Gets a line now and then.
    """
    made = {}
    for size in SIZES:
        for people in PEOPLE:
            tell(f"clip of {people} people, {size[1]}p")
            made[size, people] = made_clip(data, build, people, size)
    slow = made_clip(data, build, 5, SIZES[0], SLOW_FPS)
    live = [Scene(made[SIZES[0], people], 1, (STANDARD,)) for people in _LIVE_PEOPLE if people != 5]
    live.insert(1, Scene(made[SIZES[0], 5], 1, (STANDARD, FAST, CLASSIC)))
    live.append(Scene(made[SIZES[1], 5], 1, (STANDARD,)))
    live += [Scene(slow, cameras, (STANDARD,)) for cameras in (1, _CAMERAS)]
    pictures = {
        "pictures of 640 pixels": _small_pictures(data, build / "pictures-small"),
        "frames of 1920 x 1080": _frames_of(made[SIZES[1], 5], build / "pictures-large"),
    }
    clips = [*made.values(), *real_clips(data)]
    return Plan(entries(models, single_shot), clips, live, pictures, meter, build / "logs", tell)


def smoke(
    data: Path,
    build: Path,
    models: Models,
    single_shot: Path | None,
    meter: Meter,
    tell: Callable[[str], None],
) -> Plan:
    """Returns a quick look with made people; see `full` for the arguments, of which `data` is not needed."""
    del data
    folder = build / "smoke"
    clips = made_clips(folder)
    scenes = [Scene(clips[0], 1, (STANDARD,)), Scene(clips[1], 2, (STANDARD,))]
    pictures = {"made pictures": made_pictures(folder / "pictures")}
    found = entries(models, single_shot)
    return Plan(found, clips, scenes, pictures, meter, folder / "logs", tell, 12, _QUICK, 0.0, 0)


def _small_pictures(data: Path, folder: Path) -> Path:
    """Returns a folder with links to some labelled pictures, every so many of them."""
    images = sorted((data / "scenes" / "images").iterdir())
    folder.mkdir(parents=True, exist_ok=True)
    for path in images[:: len(images) // _SMALL][:_SMALL]:
        link = folder / path.name
        if not link.exists():
            link.symlink_to(path)
    return folder


def _frames_of(clip: Clip, folder: Path) -> Path:
    """Returns a folder with some frames of a clip as JPEG files."""
    folder.mkdir(parents=True, exist_ok=True)
    capture = cv2.VideoCapture(str(clip.path))
    for index in range(_LARGE):
        there, frame = capture.read()
        if there:
            cv2.imwrite(str(folder / f"{index}.jpg"), frame)
    return folder


def _one(pictures: Mapping[str, Path]) -> Path:
    """Returns the first picture of the first folder."""
    return min(next(iter(pictures.values())).iterdir())
