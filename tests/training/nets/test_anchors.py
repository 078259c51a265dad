import numpy as np
import pytest
import torch

from maskwatch.training.nets.anchors import ASPECT, LEVELS, anchor_iou, assign, grid, mirrored

NO_IGNORE = np.zeros(1, bool)


def box(centre_x: float, centre_y: float, size: float) -> np.ndarray:
    half = np.array([size / ASPECT**0.5, size * ASPECT**0.5]) / 2
    return np.array(
        [[centre_x - half[0], centre_y - half[1], centre_x + half[0], centre_y + half[1]]], np.float32
    )


def test_grid_lists_levels_rows_columns_boxes_in_this_order() -> None:
    anchors = grid(64, 128)
    counts = [64 // s * (128 // s) * len(sizes) for s, sizes in LEVELS]
    assert len(anchors) == sum(counts)
    first = len(LEVELS[0].anchors)
    assert anchors[0, :2].tolist() == anchors[first - 1, :2].tolist() == [4, 4]
    assert anchors[first, :2].tolist() == [12, 4]
    assert anchors[first * 16, :2].tolist() == [4, 12]
    assert anchors[counts[0], :2].tolist() == [8, 8]


def test_overlaps_are_ious() -> None:
    anchors = np.array([[10, 10, 20, 20], [20, 10, 20, 20], [100, 100, 4, 4]], np.float32)
    got = anchor_iou(np.array([[0, 0, 20, 20]], np.float32), anchors)
    assert got == pytest.approx(np.array([[1, 1 / 3, 0]]), abs=1e-5)


@pytest.mark.parametrize("size", [10, 16, 22, 40, 70, 130, 300])
@pytest.mark.parametrize("place", [(131, 137), (160, 160), (128, 144.4)])
def test_every_face_gets_anchors_of_its_size_near_it(size: float, place: tuple[float, float]) -> None:
    states, targets = assign(box(*place, size), NO_IGNORE, 320, 320)
    chosen = grid(320, 320)[states == 1]
    assert len(chosen) >= 1
    assert np.all(np.abs(np.log(chosen[:, 2:].prod(1) ** 0.5 / size)) < np.log(2.3))
    assert np.all(targets[states == 1] == box(*place, size))


def test_a_tiny_face_between_cells_still_gets_an_anchor() -> None:
    states, _ = assign(box(160, 160, 6), NO_IGNORE, 320, 320)
    assert (states == 1).sum() >= 1


def test_two_neighbours_keep_their_own_anchors() -> None:
    boxes = np.concatenate([box(100, 100, 24), box(118, 100, 24)])
    states, targets = assign(boxes, np.zeros(2, bool), 320, 320)
    owned = targets[states == 1]
    assert {tuple(row) for row in owned} == {tuple(row) for row in boxes}
    centres = grid(320, 320)[states == 1][:, 0]
    assert centres[(owned == boxes[0]).all(1)].mean() < centres[(owned == boxes[1]).all(1)].mean()


def test_ignored_boxes_are_neither_face_nor_background() -> None:
    states, _ = assign(box(160, 160, 84), np.ones(1, bool), 320, 320)
    assert (states == 1).sum() == 0
    assert (states == -1).sum() > 0
    inside = np.abs(grid(320, 320)[:, :2] - 160).max(1) < 20
    assert np.all(states[inside & (grid(320, 320)[:, 2] < 40)] == -1)


def test_without_boxes_all_is_background() -> None:
    states, targets = assign(np.zeros((0, 4), np.float32), np.zeros(0, bool), 128, 128)
    assert not states.any()
    assert not targets.any()


def test_mirrored_targets_are_those_of_the_mirrored_boxes() -> None:
    boxes = np.concatenate([box(60, 100, 24), box(200, 220, 90), box(300, 40, 12)])
    ignore = np.array([False, False, True])
    states, targets = (torch.from_numpy(part)[None] for part in assign(boxes, ignore, 320, 320))
    other = boxes.copy()
    other[:, [0, 2]] = 320 - boxes[:, [2, 0]]
    expected, places = assign(other, ignore, 320, 320)
    found, moved = mirrored(states, targets, 320)
    assert np.array_equal(found[0], expected)
    assert np.array_equal(moved[0].numpy()[expected == 1], places[expected == 1])
