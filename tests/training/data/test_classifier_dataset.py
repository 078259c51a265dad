"""Where faces are cut out, and whose masks are painted."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from torch import Tensor

from made.portrait import LANDMARKS
from maskwatch.errors import ConfigError
from maskwatch.training.data.classifier_dataset import ClassifierData, FaceExample, FaceRecipe
from maskwatch.training.data.classifier_targets import NOT_A_FACE, WITH_MASK, WITHOUT_MASK
from maskwatch.training.data.picture_cache import cache

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
    example = FaceExample(tmp_path / "a.png", true, WITH_MASK, detected_box=seen)
    data = ClassifierData([example], pictures, plain(shares={"with_mask": 1.0}, detected_boxes=found), 60)
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
        for path, state in zip(paths, (WITHOUT_MASK, WITH_MASK), strict=True)
    ]
    data = ClassifierData(examples, pictures, plain(shares={"painted": 1.0}, real_fabric=donated), 20)
    assert data.kind_counts == {"painted": 1}  # the donor itself gets no second mask
    covered = [green(data[i][0]) for i in range(20)]
    assert (min(covered) > 0.03) == wanted


@pytest.mark.parametrize(("capped", "least", "most"), [(0.0, 0, 0.2), (1.0, 1, 1), (0.5, 0.35, 0.75)])
def test_caps_are_painted_as_often_as_asked(tmp_path: Path, capped: float, least: float, most: float) -> None:
    """They change the upper half; a patch, which may lie anywhere, comes one in twelve times."""
    cv2.imwrite(str(tmp_path / "a.png"), np.full((200, 200, 3), 127, np.uint8))
    pictures, _ = cache([tmp_path / "a.png"], tmp_path / "cache")
    example = FaceExample(tmp_path / "a.png", np.array([60, 60, 140, 160], np.float32), WITH_MASK)
    data = ClassifierData([example], pictures, plain(shares={"with_mask": 1.0}, caps=capped), 60)
    whole = [(data[i][0].float() - 127).abs() > 8 for i in range(60)]
    assert least <= np.mean([bool(picture[:, :28].any()) for picture in whole]) <= most
    assert np.mean([bool(picture[:, 44:].any()) for picture in whole]) < 0.2


@pytest.mark.parametrize(("state", "painted"), [(WITHOUT_MASK, True), (WITH_MASK, False)])
def test_things_are_painted_before_bare_faces_only(tmp_path: Path, state: int, painted: bool) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((512, 512, 3), 127, np.uint8))
    pictures, _ = cache([tmp_path / "a.png"], tmp_path / "cache")
    example = FaceExample(tmp_path / "a.png", BOX, state, LANDMARKS)
    recipe = plain(shares={"with_mask": 0.5, "without_mask": 0.5}, occluders=1.0)
    data = ClassifierData([example], pictures, recipe, 30)
    changed = np.mean([bool(((data[i][0].float() - 127).abs() > 8).any()) for i in range(30)])
    assert changed > 0.9 if painted else changed < 0.25  # a patch comes one in twelve times


@pytest.mark.parametrize(("turned", "least", "most"), [(1.0, 0.5, 0.9), (0.0, 0, 0)])
def test_faces_turned_by_any_angle_are_taught_as_turned_away(
    tmp_path: Path, turned: float, least: float, most: float
) -> None:
    image = np.full((200, 200, 3), 127, np.uint8)
    image[:100] = (20, 220, 20)  # green above
    cv2.imwrite(str(tmp_path / "a.png"), image)
    pictures, _ = cache([tmp_path / "a.png"], tmp_path / "cache")
    box = np.array([60, 60, 140, 140], np.float32)
    examples = [
        FaceExample(tmp_path / "a.png", box, WITH_MASK, turned=False),
        FaceExample(tmp_path / "a.png", box, NOT_A_FACE),
    ]
    recipe = plain(shares={"with_mask": 0.5, "none": 0.5}, turned=turned)
    data = ClassifierData(examples, pictures, recipe, 80)
    drawn = [data[i] for i in range(80)]
    below = np.mean([green(picture[:, 32:]) > green(picture[:, :32]) for picture, _, _ in drawn])
    assert below == pytest.approx(turned / 2, abs=0.15)  # upside down as often as not
    of_faces = [(targets, weights) for _, targets, weights in drawn if targets[0]]
    assert least <= np.mean([bool(targets[3]) for targets, _ in of_faces]) <= most
    assert all(weights[3] == 0 for _, targets, weights in drawn if not targets[0])
    assert all(targets[1] and targets[2] for targets, _ in of_faces)  # the state is learnt at any angle


def test_only_the_ways_that_are_asked_for_are_painted(tmp_path: Path) -> None:
    portrait = np.ascontiguousarray(np.asarray(skimage.data.astronaut(), np.uint8)[..., ::-1])
    cv2.imwrite(str(tmp_path / "a.png"), portrait)
    pictures, _ = cache([tmp_path / "a.png"], tmp_path / "cache")
    example = FaceExample(tmp_path / "a.png", BOX, WITHOUT_MASK, LANDMARKS)
    for ways, covering in (({"correct": 1.0}, 1.0), ({"hanging": 0.5, "chin": 0.5}, 0.0)):
        data = ClassifierData([example], pictures, plain(shares={"painted": 1.0}, wearing_styles=ways), 10)
        assert {float(data[i][1][2]) for i in range(10)} == {covering}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wearing_styles": {"backwards": 1.0}}, "no style 'backwards'; known are nose_out, chin"),
        ({"wearing_styles": {"chin": 0.0}}, "none is drawn"),
        ({"shares": {"hats": 1.0}}, "no kind 'hats'"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(
    tmp_path: Path, changes: dict[str, dict[str, float]], words: str
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((40, 40, 3), np.uint8))
    pictures, _ = cache([tmp_path / "a.png"], tmp_path / "cache")
    with pytest.raises(ConfigError, match=words):
        ClassifierData([FaceExample(tmp_path / "a.png", BOX, WITH_MASK)], pictures, plain(**changes), 1)
