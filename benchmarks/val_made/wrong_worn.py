"""Masks that are painted on bare faces, worn wrongly in all styles and rightly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.random import Generator

from benchmarks.val_made.made_set import MadePicture, draw
from benchmarks.val_made.val_faces import ValPicture
from maskwatch.training.synthesis.masks import Donor, cut_donor, paint_mask, random_style
from maskwatch.training.synthesis.wearing_styles import WEARING_STYLES, painted_state, place_mask

_PAINTED: Final = 0.8
"""Share of the bare faces that get a mask."""

_CORRECT: Final = 0.4
"""Share of the masks that are worn correctly; all wrong styles are equally frequent."""

_REAL_FABRIC: Final = 0.5
"""Share of the masks that have the fabric of another face's real mask."""


def wrong_worn(pictures: Sequence[ValPicture], count: int, seed: int) -> Iterator[MadePicture]:
    """Paints masks on the bare faces of pictures; all others stay as they are.

    Args:
        pictures: Give bare faces, and the fabric of their real masks.
        count: Pictures that are made, at most: each is used once.
        seed: Of everything random.
    """
    rng = np.random.default_rng(seed)
    donors = [(picture, int(row)) for picture in pictures for row in np.flatnonzero(picture.donors)]
    for picture in draw([picture for picture in pictures if picture.bare.any()], count, rng):
        yield _painted(picture, donors, rng)


def _painted(picture: ValPicture, donors: Sequence[tuple[ValPicture, int]], rng: Generator) -> MadePicture:
    sample, image, states, slices = picture.sample, picture.image, picture.sample.states.copy(), []
    for row in np.flatnonzero(picture.bare):
        if rng.random() >= _PAINTED:
            continue
        wearing = _draw_wearing(rng)
        donor = _draw_donor(donors, rng) if rng.random() < _REAL_FABRIC else None
        landmarks, style, position = place_mask(
            wearing, image.shape, picture.landmarks[row], random_style(rng), rng
        )
        image = paint_mask(image, landmarks, style, position, donor)
        states[row] = painted_state(wearing)
        slices += [(int(row), f"worn {wearing}"), (int(row), "real fabric" if donor else "made fabric")]
    slices += [(int(row), "bare") for row in np.flatnonzero(picture.bare & (states == sample.states))]
    return MadePicture(image, sample.boxes, states, sample.ignore, "wrong-worn", sample.path.name, slices)


def _draw_wearing(rng: Generator) -> str:
    wrong = [wearing for wearing in WEARING_STYLES if wearing != "correct"]
    return "correct" if rng.random() < _CORRECT else wrong[rng.integers(len(wrong))]


def _draw_donor(donors: Sequence[tuple[ValPicture, int]], rng: Generator) -> Donor | None:
    if not donors:
        return None
    picture, row = donors[int(rng.integers(len(donors)))]
    return cut_donor(picture.image, picture.sample.boxes[row], picture.landmarks[row])
