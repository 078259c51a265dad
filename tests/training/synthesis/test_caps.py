"""A painted cap hides the brow, never the mouth."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from made.portrait import FACE, LANDMARKS
from maskwatch.training.synthesis.caps import paint_cap
from maskwatch.types import Image

BOX = np.array(FACE, np.float32)
SEEDS = range(16)


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(np.asarray(skimage.data.astronaut(), np.uint8)[..., ::-1])


def changed(before: Image, after: Image, point: NDArray[np.floating]) -> bool:
    x, y = (int(v) for v in np.rint(point))
    place = np.s_[y - 2 : y + 3, x - 2 : x + 3]
    return bool(np.abs(after[place].astype(int) - before[place]).max(axis=2).mean() > 12)


def test_covers_hair_and_leaves_nose_and_mouth_as_they_are(portrait: Image) -> None:
    crown = np.array([(BOX[0] + BOX[2]) / 2, BOX[1] - 2])
    for seed in SEEDS:
        image = paint_cap(portrait, BOX, np.random.default_rng(seed))
        assert changed(portrait, image, crown), seed
        assert not changed(portrait, image, LANDMARKS[3:].mean(0)), seed
        # Far from the head nothing changes.
        np.testing.assert_array_equal(image[200:], portrait[200:])
        np.testing.assert_array_equal(image[:, :120], portrait[:, :120])


def test_some_brims_hide_the_eyes_and_some_do_not(portrait: Image) -> None:
    between = LANDMARKS[:2].mean(0)
    hidden = [changed(portrait, paint_cap(portrait, BOX, np.random.default_rng(s)), between) for s in SEEDS]
    assert 0 < sum(hidden) < len(hidden)


def test_the_same_draws_paint_the_same(portrait: Image) -> None:
    first, second = (paint_cap(portrait, BOX, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((10, 10, 19, 19), id="too small"),
        pytest.param((600, 600, 700, 700), id="outside"),
        pytest.param((-300, 10, -200, 120), id="left of it"),
    ],
)
def test_without_room_nothing_is_painted(portrait: Image, box: tuple[int, ...]) -> None:
    image = paint_cap(portrait, np.array(box, np.float32), np.random.default_rng(0))
    np.testing.assert_array_equal(image, portrait)
    assert image is not portrait


def test_reaches_over_the_border(portrait: Image) -> None:
    before = portrait.copy()
    image = paint_cap(portrait, np.array([-20, -10, 60, 90], np.float32), np.random.default_rng(1))
    assert image.shape == portrait.shape
    assert (image != portrait).any()
    np.testing.assert_array_equal(portrait, before)
