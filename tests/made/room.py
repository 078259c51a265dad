"""A plain room for made people to stand in: soft light, a window, pictures on the wall, a plant."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

_WALLS = [(196, 205, 212), (205, 206, 200), (188, 200, 196), (212, 208, 202), (176, 186, 200)]
_INKS = [(150, 120, 60), (70, 110, 190), (60, 60, 110), (120, 150, 90), (90, 170, 210), (200, 195, 185)]


@cache
def room(width: int, height: int, seed: int = 0, horizon: float = 0.86) -> NDArray[np.uint8]:
    """Draws a room, slightly out of focus as behind people in front of a camera.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        seed: Chooses colours and furniture.
        horizon: Where the floor begins, as a share of the height; 1 leaves the floor out.

    Returns:
        (height, width, 3) uint8, BGR; shared between callers and not to be written to.
    """
    rng = np.random.default_rng(seed)
    scale = 720 / height
    w, h = round(width * scale), 720
    wall = np.array(_WALLS[int(rng.integers(len(_WALLS)))], np.float32)
    canvas = np.empty((h, w, 3), np.float32)
    canvas[:] = wall
    floor = round(h * horizon)
    if rng.random() < 0.75:
        _window(canvas, round(w * rng.uniform(0.04, 0.12)), round(h * 0.10), round(h * 0.36), round(h * 0.46))
    spots = rng.permutation(3)[: int(rng.integers(2, 4))]
    for spot in sorted(spots):
        left = round(w * (0.42 + 0.19 * spot + rng.uniform(-0.02, 0.02)))
        _picture(
            canvas,
            left,
            round(h * rng.uniform(0.13, 0.2)),
            round(min(h * rng.uniform(0.17, 0.26), w * 0.17)),
            rng,
        )
    _floor(canvas, floor, rng)
    if rng.random() < 0.7:
        _plant(canvas, round(w * rng.uniform(0.88, 0.95)), floor + round(h * 0.06), round(h * 0.42), rng)
    soft = cv2.GaussianBlur(canvas, (0, 0), 3.2)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    glow = 1.10 - 0.30 * x / w - 0.14 * (y / h) ** 2
    # Fine noise keeps the gradients from banding.
    lit = soft * glow[..., None] + rng.normal(0, 0.8, (h, w, 1))
    small = cv2.resize(np.clip(lit, 0, 255), (width, height), interpolation=cv2.INTER_AREA)
    picture = np.asarray(small, np.float32).astype(np.uint8)
    picture.setflags(write=False)
    return picture


def _box(canvas: NDArray[np.float32], x: int, y: int, w: int, h: int, colour: tuple[int, ...]) -> None:
    cv2.rectangle(canvas, (x, y), (x + w, y + h), colour, -1, cv2.LINE_AA)


def _window(canvas: NDArray[np.float32], x: int, y: int, w: int, h: int) -> None:
    """A bright window with a bar across and a sill."""
    _box(canvas, x - 9, y - 9, w + 18, h + 18, (226, 230, 232))
    sky = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    view = (246, 240, 226) * (1 - sky) + np.array((232, 240, 236), np.float32) * sky
    right = min(x + w, canvas.shape[1])
    canvas[y : y + h, x:right] = view
    for k in range(5):
        centre = (x + int(w * (0.1 + 0.2 * k)), y + h - int(h * 0.05))
        cv2.ellipse(
            canvas, centre, (int(w * 0.16), int(h * (0.2 + 0.08 * (k % 2)))), 0, 180, 360, (186, 212, 196), -1
        )
    _box(canvas, x + w // 2 - 4, y, 8, h, (222, 226, 228))
    _box(canvas, x, y + h // 2 - 4, w, 8, (222, 226, 228))
    _box(canvas, x - 18, y + h + 8, w + 36, 12, (206, 212, 216))
    _box(canvas, x - 18, y + h + 20, w + 36, 6, (150, 158, 164))


def _picture(canvas: NDArray[np.float32], x: int, y: int, w: int, rng: np.random.Generator) -> None:
    """A framed sheet with a few plain shapes."""
    h = round(w * rng.uniform(1.1, 1.4))
    _box(canvas, x + 5, y + 7, w, h, (150, 156, 160))
    _box(canvas, x, y, w, h, (58, 66, 74))
    _box(canvas, x + 6, y + 6, w - 12, h - 12, (232, 234, 234))
    inks = [_INKS[i] for i in rng.permutation(len(_INKS))[:3]]
    inner = (x + w // 7, y + w // 7, w - 2 * (w // 7), h - 2 * (w // 7))
    _box(canvas, *inner, inks[0])
    sheet = canvas[inner[1] : inner[1] + inner[3], inner[0] : inner[0] + inner[2]]
    if not sheet.size:
        return
    sun = (int(inner[2] * rng.uniform(0.3, 0.7)), int(inner[3] * rng.uniform(0.25, 0.5)))
    cv2.circle(sheet, sun, int(inner[2] * rng.uniform(0.16, 0.28)), inks[1], -1, cv2.LINE_AA)
    for k in (0.62, 0.8):
        hills = (int(inner[2] * rng.uniform(0.1, 0.9)), int(inner[3] * (k + 0.4)))
        ink = tuple(int(c * (1.2 - 0.4 * k)) for c in inks[2])
        cv2.ellipse(
            sheet, hills, (int(inner[2] * 0.9), int(inner[3] * 0.42)), 0, 0, 360, ink, -1, cv2.LINE_AA
        )


def _floor(canvas: NDArray[np.float32], top: int, rng: np.random.Generator) -> None:
    """Boards, darker towards the wall, and a skirting board."""
    h, w = canvas.shape[:2]
    if top >= h:
        return
    depth = np.linspace(0.74, 1.0, h - top, dtype=np.float32)[:, None, None]
    canvas[top:] = np.array((104, 134, 160), np.float32) * depth
    for x in range(-w, 2 * w, 90):
        cv2.line(
            canvas, (w // 2 + (x - w // 2) // 2, top), (x + int(rng.integers(-8, 8)), h), (84, 110, 132), 2
        )
    _box(canvas, 0, top - 20, w, 20, (222, 226, 228))
    _box(canvas, 0, top, w, 5, (70, 84, 96))


def _plant(canvas: NDArray[np.float32], x: int, y: int, size: int, rng: np.random.Generator) -> None:
    """Leaves that fan out of a pot."""
    for _ in range(26):
        angle = rng.uniform(-1.15, 1.15)
        length = size * rng.uniform(0.45, 0.95)
        tip = (x + int(np.sin(angle) * length * 0.8), y - int(0.2 * size + np.cos(angle) * length * 0.8))
        middle = ((x + tip[0]) // 2, (y - size // 5 + tip[1]) // 2)
        shade = rng.uniform(0.7, 1.2)
        leaf = tuple(int(c * shade) for c in (74, 122, 82))
        axes = (int(length * 0.42), max(3, int(length * 0.09)))
        cv2.ellipse(canvas, middle, axes, float(np.degrees(angle) - 90), 0, 360, leaf, -1, cv2.LINE_AA)
    pot = [(-0.15, -0.24), (0.15, -0.24), (0.11, 0.0), (-0.11, 0.0)]
    outline = np.array([(x + int(a * size), y + int(b * size)) for a, b in pot], np.int32)
    cv2.fillPoly(canvas, [outline], (176, 186, 196), cv2.LINE_AA)
