"""Each way of wearing a painted mask leaves free what it should."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from made.portrait import LANDMARKS
from maskwatch.training.synthesis.masks import MaskStyle, paint_mask
from maskwatch.training.synthesis.wearing_styles import WEARING_STYLES, painted_state, place_mask
from maskwatch.types import LABELS, Image

EYES, NOSE, MOUTH = LANDMARKS[:2].mean(0), LANDMARKS[2], LANDMARKS[3:].mean(0)
UPPER_LIP = MOUTH + 0.1 * (NOSE - MOUTH)
LOWER_LIP = MOUTH + 0.3 * (MOUTH - NOSE)
SEEDS = range(10)


@pytest.fixture(scope="module")
def portrait() -> Image:
    return np.ascontiguousarray(np.asarray(skimage.data.astronaut(), np.uint8)[..., ::-1])


def worn(portrait: Image, way: str, seed: int) -> NDArray[np.bool_]:
    """(h, w) which pixels a green mask covers; its straps left out."""
    rng = np.random.default_rng(seed)
    points, style, how = place_mask(
        way, portrait.shape, LANDMARKS, MaskStyle("surgical", (40, 200, 40), seed), rng
    )
    image = paint_mask(portrait, points, style, how).astype(int)
    return np.asarray((image[..., 1] > image[..., 2] + 30) & (image[..., 1] > image[..., 0] + 30))


def covered(mask: NDArray[np.bool_], point: NDArray[np.float32]) -> bool:
    x, y = (int(v) for v in np.rint(point))
    return bool(mask[y - 1 : y + 2, x - 1 : x + 2].mean() > 0.5)


@pytest.mark.parametrize(
    ("way", "eyes", "nose", "mouth"),
    [
        ("correct", False, True, True),
        ("nose_out", False, False, True),
        ("chin", False, False, False),
        ("eyes", True, True, False),
        ("nose_only", False, True, False),
        ("hanging", False, False, False),
    ],
)
def test_what_each_way_covers(portrait: Image, way: str, eyes: bool, nose: bool, mouth: bool) -> None:
    lips = LOWER_LIP if way in ("eyes", "nose_only") else MOUTH
    for seed in SEEDS:
        mask = worn(portrait, way, seed)
        assert mask.sum() > 800, seed
        assert [covered(mask, point) for point in (EYES, NOSE, lips)] == [eyes, nose, mouth], seed


def test_every_way_is_known() -> None:
    for way in WEARING_STYLES:
        points, _, how = place_mask(way, (512, 512), LANDMARKS, MaskStyle(), np.random.default_rng(0))
        assert points.shape == (5, 2)
        assert how in ("correct", "nose_out", "chin")


def test_a_mask_hangs_from_either_ear(portrait: Image) -> None:
    """It lies beside the mouth, on one side of the face or on the other, and below the eyes."""
    sides = set()
    for seed in SEEDS:
        rows, columns = np.nonzero(worn(portrait, "hanging", seed))
        assert rows.mean() > MOUTH[1] - 5, seed
        sides.add(columns.mean() > MOUTH[0])
    assert sides == {False, True}


def test_what_the_picture_does_not_show_is_worn_below_the_nose() -> None:
    below = LANDMARKS + np.array([0, 512 - LANDMARKS[:, 1].max() - 4], np.float32)
    for way in ("chin", "hanging"):
        points, _, how = place_mask(way, (512, 512), below, MaskStyle(), np.random.default_rng(0))
        assert how == "nose_out"
        np.testing.assert_array_equal(points, below)


def test_a_mask_on_the_nose_alone_fits_a_shorter_face() -> None:
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]], np.float32)  # a tilted face
    for points in (LANDMARKS, LANDMARKS @ turn):
        moved, _, _ = place_mask("nose_only", (512, 512), points, MaskStyle(), np.random.default_rng(0))
        np.testing.assert_allclose(moved[:2].mean(0), points[:2].mean(0), atol=1e-3)
        eyes, mouth = points[:2].mean(0), points[3:].mean(0)
        share = float(np.linalg.norm(moved[3:].mean(0) - eyes) / np.linalg.norm(mouth - eyes))
        assert 0.42 <= share <= 0.55


def test_only_one_style_is_correct() -> None:
    states = {wearing: LABELS[painted_state(wearing)] for wearing in WEARING_STYLES}
    assert states.pop("correct") == "with_mask"
    assert set(states.values()) == {"mask_worn_incorrectly"}
