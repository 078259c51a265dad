"""A painted mask lies where it should, on faces of every size, and nowhere else."""

from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from made.portrait import LANDMARKS
from maskwatch.training.synthesis.mask_fabric import MaskKind
from maskwatch.training.synthesis.masks import (
    Donor,
    MaskPosition,
    MaskStyle,
    cut_donor,
    paint_mask,
    random_style,
    visible_share,
)

EYES, NOSE, MOUTH = (LANDMARKS[0] + LANDMARKS[1]) / 2, LANDMARKS[2], (LANDMARKS[3] + LANDMARKS[4]) / 2
NOSE_LOW = NOSE + 0.18 * (MOUTH - NOSE)  # between tip and nostrils
CHIN = MOUTH + 0.75 * (MOUTH - NOSE)
SEEDS = range(12)


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    """A face of a hundred pixels at `LANDMARKS`."""
    photograph = np.asarray(skimage.data.astronaut(), np.uint8)
    return np.ascontiguousarray(photograph[..., ::-1])


def styles(kind: MaskKind) -> list[MaskStyle]:
    """Masks of one kind in pure green, which the portrait's face does not hold."""
    return [MaskStyle(kind, (40, 200, 40), seed=seed) for seed in SEEDS]


def painted(before: NDArray[np.uint8], after: NDArray[np.uint8], point: NDArray[np.float32]) -> bool:
    """Whether the 3 x 3 pixels around a point have plainly changed."""
    x, y = (int(v) for v in np.rint(point))
    place = np.s_[y - 1 : y + 2, x - 1 : x + 2]
    return bool(np.abs(after[place].astype(int) - before[place]).max(axis=2).mean() > 25)


@pytest.mark.parametrize("kind", get_args(MaskKind))
@pytest.mark.parametrize(
    ("worn", "nose", "mouth"), [("correct", True, True), ("nose_out", False, True), ("chin", False, False)]
)
def test_covers_what_it_should(
    portrait: NDArray[np.uint8], kind: MaskKind, worn: MaskPosition, nose: bool, mouth: bool
) -> None:
    for style in styles(kind):
        image = paint_mask(portrait, LANDMARKS, style, worn)
        found = [painted(portrait, image, point) for point in (NOSE, NOSE_LOW, MOUTH, CHIN, EYES)]
        assert [found[0], found[2]] == [nose, mouth], style
        assert found[1] == nose or worn == "nose_out", style  # the nostrils alone may be covered
        assert found[3] or worn == "chin", style
        assert not found[4], style


@pytest.mark.parametrize("kind", get_args(MaskKind))
def test_mask_on_the_chin_is_there(portrait: NDArray[np.uint8], kind: MaskKind) -> None:
    below = MOUTH + 1.35 * (MOUTH - NOSE) * (1, 1)
    for style in styles(kind):
        assert painted(portrait, paint_mask(portrait, LANDMARKS, style, "chin"), below), style


@pytest.mark.parametrize("worn", get_args(MaskPosition))
def test_takes_the_cloth_of_a_real_mask(portrait: NDArray[np.uint8], worn: MaskPosition) -> None:
    """The donor's is red on one side and blue on the other, and so is what is painted."""
    donor = portrait.copy()
    donor[110:200, 150:221] = (20, 20, 230)
    donor[110:200, 221:290] = (230, 20, 20)
    image = paint_mask(portrait, LANDMARKS, MaskStyle(seed=3), worn, Donor(donor, LANDMARKS))
    changed = np.abs(image.astype(int) - portrait).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    middle = round(float(MOUTH[0]))
    left, right = (image[rows[side], columns[side]] for side in (columns < middle - 9, columns > middle + 9))
    assert len(left) > 50
    assert len(right) > 50
    assert np.mean(left[:, 2] > left[:, 0]) > 0.9
    assert np.mean(right[:, 0] > right[:, 2]) > 0.9


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_a_donor_is_cut_out_with_what_hangs_below_its_face(portrait: NDArray[np.uint8], scale: float) -> None:
    """Landmarks stay where they are on the face; a large one is reduced."""
    picture = np.asarray(cv2.resize(portrait, None, fx=scale, fy=scale), np.uint8)
    for x, y in np.rint(scale * LANDMARKS).astype(int).tolist():
        cv2.circle(picture, (x, y), round(5 * scale), (20, 220, 20), -1)
    box = scale * np.array([165, 80, 285, 200], np.float32)
    donor = cut_donor(picture, box, scale * LANDMARKS)
    factor = 100 / 120 / scale
    assert donor.image.shape[:2] == pytest.approx((factor * scale * 157, factor * scale * 157), abs=2)
    assert donor.landmarks.dtype == np.float32
    for x, y in np.rint(donor.landmarks).astype(int).tolist():
        assert donor.image[y, x].astype(int).tolist() == pytest.approx([20, 220, 20], abs=3)
    np.testing.assert_allclose(
        donor.landmarks[1] - donor.landmarks[0], factor * scale * (LANDMARKS[1] - LANDMARKS[0]), rtol=1e-4
    )


def test_cloth_is_as_bright_as_the_face_it_comes_to(portrait: NDArray[np.uint8]) -> None:
    donor = portrait.copy()
    donor[110:200, 150:290] = 120
    dark = (portrait // 2).astype(np.uint8)
    means = [
        float(
            paint_mask(face, LANDMARKS, MaskStyle(), "correct", Donor(donor, LANDMARKS))[
                140:150, 215:225
            ].mean()
        )
        for face in (portrait, dark)
    ]
    assert means[0] == pytest.approx(120, abs=6)
    assert 55 < means[1] < 80


@pytest.mark.parametrize("worn", get_args(MaskPosition))
def test_stays_near_the_face(portrait: NDArray[np.uint8], worn: MaskPosition) -> None:
    for seed in SEEDS:
        image = paint_mask(portrait, LANDMARKS, random_style(np.random.default_rng(seed)), worn)
        changed = np.argwhere((image != portrait).any(axis=2))
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
        assert top > 60
        assert bottom < 260
        assert left > 120
        assert right < 320


def test_follows_the_head(portrait: NDArray[np.uint8]) -> None:
    turn = cv2.getRotationMatrix2D((220, 120), 35, 1.0)
    turned = np.asarray(cv2.warpAffine(portrait, turn, (512, 512)), np.uint8)
    points = (np.hstack([LANDMARKS, np.ones((5, 1))]) @ turn.T).astype(np.float32)
    for style in styles("surgical"):
        image = paint_mask(turned, points, style, "correct")
        assert painted(turned, image, points[2])
        assert painted(turned, image, points[3:].mean(axis=0))
        assert not painted(turned, image, points[:2].mean(axis=0))


@pytest.mark.parametrize("worn", get_args(MaskPosition))
def test_same_seed_paints_the_same(portrait: NDArray[np.uint8], worn: MaskPosition) -> None:
    style = random_style(np.random.default_rng(7))
    assert style == random_style(np.random.default_rng(7))
    first = paint_mask(portrait, LANDMARKS, style, worn)
    assert np.array_equal(first, paint_mask(portrait, LANDMARKS, style, worn))


def test_other_seed_paints_another(portrait: NDArray[np.uint8]) -> None:
    first, second = (paint_mask(portrait, LANDMARKS, MaskStyle(seed=seed), "correct") for seed in (1, 2))
    assert (first != second).any()


def test_leaves_the_input_alone(portrait: NDArray[np.uint8]) -> None:
    before, landmarks = portrait.copy(), LANDMARKS.copy()
    image = paint_mask(portrait, landmarks, MaskStyle(), "correct")
    assert np.array_equal(portrait, before)
    assert np.array_equal(landmarks, LANDMARKS)
    assert not np.shares_memory(image, portrait)


@pytest.mark.parametrize("height", [24, 40, 128, 500])
@pytest.mark.parametrize("worn", get_args(MaskPosition))
def test_small_and_large_faces(portrait: NDArray[np.uint8], height: int, worn: MaskPosition) -> None:
    scale = height / 112
    face = np.asarray(cv2.resize(portrait[40:240, 120:320], None, fx=scale, fy=scale), np.uint8)
    points = ((LANDMARKS - (120, 40)) * scale).astype(np.float32)
    mouth = points[3:].mean(axis=0)
    for style in styles("cloth")[:4]:
        image = paint_mask(face, points, style, worn)
        assert image.shape == face.shape
        assert image.dtype == np.uint8
        assert painted(face, image, mouth) == (worn != "chin")
        above = points[2] - 0.25 * (mouth - points[2])  # in a tiny face a pixel from the tip is the nostrils
        assert painted(face, image, above) == (worn == "correct")


def test_black_and_white_stays_so(portrait: NDArray[np.uint8]) -> None:
    grey = np.repeat(portrait.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    image = paint_mask(grey, LANDMARKS, MaskStyle("cloth", (40, 40, 220)), "correct")
    assert painted(grey, image, MOUTH)
    assert np.ptp(image.astype(int), axis=2).max() <= 12


def test_dark_picture_gets_a_dark_mask(portrait: NDArray[np.uint8]) -> None:
    dark = (portrait * 0.2).astype(np.uint8)
    image = paint_mask(dark, LANDMARKS, MaskStyle("surgical", (240, 240, 240)), "correct")
    x, y = (int(v) for v in MOUTH)
    assert image[y, x].max() < 110


@pytest.mark.parametrize(
    "shift", [(-230, 0), (330, 0), (0, -150), (0, 400), (-5000, -5000), (5000, 100)], ids=str
)
@pytest.mark.parametrize("worn", get_args(MaskPosition))
def test_landmarks_outside_the_picture(
    portrait: NDArray[np.uint8], shift: tuple[int, int], worn: MaskPosition
) -> None:
    moved = (LANDMARKS + shift).astype(np.float32)
    for seed in SEEDS:
        image = paint_mask(portrait, moved, random_style(np.random.default_rng(seed)), worn)
        assert image.shape == portrait.shape
        if max(map(abs, shift)) > 1000:
            assert np.array_equal(image, portrait)


@pytest.mark.parametrize("size", [(1, 1), (2, 200), (200, 2)])
def test_tiny_pictures(portrait: NDArray[np.uint8], size: tuple[int, int]) -> None:
    piece = portrait[120 : 120 + size[0], 200 : 200 + size[1]]
    image = paint_mask(piece, LANDMARKS - np.array([200, 120], np.float32), MaskStyle(), "correct")
    assert image.shape == piece.shape


def test_too_small_a_face_is_left(portrait: NDArray[np.uint8]) -> None:
    dot = (LANDMARKS * 0.05).astype(np.float32)
    assert np.array_equal(paint_mask(portrait, dot, MaskStyle(), "correct"), portrait)


def test_all_landmarks_in_one_line(portrait: NDArray[np.uint8]) -> None:
    line = np.array([[200, 100], [200, 100], [200, 125], [200, 145], [200, 145]], np.float32)
    assert paint_mask(portrait, line, MaskStyle(), "correct").shape == portrait.shape


@pytest.mark.parametrize(
    "landmarks", [np.zeros((4, 2)), np.zeros((5, 3)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)]
)
def test_refuses_what_is_no_face(portrait: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="landmarks must be"):
        paint_mask(portrait, landmarks.astype(np.float32), MaskStyle(), "correct")


def test_random_styles_vary() -> None:
    rng = np.random.default_rng(0)
    drawn = [random_style(rng) for _ in range(400)]
    kinds = [style.kind for style in drawn]
    assert set(kinds) == set(get_args(MaskKind))
    assert kinds.count("surgical") > kinds.count("scarf")
    assert len({style.colour for style in drawn}) > 350
    assert {style.straps for style in drawn} == {"ears", "head", "none"}
    assert all(0 <= value <= 255 for style in drawn for value in style.colour)


def test_visible_share_tells_a_cut_off_mask(portrait: NDArray[np.uint8]) -> None:
    style = MaskStyle()
    assert visible_share(portrait.shape, LANDMARKS, style, "chin") == 1
    tight = portrait[60:155]
    assert visible_share(tight.shape, LANDMARKS - np.array([0, 60], np.float32), style, "chin") < 0.5
    assert visible_share(tight.shape, LANDMARKS + np.array([0, 900], np.float32), style, "chin") == 0
