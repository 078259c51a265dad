"""Half pixels, sizes of one pixel, and values exactly at a limit."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from maskwatch.geometry import (
    GREY,
    box_voting,
    clip,
    containment,
    crop_square,
    iou,
    letterbox_size,
    nms,
    snap_to_multiple,
    soft_nms,
)
from maskwatch.types import Image


@pytest.mark.parametrize(
    ("left", "first"), [(40.0, 40), (40.4, 40), (40.5, 40), (40.6, 41), (41.0, 41), (41.5, 42), (-0.4, 0)]
)
def test_a_shrunken_crop_begins_at_the_nearest_whole_pixel(ramp: Image, left: float, first: int) -> None:
    """Halves go to the even side; never simply down, which would shift every crop by half a pixel."""
    (across,) = crop_square(ramp, np.array([[left, 60, left + 80, 140]]), 1.0, 20)
    np.testing.assert_array_equal(across[0, :, 0], np.rint(np.arange(20) * 4 + first + 1.5).astype(np.uint8))
    (down,) = crop_square(ramp, np.array([[60, left, 140, left + 80]]), 1.0, 20)
    np.testing.assert_array_equal(down[:, 0, 1], np.rint(np.arange(20) * 4 + first + 1.5).astype(np.uint8))


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
@pytest.mark.parametrize("side", [16, 32, 64])
def test_an_interpolated_crop_is_placed_to_a_fraction_of_a_pixel(side: int, shift: float) -> None:
    """Whether it is enlarged, copied or shrunk by 2: the middle of the crop is the middle of the box."""
    columns = 2 * np.tile(np.arange(128, dtype=np.uint8), (128, 1))
    image = np.dstack([columns, columns.T, columns])
    x, y = 40 + shift, 20 - shift
    (crop,) = crop_square(image, np.array([[x, y, x + side, y + side]]), 1.0, 32)
    # Pixel centres lie at .5: the mean of the columns from x to x + side is x + side / 2 - 0.5.
    means = crop.reshape(-1, 3).mean(axis=0)[:2] / 2
    np.testing.assert_allclose(means, [x + side / 2 - 0.5, y + side / 2 - 0.5], atol=0.26)


def test_areas_are_averaged_from_more_than_twice_the_size_on() -> None:
    """Single bright columns: up to 2 they are interpolated, beyond that none may be lost."""
    image = np.zeros((200, 200, 3), np.uint8)
    image[:, ::8] = 255
    (averaged,) = crop_square(image, np.array([[40, 40, 136, 136]]), 1.0, 24)  # 4 times smaller
    assert set(np.unique(averaged)) <= {0, 63, 64}
    assert averaged.mean() == pytest.approx(255 / 8, rel=0.05)
    box = np.array([[40, 40, 104, 104]])
    (twice,) = crop_square(image, box, 1.0, 32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = np.array([[2, 0, 40.5], [0, 2, 40.5]])
    np.testing.assert_array_equal(twice, cv2.warpAffine(image, matrix, (32, 32), flags=flags))


@pytest.mark.parametrize(
    ("box", "value"),
    [
        ((10, 10, 12, 12), (10.5, 10.5)),  # twice the crop: interpolated in the middle of four pixels
        ((10, 10, 20, 20), (14.5, 14.5)),  # averaged
        ((10.5, 10.5, 11.5, 11.5), (10.5, 10.5)),  # halfway between two pixels
        ((10, 10, 10, 10), (9.5, 9.5)),  # empty: a square of one pixel around the place
    ],
)
def test_crops_of_one_pixel(ramp: Image, box: tuple[float, ...], value: tuple[float, float]) -> None:
    (crop,) = crop_square(ramp, np.array([box]), 1.0, 1)
    assert crop.shape == (1, 1, 3)
    np.testing.assert_allclose(crop[0, 0, :2], value, atol=0.51)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((1280, 200, 1), (1, 1)),
        ((200, 1280, 1), (1, 1)),
        ((1280, 200, 2), (2, 1)),
        ((1, 1, 1), (1, 1)),
        ((1, 1, 640), (1, 1)),
        ((1, 1, 640, 2.0), (2, 2)),
        ((100, 50, 200, 2.0), (200, 100)),
        ((100, 50, 201, 2.0), (200, 100)),
        ((100, 50, 199, 2.0), (199, 100)),
        ((3, 1000, 100), (1, 100)),
    ],
)
def test_fit_at_the_smallest_sizes(given: tuple[int, int, int], wanted: tuple[int, int]) -> None:
    assert letterbox_size(*given) == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((1, 1, 64), (1, 1)),
        ((64, 64, 64), (64, 64)),
        ((66, 66, 64), (66, 66)),  # 2 of 66 are more than 3 per cent
        ((67, 1919, 64), (67, 1919)),  # so are 3 of 67, and 63 of 1919
        ((100, 66, 64, 2 / 66), (97, 64)),  # exactly what may be given up
        ((100, 66, 64, 0.03), (100, 66)),
        ((1, 65, 64), (1, 64)),  # never less than a pixel
        ((65, 1, 64), (64, 1)),
    ],
)
def test_snug_at_its_limits(given: tuple[int, int, int], wanted: tuple[int, int]) -> None:
    assert snap_to_multiple(*given) == wanted


def test_boxes_with_half_pixels() -> None:
    a, b = np.array([[0.5, 0.5, 2.5, 2.5]]), np.array([[1.5, 0.5, 3.5, 2.5], [2.5, 0.5, 4.5, 2.5]])
    np.testing.assert_allclose(iou(a, b), [[1 / 3, 0]])
    clipped = clip(np.array([[-0.5, 0.5, 9.5, 10.5]], np.float32), 9, 10)
    assert clipped.tolist() == [[0, 0.5, 9, 10]]


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ((0, 0, 10, 10), (2, 2, 4, 4), 1.0),
        ((2, 2, 4, 4), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (9, 0, 13, 4), 0.25),
        ((0, 0, 10, 10), (20, 0, 24, 4), 0.0),
        ((0, 0, 10, 10), (5, 5, 5, 5), 0.0),
    ],
)
def test_containment(a: tuple[int, ...], b: tuple[int, ...], wanted: float) -> None:
    assert containment(np.array([a]), np.array([b]))[0, 0] == pytest.approx(wanted)


def test_an_overlap_exactly_at_the_limit() -> None:
    """Suppression takes what overlaps by more; a vote has what overlaps by as much."""
    boxes = np.array([[0, 0, 8, 8], [0, 0, 8, 4]], np.float32)  # IoU 0.5
    scores = np.array([0.75, 0.25], np.float32)
    assert nms(boxes, scores, 0.5).tolist() == [0, 1]
    assert nms(boxes, scores, 0.49).tolist() == [0]
    kept = np.array([0])
    assert box_voting(boxes, scores, kept, 0.5).tolist() == [[0, 0, 8, 7]]
    assert box_voting(boxes, scores, kept, 0.51).tolist() == [[0, 0, 8, 8]]


def test_a_part_exactly_at_the_limit_stays() -> None:
    boxes = np.array([[0, 0, 8, 8], [5, 0, 9, 4]], np.float32)  # three quarters inside
    scores = np.array([0.5, 0.25], np.float32)
    assert soft_nms(boxes, scores, 0.9, 0.75).tolist() == [0.5, 0.25]
    assert soft_nms(boxes, scores, 0.9, 0.74).tolist() == [0.5, 0.25 / 16]
    assert soft_nms(boxes, scores, 0.9, math.inf).tolist() == [0.5, 0.25]


def test_a_part_of_a_part_says_nothing_of_others() -> None:
    """The second lies inside the first and fades; the third lies inside the second alone and stays."""
    boxes = np.array([[0, 0, 20, 20], [8, 0, 22, 10], [19, 0, 22, 3]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    inside = float(containment(boxes[:1], boxes[1:2])[0, 0])
    faded = soft_nms(boxes, scores, 0.9, 0.75)
    np.testing.assert_allclose(faded, [0.9, 0.8 * (1 - inside) ** 2, 0.7], rtol=1e-5)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (10_000, 20_000), (20_000, 10_000), (30, 0), (0, 30)])
def test_votes_are_found_anywhere_in_a_picture(x: float, y: float) -> None:
    boxes = np.array([[0, 0, 8, 8], [2, 0, 10, 8], [100, 0, 108, 8]], np.float32)
    boxes += np.array([x, y, x, y], np.float32)
    scores = np.array([0.75, 0.25, 1.0], np.float32)
    wanted = np.array([[x + 0.5, y, x + 8.5, y + 8], boxes[2]])
    np.testing.assert_allclose(box_voting(boxes, scores, np.array([0, 2]), 0.5), wanted, atol=1e-2)


def test_a_vote_without_a_limit() -> None:
    boxes = np.array([[0, 0, 8, 8], [500, 0, 508, 8]], np.float32)
    assert box_voting(boxes, np.ones(2, np.float32), np.array([0]), 0.0).tolist() == [[0, 0, 8, 8]]


def test_the_grey_that_models_were_trained_with() -> None:
    assert GREY == 127


def test_votes_are_found_whatever_the_order_from_top_to_bottom() -> None:
    left, right = np.array([0, 1000, 8, 1008]), np.array([500, 0, 508, 8])
    shift = np.array([2, 0, 2, 0])
    boxes = np.array([left, right, left + shift, right + shift], np.float32)
    scores = np.array([0.75, 0.75, 0.25, 0.25], np.float32)
    for kept, wanted in ((0, left + shift / 4), (1, right + shift / 4)):
        np.testing.assert_allclose(box_voting(boxes, scores, np.array([kept]), 0.5), [wanted])
