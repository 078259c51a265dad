import cv2
import numpy as np
import pytest

from maskwatch.classifiers.quality import luminance, sharpness
from maskwatch.types import Image


@pytest.fixture
def texture() -> Image:
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (64, 64, 3)), (0, 0), 1)
    return np.asarray(np.clip(128 + 40 * noise / noise.std(), 0, 255), np.uint8)


def test_luminance_is_that_of_the_box_alone() -> None:
    crop = np.zeros((1, 60, 60, 3), np.uint8)
    crop[:, 10:50, 10:50] = 200  # the box takes two thirds of a crop of margin 1.5
    assert luminance(crop, 1.5).tolist() == [200]
    assert 80 < luminance(crop, 1.0)[0] < 100


def test_green_is_brighter_than_blue() -> None:
    crops = np.zeros((2, 20, 20, 3), np.uint8)
    crops[0, ..., 0] = crops[1, ..., 1] = 255
    blue, green = luminance(crops, 1.0)
    assert green > 4 * blue


def test_blur_lowers_sharpness_step_by_step(texture: Image) -> None:
    steps = [texture, *(cv2.GaussianBlur(texture, (0, 0), sigma) for sigma in (1, 2, 4))]
    values = sharpness(np.stack(steps), 1.0)
    assert (np.diff(values) < 0).all()
    assert values[0] > 10 * values[-1]


def test_enlarged_crops_are_not_sharp(texture: Image) -> None:
    small = cv2.resize(cv2.resize(texture, (16, 16), interpolation=cv2.INTER_AREA), (64, 64))
    sharp, enlarged = sharpness(np.stack([texture, small]), 1.0)
    assert enlarged < sharp / 4


def test_light_and_contrast_do_not_matter(texture: Image) -> None:
    dim = (texture // 2 + 5).astype(np.uint8)
    bright, dark = sharpness(np.stack([texture, dim]), 1.0)
    assert dark == pytest.approx(bright, rel=0.15)


def test_flat_crops_have_no_detail() -> None:
    assert sharpness(np.full((1, 32, 32, 3), 90, np.uint8), 1.4).tolist() == [0]


@pytest.mark.parametrize(
    ("size", "margin", "border"),
    [
        (112, 1.4, 16),
        (60, 1.5, 10),
        (30, 1.2, 2),  # 2.5, to the even side
        (32, 1.0, 0),
        (32, 0.5, 0),  # cut inside the box: all of it is box
        (8, 100.0, 3),  # never less than two pixels
        (9, 100.0, 3),
        (4, 100.0, 1),
    ],
)
def test_only_the_box_is_looked_at_to_the_pixel(size: int, margin: float, border: int) -> None:
    inside = slice(border, size - border)
    crops = np.full((2, size, size, 3), 255, np.uint8)
    crops[0, inside, inside] = 0
    crops[1, inside, inside] = 0
    crops[1, border, inside] = 10  # the first row of the box
    rows = size - 2 * border
    assert luminance(crops, margin).tolist() == pytest.approx([0, 10 / rows])
    assert sharpness(crops, margin)[0] == 0


def test_sharpness_by_hand() -> None:
    """Columns of 100 and 110: the Laplacian is 20 up and down, the variance 25, noise counts 25."""
    crops = np.full((1, 16, 16, 3), 100, np.uint8)
    crops[:, :, ::2] = 110
    assert sharpness(crops, 1.0).tolist() == [8]


def test_measures_are_float32() -> None:
    crops = np.zeros((2, 16, 16, 3), np.uint8)
    for measure in (luminance, sharpness):
        assert measure(crops, 1.4).dtype == np.float32
        assert measure(crops[:0], 1.4).shape == (0,)
