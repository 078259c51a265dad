import cv2
import numpy as np
import pytest

from maskwatch.annotate import heat_map
from maskwatch.types import Image


def ground(width: int, height: int) -> Image:
    return np.full((height, width, 3), 127, np.uint8)


def test_a_heat_map_has_a_contour_where_it_is_strong() -> None:
    heat = np.zeros((64, 64), np.float32)
    heat[40:56, 20:44] = 0.8
    drawn = heat_map(
        ground(64, 64), (10, 10, 54, 54), heat, 0.8, ["One line", "word " * 40], ("none", "80 points")
    )
    size = (drawn.shape[1] - 8) // 2
    right = drawn[:size, -size:]
    white = np.argwhere((right == 255).all(axis=2)) / size * 64
    assert white[:, 0].min() == pytest.approx(40, abs=2)
    assert white[:, 0].max() == pytest.approx(56, abs=2)
    assert white[:, 1].min() == pytest.approx(20, abs=2)
    assert (
        drawn.shape
        == heat_map(
            ground(9, 9), (1, 1, 8, 8), heat[:9, :9], 0.8, ["One line", "word " * 40], ("none", "80 points")
        ).shape
    )
    grey = cv2.cvtColor(right, cv2.COLOR_BGR2GRAY)
    assert grey[-20:, :20].mean() < grey[round(48 / 64 * size), round(32 / 64 * size)], "strong is light, too"
