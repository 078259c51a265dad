from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from maskwatch.training.data import augmentation
from maskwatch.types import Image


def pixelate(image: Image, rng: Generator) -> Image:
    return augmentation.pixelate(image, rng, 4.0)


def degrade(image: Image, rng: Generator) -> Image:
    return augmentation.degrade(image, rng, 30.0)


STEPS = [
    *(
        augmentation.light,
        augmentation.colour,
        augmentation.blur,
        augmentation.noise,
        augmentation.jpeg,
        augmentation.downscale,
    ),
    *(augmentation.heavy_noise, pixelate, degrade),
]


@pytest.fixture
def picture() -> Image:
    ramp = np.linspace(30, 220, 48)
    return np.stack(
        [ramp[None].repeat(40, 0), ramp[::-1][None].repeat(40, 0), np.full((40, 48), 128)], -1
    ).astype(np.uint8)


@pytest.mark.parametrize("step", [*STEPS, augmentation.photometric], ids=lambda f: f.__name__)
def test_keeps_shape_and_type_and_its_input(
    step: Callable[[Image, Generator], Image], picture: Image
) -> None:
    before, changed = picture.copy(), 0
    for seed in range(20):
        out = step(picture, np.random.default_rng(seed))
        assert out.shape == picture.shape
        assert out.dtype == np.uint8
        changed += int(not np.array_equal(out, picture))
    assert np.array_equal(picture, before)
    assert changed >= 10


@pytest.mark.parametrize("step", STEPS, ids=lambda f: f.__name__)
def test_the_same_seed_gives_the_same_picture(
    step: Callable[[Image, Generator], Image], picture: Image
) -> None:
    first, second = (step(picture, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)


def test_shrink_loses_detail_but_not_brightness() -> None:
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    out = augmentation.downscale(checks, np.random.default_rng(4), min_side=8)
    assert out.mean() == pytest.approx(127.5, abs=4)
    assert out.std() < 0.6 * checks.std()


def test_visible_pixels_are_never_larger_than_asked(picture: Image) -> None:
    for seed in range(20):
        out = augmentation.pixelate(picture, np.random.default_rng(seed), 3.0)
        changes = np.flatnonzero(np.any(np.diff(out[20].astype(int), axis=0), axis=1))
        assert np.diff(changes).max() <= 3


def test_small_faces_are_not_spoilt(picture: Image) -> None:
    assert all(
        augmentation.degrade(picture, np.random.default_rng(seed), 23.0) is picture for seed in range(5)
    )


def test_blur_lowers_contrast_of_edges_only(picture: Image) -> None:
    flat = np.full((20, 20, 3), 90, np.uint8)
    for seed in range(10):
        assert np.abs(augmentation.blur(flat, np.random.default_rng(seed)).astype(int) - 90).max() <= 1
