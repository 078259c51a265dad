"""Warps show the right part of a picture, and points and boxes follow them."""

from __future__ import annotations

import numpy as np
import pytest

from maskwatch.training.data.crop_geometry import (
    centred_affine,
    transform_box,
    transform_boxes,
    transform_points,
    visible_boxes,
    warp_face,
    warp_view,
)
from maskwatch.types import Image


def marked(x: int, y: int, side: int) -> Image:
    """A dark picture with one bright square."""
    image = np.full((400, 600, 3), 20, np.uint8)
    image[y : y + side, x : x + side] = 230
    return image


@pytest.mark.parametrize("scale", [0.2, 0.45, 1.0, 2.0])
def test_a_face_crop_shows_what_the_matrix_says(scale: float) -> None:
    """Far and near: the picture is reduced before the warp where the scale is small."""
    centre, size = np.array([300.0, 200.0]), 96
    angle = np.deg2rad(20)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    crop = warp_face(marked(295, 185, 20), linear, centre, size / scale, size)
    place = transform_points(np.array([[305.0, 195.0]]), centred_affine(linear, centre, size))[0]
    y, x, _ = np.array(np.nonzero(crop > 120)).mean(1)
    assert [x, y] == pytest.approx(place - 0.5, abs=1.0)


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.5])
def test_a_view_shows_what_the_matrix_says(scale: float) -> None:
    matrix = np.array([[scale, 0, 64 - 300 * scale], [0, scale, 64 - 200 * scale]])
    image = warp_view(marked(280, 190, 40), matrix, 128, (20, 20, 20))
    (box,) = transform_boxes(np.array([[280, 190, 320, 230]], np.float32), matrix)
    y, x, _ = np.array(np.nonzero(image > 120)).mean(1)
    assert [x + 0.5, y + 0.5] == pytest.approx([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], abs=1.0)


def test_outside_a_view_is_the_border_and_outside_a_face_the_edge() -> None:
    picture = np.full((50, 50, 3), 200, np.uint8)
    view = warp_view(picture, np.array([[1.0, 0, 40], [0, 1, 40]]), 128, (1, 2, 3))
    assert view[10, 10].tolist() == [1, 2, 3]
    assert warp_face(picture, np.eye(2), np.array([0.0, 0.0]), 64, 64).min() == 200


def test_a_box_in_a_turned_crop_is_upright_around_the_same_centre() -> None:
    angle = np.deg2rad(15)
    linear = 2 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = centred_affine(linear, np.array([15.0, 30.0]), 64)
    x1, y1, x2, y2 = transform_box(np.array([10, 20, 30, 60], np.float32), matrix)
    assert [(x1 + x2) / 2, (y1 + y2) / 2] == pytest.approx(
        transform_points(np.array([[20.0, 40.0]]), matrix)[0]
    )
    assert [x2 - x1, y2 - y1] == pytest.approx([40 * np.cos(angle), 80 * np.cos(angle)], rel=1e-5)


def test_faces_that_are_cut_off_or_small_are_ignored_and_those_outside_are_gone() -> None:
    boxes = np.array(
        [[10, 10, 30, 30], [-10, 10, 10, 30], [50, 50, 54, 60], [200, 10, 220, 30], [40, 40, 60, 60]],
        np.float32,
    )
    ignore = np.array([False, False, False, False, True])
    visible, ignored = visible_boxes(boxes, ignore, 100, 6)
    assert visible.tolist() == [[10, 10, 30, 30], [0, 10, 10, 30], [50, 50, 54, 60], [40, 40, 60, 60]]
    assert ignored.tolist() == [False, True, True, True]
