from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from maskwatch.data.duplicates import connected_components, near_copies, thumbnail
from maskwatch.image_files import encode_image
from maskwatch.sources.images import decode_image
from maskwatch.types import Image


def photographs() -> dict[str, Image]:
    astronaut = np.ascontiguousarray(skimage.data.astronaut()[:, :, ::-1])
    dark = decode_image(encode_image((astronaut * 0.6).astype(np.uint8)))
    return {
        "astronaut": astronaut,
        "cat": np.ascontiguousarray(skimage.data.cat()[:, :, ::-1]),
        "small": np.asarray(cv2.resize(astronaut, (120, 120), interpolation=cv2.INTER_AREA), np.uint8),
        "mirrored": astronaut[:, ::-1].copy(),
        "dark jpeg": dark,
        "coffee": np.ascontiguousarray(skimage.data.coffee()[:, :, ::-1]),
        "upper half": astronaut[:256].copy(),
    }


def test_copies_are_found_and_others_left_alone() -> None:
    names = list(photographs())
    pairs = near_copies(np.stack([thumbnail(image) for image in photographs().values()]))
    copies = ["astronaut", "small", "mirrored", "dark jpeg"]
    expected = [(names.index(a), names.index(b)) for i, a in enumerate(copies) for b in copies[i + 1 :]]
    assert pairs == sorted(expected)


def test_pictures_of_one_colour_are_no_copies_of_each_other() -> None:
    noise = np.random.default_rng(0).integers(120, 124, (90, 90, 3), np.uint8)
    plain = [np.full((90, 90, 3), 40, np.uint8), np.full((50, 90, 3), 200, np.uint8), noise]
    assert near_copies(np.stack([thumbnail(image) for image in plain])) == []


def test_more_pictures_than_fit_one_block() -> None:
    draw = np.random.default_rng(0)
    thumbnails = draw.normal(size=(2500, 256)).astype(np.float32)
    thumbnails[2400] = thumbnails[3]
    thumbnails[1200] = thumbnails[1100]
    thumbnails /= np.linalg.norm(thumbnails, axis=1, keepdims=True)
    assert near_copies(thumbnails) == [(3, 2400), (1100, 1200)]


def test_groups_join_chains() -> None:
    groups = connected_components(6, [(0, 3), (3, 5), (1, 2)])
    assert groups[0] == groups[3] == groups[5]
    assert groups[1] == groups[2]
    assert len(set(groups.tolist())) == 3


def test_every_pixel_has_its_share_in_a_thumbnail() -> None:
    """Spots in the middle or at the edge of each part count alike, however large the picture is."""
    blocks = np.random.default_rng(0).integers(0, 150, (16, 16), np.uint8)
    picture = blocks.repeat(10, axis=0).repeat(10, axis=1)
    for row in range(16):
        for column in range(16):
            y, x = 10 * row + (4 if (row + column) % 2 else 0), 10 * column + (4 if row % 3 else 0)
            picture[y : y + 2, x : x + 2] += 100
    wanted = blocks.astype(np.float32).ravel() - blocks.mean()
    small = thumbnail(np.dstack([picture] * 3))
    np.testing.assert_allclose(small, wanted / np.linalg.norm(wanted), atol=1e-3)
    assert small.dtype == np.float32
    assert np.linalg.norm(small) == pytest.approx(1)


def test_a_thumbnail_of_hardly_any_contrast_is_nothing() -> None:
    """Two halves that differ by twice a step: 256 pixels, each a step from the mean, are 16 steps long."""
    picture = np.full((16, 16, 3), 100, np.uint8)
    picture[:, :8] = 102
    assert not thumbnail(picture).any()
    picture[:, :8] = 103
    assert np.linalg.norm(thumbnail(picture)) == np.float32(1)


def test_a_likeness_exactly_at_the_threshold_is_a_copy() -> None:
    thumbnails = np.zeros((3, 256), np.float32)
    thumbnails[0, 0] = 1
    thumbnails[1, [0, 1]] = [0.75, np.sqrt(1 - 0.75**2)]
    thumbnails[2, [15, 1]] = [0.5, np.sqrt(0.75)]  # half like the first one mirrored
    assert near_copies(thumbnails[:2], 0.75) == [(0, 1)]
    assert near_copies(thumbnails[:2], 0.76) == []
    assert (0, 2) in near_copies(thumbnails, 0.5)
    assert (0, 2) not in near_copies(thumbnails, 0.51)


def test_nobody_is_a_copy_of_nobody() -> None:
    assert near_copies(np.zeros((0, 256), np.float32)) == []
    assert connected_components(0, []).tolist() == []
    assert connected_components(3, []).tolist() == [0, 1, 2]
    assert connected_components(3, [(2, 0), (0, 2)]).tolist() == [0, 1, 0]
    assert connected_components(2, [(0, 1)]).dtype == np.int64
