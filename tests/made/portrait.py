"""One portrait, cut out and dressed: the person of all made pictures.

The photograph is NASA's portrait of the astronaut Eileen Collins (public domain), which lies inside the wheel
of scikit-image as `skimage.data.astronaut()`; nothing is downloaded. Hair, skin and clothes can be changed so
that several people in one picture are not plainly the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from maskwatch.training.synthesis.masks import MaskPosition, MaskStyle, paint_mask

Wearing = Literal["none"] | MaskPosition
"""How a mask is worn, or "none"."""

Colour = tuple[int, int, int]

LANDMARKS = np.array(
    [[202.4, 101.9], [245.5, 103.3], [220.7, 125.0], [201.8, 141.6], [238.5, 143.6]], np.float32
)
"""Right eye, left eye, nose tip, right and left corner of the mouth in the portrait of 512 x 512 pixels."""

FACE = (176.0, 80.0, 272.0, 179.0)
"""The face in the portrait, from brow to chin and from ear to ear: x1, y1, x2, y2."""

CANVAS = (440, 640)
"""Width and height of a dressed person; the head stands where it stands in the portrait."""

_HEAD = [
    *((188, 181), (187, 166), (186, 150), (184, 140), (181, 132), (177, 128), (172, 118), (162, 108)),
    *((156, 98), (153, 82), (153, 65), (160, 50), (178, 40), (195, 28), (215, 18), (235, 16), (260, 20)),
    *((280, 32), (295, 50), (300, 75), (301, 95), (295, 112), (283, 125), (274, 131), (269, 134)),
    *((265, 138), (262, 147), (257, 159), (254, 171), (252, 183), (247, 188), (235, 190), (220, 191)),
    *((207, 189), (195, 186)),
]
_SKIN = [
    *((180, 190), (176, 136), (168, 132), (169, 118), (179, 112), (184, 82), (200, 78), (235, 80), (264, 92)),
    *((268, 112), (276, 126), (280, 138), (268, 142), (264, 160), (258, 190)),
]
_TORSO = [
    *((184, 172), (182, 188), (168, 200), (140, 210), (112, 220), (93, 236), (83, 262), (78, 310), (75, 390)),
    *((74, 480), (82, 640), (360, 640), (368, 480), (367, 390), (364, 310), (359, 262), (349, 236)),
    *((330, 220), (302, 210), (274, 200), (260, 188), (257, 172)),
]


@dataclass(frozen=True, slots=True)
class Look:
    """What tells made people apart. Colours are blue, green, red.

    Attributes:
        clothes: Colour of the clothes.
        collar: Colour of the high collar; None for that of the clothes.
        jacket: The clothes are an open jacket, the collar belongs to what is under it.
        hair: Colour that the hair is dyed, or None.
        skin: Factor for the brightness of the skin, 0.5 to 1.1.
        glasses: Wears glasses.
        mirror: Turned left to right.
        stretch: Width of the head, 0.9 to 1.1.
    """

    clothes: Colour = (120, 84, 52)
    collar: Colour | None = None
    jacket: bool = False
    hair: Colour | None = None
    skin: float = 1.0
    glasses: bool = False
    mirror: bool = False
    stretch: float = 1.0


@dataclass(frozen=True, slots=True)
class Cutout:
    """A person without a background.

    Attributes:
        image: (h, w, 3) uint8, BGR.
        alpha: (h, w) float32: 1 where the person is, 0 outside.
        box: The face, x1, y1, x2, y2 in pixels of the cut-out.
        landmarks: (5, 2) float32 in pixels of the cut-out, in YuNet's order.
        worn: How the mask is worn.
    """

    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    worn: Wearing


@cache
def person(worn: Wearing = "none", style: MaskStyle | None = None, look: Look | None = None) -> Cutout:
    """Makes a person from the hips up, at the portrait's own size: a face of 99 pixels from brow to chin.

    Args:
        worn: How the mask is worn.
        style: The mask; the usual light blue one if None.
        look: Hair, skin and clothes; the portrait's own with a blue pullover if None.

    Returns:
        The person; the arrays are shared between callers and not to be written to.
    """
    look = look or Look()
    portrait, alpha = _head()
    head = _tinted(portrait, look)
    if look.glasses:
        _draw_glasses(head)
    body, body_alpha = _body(look)
    image, cover = _over(head, alpha, body, body_alpha)
    if worn != "none":
        image = paint_mask(image, LANDMARKS, style or MaskStyle(), worn)
    x1, y1, x2, y2 = FACE
    landmarks = LANDMARKS.copy()
    if look.stretch != 1:
        middle = (x1 + x2) / 2
        matrix = np.array([[look.stretch, 0, middle * (1 - look.stretch)], [0, 1, 0]], np.float32)
        border = cv2.BORDER_REPLICATE
        warped = cv2.warpAffine(image, matrix, CANVAS, flags=cv2.INTER_CUBIC, borderMode=border)
        image = np.asarray(warped, np.uint8)
        cover = np.asarray(cv2.warpAffine(cover, matrix, CANVAS), np.float32)
        landmarks[:, 0] = landmarks[:, 0] * look.stretch + matrix[0, 2]
        x1, x2 = (float(x * look.stretch + matrix[0, 2]) for x in (x1, x2))
    if look.mirror:
        image, cover = image[:, ::-1].copy(), cover[:, ::-1].copy()
        landmarks[:, 0] = CANVAS[0] - 1 - landmarks[:, 0]
        landmarks = landmarks[[1, 0, 2, 4, 3]]
        x1, x2 = CANVAS[0] - x2, CANVAS[0] - x1
    for array in (image, cover, landmarks):
        array.setflags(write=False)
    return Cutout(np.asarray(image, np.uint8), cover, (x1, y1, x2, y2), landmarks, worn)


@cache
def _head() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Head and neck on the canvas, the grey wall keyed out of the rim of the hair."""
    portrait = np.ascontiguousarray(_photograph()[:, : CANVAS[0], ::-1])
    image = np.zeros((CANVAS[1], CANVAS[0], 3), np.uint8)
    image[:512] = portrait
    inside = _filled(_HEAD)
    core, reach = _grown(inside, -3), _grown(inside, 5)
    # The wall as it would be behind the hair: its own colour, spread inwards.
    wall = 1 - _grown(inside, 8)
    wall[150:] = 0
    pixels = image.astype(np.float32)
    weight = cv2.GaussianBlur(wall, (0, 0), 12) + 1e-4
    behind = cv2.GaussianBlur(pixels * wall[..., None], (0, 0), 12) / weight[..., None]
    difference = np.linalg.norm(pixels - behind, axis=2)
    keyed = np.clip((difference - 22) / 60, 0, 1)
    keyed[128:] = cv2.GaussianBlur(inside, (0, 0), 0.8)[128:]
    core[128:] = inside[128:]
    alpha = cv2.GaussianBlur(np.maximum(core, np.minimum(keyed, reach)), (0, 0), 0.7)
    # The wall shines through the rim: hair from further inside replaces it, else each head has a halo.
    solid = (alpha > 0.97).astype(np.float32)
    solid[128:] = inside[128:] > 0.9
    near = cv2.GaussianBlur(solid, (0, 0), 2.5)[..., None] + 1e-4
    spread = cv2.GaussianBlur(pixels * solid[..., None], (0, 0), 2.5) / near
    image = np.where(solid[..., None] > 0, pixels, spread).astype(np.uint8)
    return image, np.asarray(alpha, np.float32)


def _photograph() -> NDArray[np.uint8]:
    """(512, 512, 3) uint8, RGB."""
    return np.asarray(skimage.data.astronaut(), np.uint8)


def _filled(outline: list[tuple[int, int]]) -> NDArray[np.float32]:
    mask = np.zeros((CANVAS[1], CANVAS[0]), np.uint8)
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 255, cv2.LINE_AA)
    return np.asarray(mask / 255, np.float32)


def _grown(mask: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Dilated, or eroded for a negative number."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(pixels) + 1,) * 2)
    done = cv2.dilate(mask, kernel) if pixels > 0 else cv2.erode(mask, kernel)
    return np.asarray(done, np.float32)


def _over(
    top: NDArray[np.uint8], alpha: NDArray[np.float32], below: NDArray[np.uint8], cover: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Lays the head over the body."""
    total = alpha + cover * (1 - alpha)
    mixed = top * alpha[..., None] + below * (cover * (1 - alpha))[..., None]
    image = np.where(total[..., None] > 0.01, mixed / np.maximum(total, 0.01)[..., None], top)
    return np.clip(image, 0, 255).astype(np.uint8), np.asarray(total, np.float32)


def _tinted(portrait: NDArray[np.uint8], look: Look) -> NDArray[np.uint8]:
    """The head with other hair and skin."""
    pixels = portrait.astype(np.float32)
    skin = cv2.GaussianBlur(_filled(_SKIN), (0, 0), 3.5)[..., None]
    hair = 1 - skin
    if look.hair is not None:
        grey = pixels.mean(axis=2, keepdims=True)
        dyed = (grey / 100) ** 1.1 * np.array(look.hair, np.float32)
        pixels = pixels + hair * (dyed - pixels)
    if look.skin != 1:
        # Darker skin is redder, not merely dimmer.
        factor = np.array([look.skin**1.35, look.skin**1.12, look.skin], np.float32)
        pixels = pixels * (1 + skin * (factor - 1))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _draw_glasses(head: NDArray[np.uint8]) -> None:
    """Thin dark frames, drawn four times too large and shrunk."""
    x1, y1, x2, y2 = 165, 84, 285, 126
    big = np.zeros(((y2 - y1) * 4, (x2 - x1) * 4), np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return round((x - x1) * 4), round((y - y1) * 4)

    for x, y in LANDMARKS[:2]:
        cv2.ellipse(big, at(x, y + 2), (64, 52), 1.8, 0, 360, 255, 8, cv2.LINE_AA)
    cv2.ellipse(big, at(224, 103), (24, 18), 1.8, 200, 340, 255, 8, cv2.LINE_AA)
    cv2.line(big, at(186.5, 100), at(177, 97), 255, 8, cv2.LINE_AA)
    cv2.line(big, at(261.5, 102), at(271, 100), 255, 8, cv2.LINE_AA)
    alpha = cv2.resize(big, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA)[..., None] / 255 * 0.9
    part = head[y1:y2, x1:x2]
    part[:] = (part * (1 - alpha) + np.array([38, 34, 36]) * alpha).astype(np.uint8)


def _body(look: Look) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Drawn clothes below the chin: a height field of chest, arms and folds, lit from the upper left."""
    torso = np.clip((cv2.GaussianBlur(_filled(_TORSO), (0, 0), 3.0) - 0.5) * 2.6 + 0.5, 0, 1)
    rng = np.random.default_rng(sum(look.clothes))
    height, width = torso.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    side = np.abs(x - 221)
    chest = 62 * np.sqrt(np.clip(1 - (side / 132) ** 2, 0, 1)) * np.clip((y - 160) / 110, 0.25, 1) ** 0.6
    middle = 117 + 2 * np.sin(y / 60)
    arms = (
        1.25 * np.sqrt(np.clip(31**2 - (side - middle) ** 2, 0, None)) * np.clip((y - 222) / 60, 0, 1) ** 0.5
    )
    neck = 1.1 * np.sqrt(np.clip(41**2 - side**2, 0, None)) + 20
    rim = 198 + 9 * (1 - (side / 38) ** 2)
    relief = np.maximum(np.maximum(chest, arms), neck * (y < rim))
    relief = cv2.GaussianBlur(relief, (0, 0), 3)
    relief += 2.2 * _noise(rng, (11, 8), (height, width)) + 0.9 * _noise(rng, (30, 14), (height, width))
    for _ in range(9):  # creases that run from the armpits
        start = rng.uniform(290, 420)
        d = y - start - rng.uniform(-0.5, 0.7) * (110 - side)
        relief += rng.uniform(0.8, 2.0) * np.exp(-((d / 7) ** 2)) * np.exp(-(((side - 100) / 50) ** 2))

    colour = np.broadcast_to(np.array(look.clothes, np.float32), (height, width, 3)).copy()
    if look.jacket:
        # The opening narrows downwards; the lapels stand a little off what is under them.
        half = 5 + 0.40 * np.clip(300 - y, 0, 110)
        opening = cv2.GaussianBlur(np.clip(half - side + 0.5, 0, 1), (0, 0), 0.8)
        inner = np.array(look.collar or (200, 200, 200), np.float32)
        colour += opening[..., None] * (inner - colour)
        relief -= 5 * cv2.GaussianBlur(opening, (0, 0), 2)
        lapel = (
            np.clip((half + 26 - 0.10 * (y - 210) - side) / 2, 0, 1) * (1 - opening) * (y > 205) * (y < 316)
        )
        relief += 2.5 * cv2.GaussianBlur(lapel.astype(np.float32), (0, 0), 1.2)
    band = np.clip((rim - y) / 1.5 + 0.5, 0, 1) * np.clip((44 - side) / 1.5, 0, 1)
    if look.collar:
        colour += band[..., None] * (np.array(look.collar, np.float32) - colour)
    relief += 3 * cv2.GaussianBlur(band, (0, 0), 1.5)

    slope_y, slope_x = np.gradient(cv2.GaussianBlur(relief, (0, 0), 1.2))
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    light = (0.34 * slope_x + 0.5 * slope_y + 0.8) / length
    light = 0.16 + 0.92 * np.clip(light, 0, 1.2) + 0.012 * rng.standard_normal((height, width))
    shadow = np.exp(-(((y - 184) / 13) ** 2)) * np.exp(-((side / 36) ** 4))
    light *= 1 - 0.5 * shadow
    image = np.clip(colour * np.clip(light, 0.34, 1.25)[..., None], 0, 255).astype(np.uint8)
    return image, np.asarray(torso, np.float32)


def _noise(rng: np.random.Generator, cells: tuple[int, int], shape: tuple[int, int]) -> NDArray[Any]:
    coarse = rng.standard_normal(cells).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))
