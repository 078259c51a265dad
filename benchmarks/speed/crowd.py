"""Scenes in which a given number of people move about and nobody leaves: so the load stays the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.people.actors import Actor, Stage
from benchmarks.people.heads import Head
from benchmarks.people.kept_heads import heads as kept_heads
from benchmarks.people.scenes import Scene, make_scene
from maskwatch.types import Image

SECONDS: Final = 5.0
"""Length of a scene; a clip shows it forwards and backwards."""

_FACES: Final = ((40.0, 160.0), (36.0, 90.0), (32.0, 60.0))
"""Least and largest face in a picture 720 high, for up to 8, up to 20, and more people: all can be found."""

_SEED: Final = 160
_NOWHERE: Final = (-9999.0, -9999.0)  # x of both sides of a post that nobody walks behind


def crowd(data: Path, people: int, size: tuple[int, int], keep: Path | None = None) -> Scene:
    """Makes the scene of a number of people from labelled pictures; the same arguments make the same.

    Args:
        data: Folder of the pictures.
        people: Number of people.
        size: Width and height of the picture.
        keep: Folder for the heads that are cut out; None cuts them out anew.
    """
    empty = make_scene(data, _SEED + people, size, people=0, keep=keep)
    return replace(
        empty,
        seconds=SECONDS,
        actors=tuple(_cast(people, size, kept_heads(data, "report", keep).heads, SECONDS)),
    )


def crowd_of(
    heads: Sequence[Head], background: Image, people: int, seconds: float, height: float | None = None
) -> Scene:
    """Makes the scene of a number of people from given heads.

    Args:
        heads: At least one; taken again where there are fewer than people.
        background: (h, w, 3) uint8, BGR.
        people: Number of people.
        seconds: Length.
        height: Of every face, pixels; None draws it.
    """
    size = (background.shape[1], background.shape[0])
    actors = _cast(people, size, heads, seconds, height)
    return Scene(_SEED, size, seconds, tuple(actors), background, (-2, -1), 2.0, 85)


def _cast(
    people: int, size: tuple[int, int], heads: Sequence[Head], seconds: float, height: float | None = None
) -> list[Actor]:
    """Lets everybody walk to and fro inside the picture, each at a pace of their own."""
    rng = np.random.default_rng((_SEED, people, size[1]))
    low, high = _FACES[0 if people <= 8 else 1 if people <= 20 else 2]
    scale = size[1] / 720
    sizes = (low * scale, high * scale) if height is None else (height, height)
    ordered = [heads[i] for i in rng.permutation(len(heads))]
    stage = Stage(*size, seconds, _NOWHERE, sizes, ordered, rng)
    actors = []
    for _ in range(people):
        tall = stage.draw_size()
        head = stage.take_head(tall)
        x, y = stage.spot(tall)
        rightwards = x < size[0] / 2
        room = (size[0] - tall - x) if rightwards else (x - tall)
        way = float(rng.uniform(0.2, 0.6)) * max(room, 0.0)
        actors.append(
            Actor(
                "walk",
                head,
                tall,
                (x, y),
                (way if rightwards else -way) / seconds,
                (0.0, seconds),
                ((0.0, head.own),),
                phase=float(rng.uniform(0, 2 * math.pi)),
            )
        )
    return actors
