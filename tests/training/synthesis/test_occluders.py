"""Things that are no mask lie before the lower face, and leave the upper one free."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from made.portrait import LANDMARKS
from maskwatch.training.synthesis.occluders import OCCLUDERS, paint_occluder
from maskwatch.types import Image

SEEDS = range(10)


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(np.asarray(skimage.data.astronaut(), np.uint8)[..., ::-1])


def changed(before: Image, after: Image) -> NDArray[np.bool_]:
    return np.asarray(np.abs(after.astype(int) - before).max(axis=2) > 12)


@pytest.mark.parametrize("thing", OCCLUDERS)
def test_lies_at_mouth_or_chin_and_never_at_the_brows(portrait: Image, thing: str) -> None:
    left, right = (int(v) for v in LANDMARKS[:2, 0])
    below_nose = np.s_[int(LANDMARKS[2, 1]) : 200, 160:285]
    for seed in SEEDS:
        there = changed(portrait, paint_occluder(portrait, LANDMARKS, np.random.default_rng(seed), thing))
        assert there[below_nose].sum() > 60, seed
        assert not there[:92, left:right].any(), seed  # the brows
        assert there.mean() < 0.12, seed


def test_a_strap_leaves_the_mouth_free(portrait: Image) -> None:
    x, y = (int(v) for v in LANDMARKS[3:].mean(0))
    for seed in SEEDS:
        there = changed(portrait, paint_occluder(portrait, LANDMARKS, np.random.default_rng(seed), "strap"))
        assert not there[y - 8 : y + 5, x - 15 : x + 15].any(), seed


def test_a_hand_has_the_colour_of_the_skin(portrait: Image) -> None:
    """Dark skin gets a dark hand."""
    dark = (portrait // 3).astype(np.uint8)
    for image in (portrait, dark):
        painted = paint_occluder(image, LANDMARKS, np.random.default_rng(4), "hand")
        hand, skin = painted[changed(image, painted)].mean(), image[120:130, 190:200].mean()
        assert hand == pytest.approx(skin, rel=0.4)


def test_any_thing_may_be_drawn(portrait: Image) -> None:
    drawn = [paint_occluder(portrait, LANDMARKS, np.random.default_rng(seed)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()


def test_without_room_nothing_is_painted(portrait: Image) -> None:
    for points in (LANDMARKS * 0.02, LANDMARKS + 5000):
        image = paint_occluder(portrait, points, np.random.default_rng(0))
        np.testing.assert_array_equal(image, portrait)
        assert image is not portrait
