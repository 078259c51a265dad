import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from maskwatch.geometry import (
    box_voting,
    ceil_to,
    clip,
    containment,
    covered_share,
    crop_square,
    intersection_area,
    iou,
    letterbox_size,
    mutual_best,
    nms,
    snap_to_multiple,
    soft_nms,
)
from maskwatch.types import Image


def test_crop_at_same_size_copies_pixels(ramp: Image) -> None:
    (crop,) = crop_square(ramp, np.array([[40, 60, 72, 92]]), 1.0, 32)
    np.testing.assert_array_equal(crop, ramp[60:92, 40:72])


def test_crop_is_centred_and_as_wide_as_the_longer_side(ramp: Image) -> None:
    (crop,) = crop_square(ramp, np.array([[90, 80, 110, 120]]), 1.5, 60)  # side 60 around (100, 100)
    np.testing.assert_array_equal(crop, ramp[70:130, 70:130])


@pytest.mark.parametrize("size", [100, 40, 7])
def test_crop_agrees_with_resizing(ramp: Image, size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, ramp.shape, np.uint8)
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 5), np.uint8)
    (crop,) = crop_square(smooth, np.array([[50, 50, 114, 114]]), 1.0, size)
    shrinks = size * 2 < 64
    wanted = cv2.resize(
        smooth[50:114, 50:114], (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    # Beyond the square's own edge the crop knows the picture and resizing does not.
    inner = slice(None) if shrinks else slice(2, -2)
    assert np.abs(crop.astype(int) - wanted)[inner, inner].max() <= 1


def test_crop_is_placed_to_a_fraction_of_a_pixel(ramp: Image) -> None:
    (crop,) = crop_square(ramp, np.array([[100.5, 60.0, 132.5, 92.0]]), 1.0, 32)
    assert set(np.unique(crop[:, 4, 0])) <= {104, 105}  # between columns 104 and 105
    assert crop[4, 0, 1] == 64


@pytest.mark.parametrize("size", [16, 200])
@pytest.mark.parametrize(
    ("box", "corner"),
    [((-60, -60, 60, 60), (0, 0)), ((190, 140, 310, 260), (-1, -1)), ((-300, 0, -200, 100), (0, 0))],
)
def test_outside_repeats_the_edge(
    ramp: Image, box: tuple[int, ...], corner: tuple[int, int], size: int
) -> None:
    (crop,) = crop_square(ramp, np.array([box]), 1.0, size)
    assert np.abs(crop[corner].astype(int) - ramp[corner]).max() <= 7


@pytest.fixture
def noise() -> Image:
    return np.random.default_rng(1).integers(0, 255, (200, 250, 3), np.uint8)


@pytest.mark.parametrize("size", [100, 40, 16])
def test_mirrored_pictures_give_mirrored_crops(noise: Image, size: int) -> None:
    """A crop that is half a pixel off would not."""
    x1, y1, x2, y2 = box = 40, 30, 130, 100
    (crop,) = crop_square(noise, np.array([box]), 1.0, size)
    (across,) = crop_square(
        np.ascontiguousarray(noise[:, ::-1]), np.array([[250 - x2, y1, 250 - x1, y2]]), 1.0, size
    )
    (down,) = crop_square(
        np.ascontiguousarray(noise[::-1]), np.array([[x1, 200 - y2, x2, 200 - y1]]), 1.0, size
    )
    assert np.abs(across[:, ::-1].astype(int) - crop).mean() < 1
    assert np.abs(down[::-1].astype(int) - crop).mean() < 1


@pytest.mark.parametrize("size", [100, 32])
@pytest.mark.parametrize(
    "box", [(-40, 50, 60, 150), (200, 50, 300, 150), (80, -60, 180, 40), (80, 150, 180, 250)]
)
def test_outside_is_as_if_the_edge_went_on(noise: Image, box: tuple[int, ...], size: int) -> None:
    smooth = np.asarray(cv2.GaussianBlur(noise, (0, 0), 4), np.uint8)
    wider = np.pad(smooth, ((100, 100), (100, 100), (0, 0)), mode="edge")
    (crop,) = crop_square(smooth, np.array([box]), 1.0, size)
    (wanted,) = crop_square(wider, np.array([box]) + 100, 1.0, size)
    assert np.abs(crop.astype(int) - wanted).mean() < 1.5


def test_many_crops_equal_single_ones(ramp: Image) -> None:
    boxes = np.array([[10, 10, 50, 60], [100, 20, 240, 180], [5, 5, 6, 6], [0, 0, 250, 200]], np.float32)
    together = crop_square(ramp, boxes, 1.3, 24)
    assert together.shape == (4, 24, 24, 3)
    for crop, row in zip(together, boxes, strict=True):
        np.testing.assert_array_equal(crop, crop_square(ramp, row[None], 1.3, 24)[0])


def test_crops_of_nothing_and_of_odd_pictures() -> None:
    assert crop_square(np.zeros((5, 5, 3), np.uint8), np.zeros((0, 4)), 1.4, 16).shape == (0, 16, 16, 3)
    one = np.full((1, 1, 3), 9, np.uint8)
    assert (crop_square(one, np.array([[0, 0, 1, 1], [0, 0, 500, 500]]), 1.4, 16) == 9).all()
    wide = np.full((2, 40_000, 3), 7, np.uint8)  # wider than OpenCV warps
    assert (crop_square(wide, np.array([[39_000, 0, 39_010, 2]]), 1.0, 16) == 7).all()


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 10, 10), (2, 2, 4, 4), 0.04),
        ((3, 3, 3, 3), (3, 3, 3, 3), 0.0),
        ((5, 5, 0, 0), (0, 0, 10, 10), 0.0),
    ],
)
def test_iou(a: tuple[int, ...], b: tuple[int, ...], wanted: float) -> None:
    assert iou(np.array([a]), np.array([b]))[0, 0] == pytest.approx(wanted)


def test_iou_is_a_table() -> None:
    a, b = np.array([[0, 0, 2, 2], [0, 0, 4, 4], [9, 9, 10, 10]]), np.array([[0, 0, 4, 4], [9, 9, 10, 10]])
    assert iou(a, b).tolist() == [[0.25, 0], [1, 0], [0, 1]]
    assert iou(a, np.zeros((0, 4))).shape == (3, 0)


def test_covered_share_is_relative_to_the_first_box_and_containment_to_the_smaller() -> None:
    a, b = np.array([[0, 0, 10, 10], [5, 5, 5, 9]]), np.array([[5, 0, 25, 10], [0, 0, 5, 5]])
    assert covered_share(a, b).tolist() == [[0.5, 0.25], [0, 0]]
    assert containment(a, b).tolist() == [[0.5, 1], [0, 0]]
    assert intersection_area(a, b).tolist() == [[50, 25], [0, 0]]


def test_nms_keeps_the_best_first() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 9]], np.float32)
    scores = np.array([0.6, 0.9, 0.95, 0.7], np.float32)
    assert nms(boxes, scores, 0.5).tolist() == [2, 1]
    assert nms(boxes, scores, 0.99).tolist() == [2, 1, 3, 0]
    assert nms(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5).tolist() == []


def test_nms_agrees_with_its_definition() -> None:
    rng = np.random.default_rng(3)
    corners = rng.uniform(0, 100, (200, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(5, 40, (200, 2))], axis=1).astype(np.float32)
    scores = rng.uniform(0.01, 1, 200).astype(np.float32)
    kept: list[int] = []
    for i in np.argsort(-scores):
        if not kept or iou(boxes[i : i + 1], boxes[kept]).max() <= 0.4:
            kept.append(int(i))
    assert nms(boxes, scores, 0.4).tolist() == kept


def test_votes_count_by_score_and_overlap() -> None:
    boxes = np.array([[0, 0, 10, 10], [2, 0, 12, 10], [0, 0, 3, 3], [50, 50, 60, 60]], np.float32)
    scores = np.array([0.9, 0.3, 0.8, 0.5], np.float32)
    kept = nms(boxes, scores, 0.5)
    assert kept.tolist() == [0, 2, 3]
    wanted = np.array([[0.5, 0, 10.5, 10], [0, 0, 3, 3], [50, 50, 60, 60]])
    np.testing.assert_allclose(box_voting(boxes, scores, kept, 0.6), wanted, atol=1e-5)
    np.testing.assert_allclose(box_voting(boxes, scores, kept, 0.7), boxes[kept], atol=1e-5)


@pytest.mark.parametrize("threshold", [0.3, 0.65])
def test_vote_agrees_with_its_definition(threshold: float) -> None:
    rng = np.random.default_rng(4)
    corners = rng.uniform(0, 600, (120, 2))
    faces = np.concatenate([corners, corners + rng.uniform(30, 300, (120, 2))], axis=1)
    boxes = (np.repeat(faces, 6, axis=0) + rng.normal(0, 3, (720, 4))).astype(np.float32)
    scores = rng.uniform(0.01, 1, 720).astype(np.float32)
    kept = nms(boxes, scores, 0.5)
    assert len(kept) > 64  # more than are compared at a time
    weights = (iou(boxes[kept], boxes) >= threshold) * scores
    wanted = weights @ boxes / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(box_voting(boxes, scores, kept, threshold), wanted, atol=0.01)


def test_near_copies_of_better_boxes_fade() -> None:
    boxes = np.array([[0, 0, 10, 5], [0, 0, 10, 10], [20, 0, 30, 10], [24, 0, 34, 10]], np.float32)
    scores = np.array([0.8, 0.9, 0.7, 0.6], np.float32)
    # The first overlaps the second by a half, the last the third by 6 of 14.
    np.testing.assert_allclose(
        soft_nms(boxes, scores, 0.45, math.inf), [0.8 * 0.25, 0.9, 0.7, 0.6], rtol=1e-5
    )
    np.testing.assert_allclose(
        soft_nms(boxes, scores, 0.4, math.inf), [0.2, 0.9, 0.7, 0.6 * (8 / 14) ** 2], rtol=1e-5
    )
    assert scores[0] == np.float32(0.8)
    assert soft_nms(boxes[:0], scores[:0], 0.5, 0.5).shape == (0,)


def test_parts_of_better_boxes_fade() -> None:
    """Whether the part or the whole is the better one; what is only half inside stays."""
    boxes = np.array([[0, 0, 10, 10], [6, 5, 10, 10], [7, 6, 11, 10], [8, 6, 12, 10]], np.float32)
    for scores in ([0.9, 0.8, 0.7, 0.6], [0.5, 0.8, 0.7, 0.6]):
        given = np.array(scores, np.float32)
        alone = [0, 1] if given[0] > given[1] else [1, 0]
        faded = soft_nms(boxes[:2], given[:2], 0.6, 0.7)
        assert faded[alone[0]] == given[alone[0]]
        assert faded[alone[1]] == 0
    wanted = [0.9, 0.7 * 0.25**2, 0.6]
    np.testing.assert_allclose(
        soft_nms(boxes[[0, 2, 3]], np.array([0.9, 0.7, 0.6], np.float32), 0.6, 0.7), wanted, rtol=1e-5
    )


def test_parts_fade_in_crowds_too() -> None:
    """More boxes than are compared at a time, every second one inside the one before it."""
    corners = np.repeat(np.arange(350, dtype=np.float32) * 20, 2)
    boxes = np.stack([corners, 0 * corners, corners + 10, 0 * corners + 10], axis=1)
    boxes[1::2] += [2, 2, -2, -2]
    scores = np.random.default_rng(0).uniform(0.1, 0.4, 700).astype(np.float32)
    scores[::2] += 0.5
    faded = soft_nms(boxes, scores, 0.5, 0.75)
    np.testing.assert_array_equal(faded[::2], scores[::2])
    assert (faded[1::2] == 0).all()


def test_an_empty_box_votes_for_itself() -> None:
    boxes = np.array([[5, 5, 5, 9]], np.float32)
    assert box_voting(boxes, np.ones(1, np.float32), np.zeros(1, np.intp), 0.5).tolist() == [[5, 5, 5, 9]]
    assert box_voting(boxes[:0], np.ones(0, np.float32), np.zeros(0, np.intp), 0.5).shape == (0, 4)


def test_clip() -> None:
    boxes: NDArray[np.float32] = np.array([[-5, -5, 700, 500], [10, 10, 20, 20]], np.float32)
    assert clip(boxes, 640, 480).tolist() == [[0, 0, 640, 480], [10, 10, 20, 20]]


@pytest.mark.parametrize(
    ("size", "enlarge", "wanted"),
    [(640, 1.0, (640, 360)), (2000, 1.0, (1280, 720)), (2000, 1.5, (1920, 1080)), (1, 1.0, (1, 1))],
)
def test_fit(size: int, enlarge: float, wanted: tuple[int, int]) -> None:
    assert letterbox_size(1280, 720, size, enlarge) == wanted


def test_ceil_to() -> None:
    assert [ceil_to(n, 64) for n in (1, 64, 65, 360)] == [64, 64, 128, 384]


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((640, 360), (626, 352)),
        ((288, 162), (284, 160)),
        ((640, 480), (640, 480)),
        ((640, 375), (640, 375)),  # too far above 352
        ((10, 400), (10, 400)),  # nothing below 32 to go to, and 400 is far above 384
    ],
)
def test_snug_saves_padding_where_little_size_is_lost(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert snap_to_multiple(*size, 32) == wanted


def test_boxes_are_paired_that_overlap_each_other_most() -> None:
    """The second of `b` overlaps both of `a`, and the first of them more."""
    a = np.array([[0, 0, 40, 40], [30, 0, 70, 40], [200, 0, 240, 40]], np.float32)
    b = np.array([[500, 0, 540, 40], [2, 0, 42, 40], [220, 0, 260, 40]], np.float32)
    rows, columns = mutual_best(a, b, 0.4)
    assert (rows.tolist(), columns.tolist()) == ([0], [1])
    rows, columns = mutual_best(a, b, 0.3)
    assert (rows.tolist(), columns.tolist()) == ([0, 2], [1, 2])
    for first, second in ((a[:0], b), (a, b[:0]), (a[:0], b[:0])):
        assert [len(part) for part in mutual_best(first, second, 0.0)] == [0, 0]
