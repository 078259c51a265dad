"""Where the SSD draws its lines: how many candidates, which score, which ratio, which part of a face."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from answering import Answering
from conftest import FakeModels
from fakes import write_detector
from maskwatch.detectors.ssd import SSD
from maskwatch.errors import ConfigError, ModelError
from maskwatch.models.runtime import Model, open_session
from maskwatch.types import Image, ModelKind

Answer = Callable[[Image], tuple[NDArray[np.float32], NDArray[np.float32]]]


def answering(path: Path, answer: Answer, *options: Any, **changes: Any) -> tuple[SSD, Answering]:
    """A detector with this network; `changes` are of its metadata."""
    detector = SSD(write_detector(path / "d.onnx", **changes), *options)
    network = Answering(lambda pictures: answer(pictures[0]))
    detector.model = replace(detector.model, network=network)
    return detector, network


def nothing(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """No face in a grid of 32 pixels."""
    cells = picture.shape[0] // 32 * (picture.shape[1] // 32)
    return np.full(cells, -9, np.float32), np.zeros((cells, 4), np.float32)


def logit(score: float) -> float:
    return math.log(score / (1 - score))


def boxes_in_cells(
    faces: Sequence[tuple[Sequence[float], float]], columns: int, cells: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The outputs that put these boxes and scores in the first cells, with an anchor of 32 pixels in each."""
    logits, offsets = np.full(cells, -9, np.float32), np.zeros((cells, 4), np.float32)
    for cell, ((x1, y1, x2, y2), score) in enumerate(faces):
        row, column = divmod(cell, columns)
        logits[cell] = logit(score)
        offsets[cell] = [
            ((x1 + x2) / 2 - (column + 0.5) * 32) / (0.1 * 32),
            ((y1 + y2) / 2 - (row + 0.5) * 32) / (0.1 * 32),
            math.log((x2 - x1) / 32) / 0.2,
            math.log((y2 - y1) / 32) / 0.2,
        ]
    return logits, offsets


@pytest.mark.parametrize("count", [2000, 2001, 4096])
def test_the_best_two_thousand_candidates_are_kept(tmp_path: Path, count: int) -> None:
    """Each anchor is a box of its own; those that have a score are spread over the picture."""
    rng = np.random.default_rng(0)
    logits = np.full(4096, -9, np.float32)
    rows = rng.permutation(4096)[:count]
    logits[rows] = rng.permutation(np.linspace(-2, 6, count)).astype(np.float32)
    detector, _ = answering(
        tmp_path,
        lambda picture: (logits, np.zeros((4096, 4), np.float32)),
        512,
        0.01,
        levels=[{"stride": 8, "anchors": [[8, 8]]}],
        nms_iou=0.9,
    )
    found = detector.detect(np.zeros((512, 512, 3), np.uint8))
    best = np.argsort(-logits)[:2000]
    assert len(found) == 2000
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-logits[best])), rtol=1e-5)
    corners = np.stack([best % 64 * 8, best // 64 * 8], axis=1)
    np.testing.assert_allclose(found.boxes[:, :2], corners, atol=1e-3)


@pytest.mark.parametrize("vote_iou", [None, 0.6])
def test_a_score_exactly_at_the_threshold_is_reported(tmp_path: Path, vote_iou: float | None) -> None:
    logits = np.array([0, np.nextafter(np.float32(0), np.float32(-1)), 0.1, -0.1], np.float32)

    def answer(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return logits, np.zeros((4, 4), np.float32)

    detector, _ = answering(tmp_path, answer, 64, 0.5, vote_iou=vote_iou)
    # The second one is below it by less than a score in float32 can show: its logit decides.
    assert detector.detect(np.zeros((64, 64, 3), np.uint8)).scores.tolist() == pytest.approx([0.524979, 0.5])


WHOLE = (0.0, 0.0, 100.0, 100.0)


@pytest.mark.parametrize(("share", "fades"), [(0.5, False), (0.74, False), (0.76, True), (0.9, True)])
@pytest.mark.parametrize("several", [True, False])
def test_a_box_three_quarters_inside_a_better_one_fades_where_several_sizes_are_searched(
    tmp_path: Path, share: float, fades: bool, several: bool
) -> None:
    """The part is found at the larger of both sizes, the whole face at the smaller one."""
    part = (100 - 40 * share, 25.0, 140 - 40 * share, 75.0)  # 40 x 50 pixels, IoU at most 0.18

    def answer(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if not several:
            return boxes_in_cells([(WHOLE, 0.9), (part, 0.8)], 8, 64)
        if picture.shape[0] == 256:
            return boxes_in_cells([(part, 0.8)], 8, 64)
        halved = tuple(value / 2 for value in WHOLE)
        return boxes_in_cells([(halved, 0.9)], 4, 16)

    sizes = (256, 128) if several else 256
    detector, network = answering(tmp_path, answer, sizes, 0.001, vote_iou=0.6)
    found = detector.detect(np.zeros((256, 256, 3), np.uint8))
    assert len(network.shown) == (2 if several else 1)
    np.testing.assert_allclose(found.boxes, [WHOLE, part], atol=1e-3)
    faded = 0.8 * (1 - share) ** 2 if fades and several else 0.8
    assert found.scores.tolist() == pytest.approx([0.9, faded], rel=1e-3)


def test_a_part_that_has_faded_below_the_threshold_is_not_reported(tmp_path: Path) -> None:
    part = (30.0, 30.0, 70.0, 80.0)

    def answer(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        faces = [(WHOLE, 0.9), (part, 0.8)] if picture.shape[0] == 256 else []
        return boxes_in_cells(faces, 8, picture.shape[0] ** 2 // 1024)

    detector, _ = answering(tmp_path, answer, (256, 128), 0.001, vote_iou=0.6)
    image = np.zeros((256, 256, 3), np.uint8)
    np.testing.assert_allclose(detector.detect(image).boxes, [WHOLE], atol=1e-3)


def network_input(tmp_path: Path, image: Image, size: int = 320) -> Image:
    """What the network is shown of a picture."""
    detector, network = answering(tmp_path, nothing, size)
    detector.detect(image)
    shown: Image = network.shown[0][0]
    return shown


@pytest.fixture
def noise() -> Image:
    return np.random.default_rng(0).integers(0, 256, (704, 704, 3), np.uint8)


def test_from_two_point_two_times_on_areas_are_averaged(tmp_path: Path, noise: Image) -> None:
    """704 pixels are 2.2 times 320."""
    twice = cv2.resize(noise, (640, 640), interpolation=cv2.INTER_LINEAR)
    wanted = cv2.resize(twice, (320, 320), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(network_input(tmp_path, noise), wanted)


@pytest.mark.parametrize("cut", [(703, 703), (704, 703), (640, 640)])
def test_up_to_two_point_two_times_pixels_are_interpolated(
    tmp_path: Path, noise: Image, cut: tuple[int, int]
) -> None:
    image = np.ascontiguousarray(noise[: cut[0], : cut[1]])
    shown = network_input(tmp_path, image)
    height, width = round(320 * cut[0] / max(cut)), round(320 * cut[1] / max(cut))
    wanted = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(shown[:height, :width], wanted)


@pytest.mark.parametrize("ratio", [2.5, 3, 4])
def test_no_pixel_of_a_shrunken_picture_is_skipped(tmp_path: Path, ratio: float) -> None:
    """Columns of one bright pixel: interpolation alone would show some of them and lose the others."""
    side = round(320 * ratio)
    for offset in range(8):
        image = np.zeros((side, side, 3), np.uint8)
        image[:, offset::8] = 255
        assert network_input(tmp_path, image).mean() == pytest.approx(255 / 8, rel=0.15)


def test_a_picture_of_the_right_size_is_shown_as_it_is(tmp_path: Path, noise: Image) -> None:
    image = np.ascontiguousarray(noise[:320, :320])
    np.testing.assert_array_equal(network_input(tmp_path, image), image)


def test_what_the_picture_leaves_free_is_grey(tmp_path: Path, noise: Image) -> None:
    image = np.ascontiguousarray(noise[:70, :100])
    shown = network_input(tmp_path, image)
    assert shown.shape == (128, 128, 3)
    np.testing.assert_array_equal(shown[:70, :100], image)
    assert (shown[70:] == 127).all()
    assert (shown[:, 100:] == 127).all()


def test_the_smallest_size(fake_models: FakeModels) -> None:
    """One cell of the coarsest level; whatever is smaller is refused, in a list of sizes as well."""
    least = SSD(fake_models.detector, 64)
    assert least.sizes == (64,)
    image = np.full((640, 400, 3), 127, np.uint8)
    assert len(least.detect(image)) == 0
    image[:320, :320] = (255, 0, 0)
    assert least.detect(image).boxes.tolist() == [[0, 0, 320, 320]]
    refused: list[int | tuple[int, ...]] = [63, 1, 0, -64, (640, 63), (1, 640), ()]
    for size in refused:
        with pytest.raises(ConfigError, match="the detector's size must be at least 64 pixels"):
            SSD(fake_models.detector, size)


def test_boxes_of_less_than_a_pixel_are_left_out(tmp_path: Path) -> None:
    """Seen after they are cut at the picture's edge; one of exactly a pixel stays."""
    boxes = [
        (10.0, 10.0, 11.0, 30.0),
        (40.0, 10.0, 40.9, 30.0),
        (62.0, 30.0, 80.0, 40.0),
        (63.5, 1.0, 90.0, 9.0),
    ]
    detector, _ = answering(
        tmp_path, lambda picture: boxes_in_cells([(box, 0.9) for box in boxes], 2, 4), 64, 0.5
    )
    found = detector.detect(np.zeros((64, 64, 3), np.uint8))
    wanted = [boxes[0], (62.0, 30.0, 64.0, 40.0)]
    np.testing.assert_allclose(sorted(found.boxes.tolist()), wanted, atol=1e-3)


def test_too_few_candidates_are_told_as_well(tmp_path: Path) -> None:
    detector, _ = answering(
        tmp_path, lambda picture: (np.zeros(3, np.float32), np.zeros((3, 4), np.float32)), 64
    )
    with pytest.raises(ModelError, match="gives 3 candidates where its metadata promises 4"):
        detector.detect(np.zeros((64, 64, 3), np.uint8))


def test_no_face_is_much_larger_than_its_anchor(tmp_path: Path) -> None:
    """exp(4) times at most; in between, the offset times the variance is the exponent."""
    offsets = np.zeros((4, 4), np.float32)
    offsets[0, 2:] = 30, 10  # exponents of 6 and 2

    def answer(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.array([2, -9, -9, -9], np.float32), offsets

    levels = [{"stride": 64, "anchors": [[1, 2]]}]
    detector, _ = answering(tmp_path, answer, 128, 0.5, levels=levels)
    ((x1, y1, x2, y2),) = detector.detect(np.zeros((128, 128, 3), np.uint8)).boxes
    assert (x2 - x1, y2 - y1) == pytest.approx((math.exp(4), 2 * math.exp(2)), rel=1e-4)
    assert (x1 + x2, y1 + y2) == pytest.approx((64, 64), rel=1e-4)


@pytest.mark.parametrize(("options", "threads"), [({}, 1), ({"threads": 3}, 3)])
def test_threads_are_handed_on(
    fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], threads: int
) -> None:
    asked: list[object] = []

    def spy(path: Path, kind: ModelKind, threads: int = 99, provider: str = "none") -> Model:
        asked.append((kind, threads, provider))
        return open_session(path, kind, threads, provider)

    monkeypatch.setattr("maskwatch.detectors.ssd.open_session", spy)
    SSD(fake_models.detector, **options)
    assert asked == [("detector", threads, "cpu")]
