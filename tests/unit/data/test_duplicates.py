from __future__ import annotations

import cv2
import numpy as np
import skimage.data

from maskwatch.data.duplicates import connected_components, near_copies, thumbnail
from maskwatch.sinks.pictures import encode_image
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
