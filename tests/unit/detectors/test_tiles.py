from __future__ import annotations

import logging

import numpy as np
import pytest

from made.scenes import Place, scene
from maskwatch import load
from maskwatch.detectors.tiles import FROM, MEGAPIXELS, Tile, plan, scale
from maskwatch.geometry import containment, iou

SIZES = [(8000, 6000), (1080, 20000), (20000, 1080), (6000, 4000), (12000, 8000), (5121, 60), (90000, 1000)]


@pytest.mark.parametrize("size", [(1920, 1080), (5120, 5120), (4000, 3000), (1, 1)])
def test_usual_pictures_need_none(size: tuple[int, int]) -> None:
    assert scale(*size, 1280) == 0
    assert plan(*size, 1280) == []


@pytest.mark.parametrize("size", SIZES)
def test_tiles_cover_the_picture_and_are_bounded(size: tuple[int, int]) -> None:
    width, height = size
    tiles = plan(width, height, 1280)
    covered = np.zeros((height // 10 + 1, width // 10 + 1), np.bool_)
    for tile in tiles:
        assert 0 <= tile.x1 < tile.x2 <= width
        assert 0 <= tile.y1 < tile.y2 <= height
        assert max(tile.width, tile.height) <= 1280
        covered[tile.y1 // 10 : -(-tile.y2 // 10) + 1, tile.x1 // 10 : -(-tile.x2 // 10) + 1] = True
    assert covered.all()
    assert scale(width, height, 1280) <= 1
    assert width * height * scale(width, height, 1280) ** 2 <= MEGAPIXELS * 1e6 * 1.001
    assert sum(tile.width * tile.height for tile in tiles) <= 2.5 * MEGAPIXELS * 1e6


@pytest.mark.parametrize("size", SIZES)
def test_a_face_that_tiles_cut_is_large_in_the_search_of_the_whole(size: tuple[int, int]) -> None:
    width, height = size
    tiles = plan(width, height, 1280)
    rng = np.random.default_rng(1)
    surely_found = 32 / 1280 * max(width, height)  # pixels of the picture
    side = min(surely_found, 640 / scale(width, height, 1280), width, height) * 0.98
    for _ in range(300):
        x, y = rng.uniform(0, width - side), rng.uniform(0, height - side)
        box = np.array([[x, y, x + side, y + side]], np.float32)
        inside = [t for t in tiles if containment(box, np.array([[t.x1, t.y1, t.x2, t.y2]]))[0, 0] > 0.9999]
        assert inside


def test_what_an_edge_inside_the_picture_cuts_is_left_out() -> None:
    tile = Tile(1000, 0, 2000, 1000, 500, 500)
    boxes = np.array(
        [
            [1001, 300, 1100, 400],  # at the left edge
            [1900, 300, 1999, 400],  # at the right edge
            [1500, 0, 1600, 99],  # at the upper edge, where the picture ends
            [1500, 900, 1600, 1000],  # at the lower edge
            [1500, 500, 1600, 600],
        ],
        np.float32,
    )
    assert tile.whole(boxes, 4000, 2000).tolist() == [False, False, True, False, True]
    assert tile.whole(boxes, 2000, 1000).tolist() == [False, True, True, True, True]


@pytest.mark.parametrize("mirrored", [True, False])
def test_small_faces_of_a_huge_picture_are_found_once_each(
    mirrored: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A strip of 640 x 5760: reduced to 1280 as a whole, its faces have 12 pixels."""
    places = [Place("correct", x=100 + 200 * (i % 3), y=80 + 130 * (i % 3), face=54) for i in range(3)]
    image = np.vstack([scene(places, size=(640, 480), seed=seed).image for seed in range(12)])
    image = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
    engine = load()
    with caplog.at_level(logging.INFO, "maskwatch"):
        found = engine.detect(image)
    sure = found.scores >= 0.75
    assert np.count_nonzero(sure) == 36
    # Mirrored, one face has a second, loose box, which overlaps by less than what is merged.
    assert np.count_nonzero(~sure) == mirrored
    assert (iou(found.boxes[~sure], found.boxes[sure]).max(axis=1) > 0.4).all()
    (told,) = [record.getMessage() for record in caplog.records if "tiles" in record.getMessage()]
    assert told == "a picture of 640 x 5760 pixels: also searched in 5 tiles, at 100 % of its size"
    assert FROM * 1280 < 5760
    assert not load(live=True).detector.tiled  # type: ignore[attr-defined]


def test_a_face_that_tiles_cut_leaves_no_part_beside_the_whole() -> None:
    image = np.vstack([scene([Place(x=600, y=500, face=560)], size=(1200, 1100)).image] * 5)
    found = load().detect(image)
    assert len(found) == 5
    assert ((found.boxes[:, 3] - found.boxes[:, 1]) > 400).all()
