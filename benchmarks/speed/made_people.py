"""Clips and pictures of made people, for a quick look whether everything runs: no picture of anybody else."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.people.heads import MASKED, UNMASKED, Head
from benchmarks.people.scenes import Scene
from benchmarks.speed.clip_files import write_clip
from benchmarks.speed.clips import Clip, described
from benchmarks.speed.crowd import SECONDS, crowd_of
from benchmarks.speed.process import ROOT

PEOPLE: Final = (1, 3)

_SIZE: Final = (640, 360)
_SECONDS: Final = 0.7
_FACE: Final = 60.0  # pixels


def made_clips(build: Path) -> list[Clip]:
    """Returns a short clip for each number of people, by the names of the real measurement's clips."""
    clips = []
    for people in PEOPLE:
        path = build / f"made-{people}.mp4"
        if not path.is_file():
            write_clip(_scene(people), path)
        clips.append(described(f"720p, {people} people", path, people, path.with_suffix(".json")))
    return clips


def made_pictures(folder: Path) -> Path:
    """Writes a few pictures and returns their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = _scene(2)
    for index in range(3):
        cv2.imwrite(str(folder / f"{index}.jpg"), scene.render(5 * index))
    return folder


def _scene(people: int) -> Scene:
    """Returns the beginning of a scene."""
    return replace(crowd_of([_head()], _room(), people, SECONDS, _FACE), seconds=_SECONDS)


def _head() -> Head:
    _find_tests()
    from made.portrait import person

    bare, masked = person("none"), person("correct")
    looks = {UNMASKED: bare.image, MASKED: masked.image}
    return Head("made", "made", looks, bare.alpha, np.array(bare.box, np.float32), UNMASKED, 99)


def _room() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    _find_tests()
    from made.room import room

    return room(*_SIZE)


def _find_tests() -> None:
    """Lets the tests' own people be imported."""
    tests = str(ROOT / "tests")
    if tests not in sys.path:
        sys.path.append(tests)
