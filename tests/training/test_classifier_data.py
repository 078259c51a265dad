"""Where faces are cut out, and whose masks are painted."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from torch import Tensor

from maskwatch.training.classifier_data import (
    WITH,
    WITHOUT,
    ClassifierData,
    FaceExample,
    FaceRecipe,
    _narrower,
)
from maskwatch.training.pictures import cache

LANDMARKS = np.array(
    [[202.4, 101.9], [245.5, 103.3], [220.7, 125], [201.8, 141.6], [238.5, 143.6]], np.float32
)
BOX = np.array([180, 60, 268, 180], np.float32)


def plain(**changes: object) -> FaceRecipe:
    """Cut, and nothing else changed."""
    still = {"rotation": 0, "zoom": 0, "shift": 0, "shear": 0, "photometric": 0, "size": 64, "least": 64}
    return FaceRecipe(**(still | changes))  # type: ignore[arg-type]


def green(picture: Tensor) -> float:
    """Share of plainly green pixels."""
    red, middle, blue = picture.float()
    return float(((middle > red + 60) & (middle > blue + 60)).float().mean())


@pytest.mark.parametrize(("found", "least", "most"), [(0.0, 0, 0), (1.0, 1, 1), (0.5, 0.3, 0.7)])
def test_faces_are_cut_where_a_detector_sees_them(
    tmp_path: Path, found: float, least: float, most: float
) -> None:
    image = np.full((100, 200, 3), 127, np.uint8)
    image[:, 100:] = (20, 220, 20)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    pictures, _ = cache([tmp_path / "a.png"], tmp_path / "cache")
    true, seen = np.array([10, 20, 60, 80], np.float32), np.array([140, 20, 190, 80], np.float32)
    example = FaceExample(tmp_path / "a.png", true, WITH, found=seen)
    data = ClassifierData([example], pictures, plain(shares={"with_mask": 1.0}, found=found), 60)
    cut_there = np.mean([green(data[i][0]) > 0.5 for i in range(60)])
    assert least <= cut_there <= most


@pytest.mark.parametrize(("donated", "wanted"), [(0.0, False), (1.0, True)])
def test_masks_are_taken_from_others(tmp_path: Path, donated: float, wanted: bool) -> None:
    portrait = np.ascontiguousarray(np.asarray(skimage.data.astronaut(), np.uint8)[:200, 100:340, ::-1])
    masked = portrait.copy()
    masked[110:190, 50:200] = (20, 220, 20)  # no made mask is as green
    for name, image in (("bare", portrait), ("masked", masked)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    paths = [tmp_path / "bare.png", tmp_path / "masked.png"]
    pictures, _ = cache(paths, tmp_path / "cache")
    moved, box = LANDMARKS - (100, 0), BOX - (100, 0, 100, 0)
    examples = [
        FaceExample(path, box.astype(np.float32), state, moved.astype(np.float32))
        for path, state in zip(paths, (WITHOUT, WITH), strict=True)
    ]
    data = ClassifierData(examples, pictures, plain(shares={"painted": 1.0}, donated=donated), 20)
    assert data.kinds == {"painted": 1}  # the donor itself gets no second mask
    covered = [green(data[i][0]) for i in range(20)]
    assert (min(covered) > 0.03) == wanted


def test_a_mask_on_the_nose_alone_ends_above_the_mouth() -> None:
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]], np.float32)  # a tilted face
    for points in (LANDMARKS, LANDMARKS @ turn):
        moved = _narrower(points, 0.5)
        np.testing.assert_allclose(moved[:2].mean(0), points[:2].mean(0), atol=1e-3)
        eyes, mouth = points[:2].mean(0), points[3:].mean(0)
        np.testing.assert_allclose(moved[3:].mean(0), (eyes + mouth) / 2, atol=1e-3)
