"""The fabric of painted masks: kinds, colours, pleats, seams, folds and prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from maskwatch.training.synthesis.mask_shape import Cut, FloatArray

MaskKind = Literal["surgical", "cloth", "ffp2", "black", "patterned", "scarf"]
Straps = Literal["ears", "head", "none"]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class MaskStyle:
    """The look of a mask.

    Attributes:
        kind: The kind of mask.
        colour: Its colour in good white light: blue, green, red, 0 to 255.
        seed: Of print, folds and exact place; equal seeds paint equal masks.
        straps: Loops around the ears, bands around the head, or no visible straps.
    """

    kind: MaskKind = "surgical"
    colour: Colour = (222, 192, 142)
    seed: int = 0
    straps: Straps = "ears"

    @property
    def cut(self) -> Cut:
        """The cut of a mask of this kind."""
        if self.kind == "surgical":
            return "flat"
        if self.kind == "ffp2":
            return "cup"
        if self.kind == "scarf":
            return "scarf"
        return "fitted" if self.seed % 3 else "flat"


# How often each kind is drawn, and its usual colours (blue, green, red), the commonest first.
_KIND_COLOURS: Final[dict[MaskKind, tuple[float, list[Colour]]]] = {
    "surgical": (
        0.46,
        [
            *((226, 190, 130), (222, 200, 160), (236, 232, 226), (205, 210, 160), (214, 150, 90)),
            *((240, 240, 238), (210, 196, 236), (46, 44, 44), (190, 150, 120), (228, 206, 176)),
        ],
    ),
    "cloth": (
        0.15,
        [
            *((232, 232, 230), (120, 60, 30), (60, 50, 150), (90, 120, 60), (140, 140, 140)),
            *((150, 190, 215), (70, 60, 60), (160, 110, 170), (200, 170, 90), (60, 130, 210)),
        ],
    ),
    "ffp2": (0.14, [(238, 238, 236), (232, 236, 238), (235, 225, 210), (50, 48, 48), (200, 190, 180)]),
    "black": (0.11, [(32, 30, 30), (44, 42, 42), (60, 52, 48), (25, 24, 26)]),
    "patterned": (0.09, [(225, 225, 225), (120, 70, 40), (60, 60, 160), (160, 190, 210), (50, 46, 46)]),
    "scarf": (0.05, [(90, 90, 96), (60, 50, 120), (150, 160, 170), (110, 80, 50), (40, 40, 44)]),
}


def random_style(rng: np.random.Generator) -> MaskStyle:
    """Draws the look of a mask: mostly surgical, in any colour.

    Args:
        rng: The generator; the same state gives the same style.

    Returns:
        A style with its own seed.
    """
    kinds = list(_KIND_COLOURS)
    weights = np.array([_KIND_COLOURS[kind][0] for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    colours = _KIND_COLOURS[kind][1]
    # The first colours of a list are the commonest.
    colour = np.array(colours[int(len(colours) * rng.random() ** 1.6)], np.float64)
    if kind in ("cloth", "patterned", "scarf") and rng.random() < 0.5:
        hue = np.array([[[rng.integers(180), rng.integers(30, 220), rng.integers(60, 240)]]], np.uint8)
        colour = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0].astype(np.float64)
    colour = np.clip(colour * rng.normal(1, 0.06) + rng.normal(0, 7, 3), 12, 250)
    straps: Straps = "ears"
    if kind == "scarf" or rng.random() < 0.08:
        straps = "none"
    elif kind == "ffp2" and rng.random() < 0.4:
        straps = "head"
    blue, green, red = (int(c) for c in colour)
    return MaskStyle(kind, (blue, green, red), int(rng.integers(2**31)), straps)


def render_fabric(
    style: MaskStyle, u: FloatArray, v: FloatArray, pixel: float, bunched: bool, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Renders the colour and the relief of a mask's fabric.

    Args:
        style: The look of the mask.
        u: (h, w) from -1 at the wearer's right edge to 1.
        v: (h, w) from 0 at the upper edge to 1.
        pixel: Size of a pixel in units of u; finer details are left out.
        bunched: Whether the mask is pushed together, as under a chin.
        rng: Draws folds and prints.

    Returns:
        (h, w, 3) float32 colour, BGR, 0 to 1; and (h, w) float32 relief, a factor of the brightness around 1.
    """
    base = np.asarray(style.colour, np.float32) / 255
    colour: FloatArray = np.broadcast_to(base, (*u.shape, 3))
    gathered = bunched or style.kind == "scarf"
    relief = 1 + rng.uniform(0.05, 0.13) * (1.3 if gathered else 1.0) * _folds(u, v, gathered, rng)
    min_width = max(pixel, 0.012)
    relief += _creases(u, v, min_width, rng)
    if style.kind == "surgical" or (style.kind == "black" and style.cut == "flat"):
        relief += _pleats(u, v, min_width, bunched, rng)
        _press_seam(relief, v - 0.10, min_width, -0.07)
        _press_seam(relief, v - 0.94, min_width, -0.07)
        _press_seam(relief, np.abs(u) - 0.94, min_width, -0.09)
    elif style.kind == "ffp2":
        colour = _respirator_seams(style, colour, relief, u, v, min_width, rng)
    elif style.kind != "scarf":
        if style.cut == "fitted" or rng.random() < 0.3:
            _press_seam(relief, u + 0.015 * np.sin(9 * v), min_width, -0.16)
            relief += 0.05 * np.exp(-((u / 0.12) ** 2))
        for hem in (v - 0.06, v - 0.95, np.abs(u) - 0.93):
            _press_seam(relief, hem, min_width, -0.10)
    if style.kind == "patterned" or (style.kind == "scarf" and style.seed % 2):
        colour = _with_print(colour, u, v, rng)
    return np.asarray(colour, np.float32), relief


def _press_seam(relief: FloatArray, distance: FloatArray, min_width: float, depth: float) -> None:
    """Adds a seam to the relief where `distance` is 0. Seams thinner than a pixel fade."""
    width = max(0.016, min_width)
    relief += depth * min(1.0, 0.028 / width) * np.exp(-((distance / width) ** 2))


def _pleats(
    u: FloatArray, v: FloatArray, min_width: float, bunched: bool, rng: np.random.Generator
) -> FloatArray:
    """Draws the relief of two to four pleats, open in the middle and shut at the sides."""
    depth = rng.uniform(0.12, 0.36) * (1.2 if bunched else 1.0)
    width = max(rng.uniform(0.014, 0.03), 0.8 * min_width)
    result = np.zeros_like(u)
    for k in np.linspace(0.30, 0.70, int(rng.integers(2, 5))) + rng.normal(0, 0.02):
        bend = rng.normal(0, 0.035)
        d = v - k - bend * (1 - u * u) - rng.normal(0, 0.012) * u
        open_ = rng.uniform(0.45, 1.0)
        shut = open_ + (1 - open_) * np.abs(u)
        result += shut * (
            0.4 * depth * np.exp(-(((d + 2.2 * width) / (2 * width)) ** 2))
            - depth * np.exp(-((d / width) ** 2))
            - 0.35 * depth * np.exp(-(((d - 2.5 * width) / (2.5 * width)) ** 2))
        )
    return result


def _folds(u: FloatArray, v: FloatArray, bunched: bool, rng: np.random.Generator) -> FloatArray:
    """Draws the relief of soft irregular folds: smooth noise, stretched in the direction of the straps."""
    rows, columns = (14, 5) if bunched else (7, 6)
    noise = rng.normal(0, 1, (rows, columns)).astype(np.float32)
    slant = rng.normal(0, 0.25)
    x = np.clip((u + 1) / 2, 0, 1) * (columns - 1)
    y = np.clip(v + slant * u * (0.5 - v) + 0.25 * bunched * u * u, 0, 1) * (rows - 1)
    smooth = cv2.resize(noise, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    x, y = x * 8 + 3.5, y * 8 + 3.5
    folds = cv2.remap(smooth, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(folds, np.float32)


def _creases(u: FloatArray, v: FloatArray, min_width: float, rng: np.random.Generator) -> FloatArray:
    """Draws the relief of short creases from the sides, where straps or cheeks pull."""
    result = np.zeros_like(u)
    for _ in range(int(rng.integers(0, 5))):
        side = rng.choice((-1.0, 1.0))
        start, slope, reach = rng.uniform(0.1, 0.9), rng.normal(0, 0.25), rng.uniform(0.25, 0.7)
        inward = 1 - side * u
        d = v - start - slope * inward
        width = max(rng.uniform(0.02, 0.045), min_width)
        fade = rng.uniform(0.06, 0.2) * np.exp(-((inward / reach) ** 2))
        result += fade * (np.exp(-(((d + width) / width) ** 2)) - np.exp(-((d / width) ** 2)))
    return result


def _respirator_seams(
    style: MaskStyle,
    colour: FloatArray,
    relief: FloatArray,
    u: FloatArray,
    v: FloatArray,
    min_width: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Adds the seams of a folded or moulded respirator to `relief`, and sometimes a valve to the colour."""
    construction = rng.integers(3)
    if construction == 0:  # folded upright, welded along the ridge
        _press_seam(relief, u, min_width, -0.20)
        relief += 0.07 * np.sign(u) * np.exp(-np.abs(u) / 0.35) * rng.choice((-1, 1))
        _press_seam(relief, v - 0.12 - 0.25 * (1 - np.abs(u)) * 0.3, min_width, -0.08)
    elif construction == 1:  # three panels, folded across
        bow = 0.10 * (1 - u * u)
        _press_seam(relief, v - 0.40 + bow, min_width, -0.20)
        _press_seam(relief, v - 0.66 - bow, min_width, -0.20)
        relief += 0.06 * (v < 0.40 - bow) - 0.05 * (v > 0.66 + bow)
    else:  # moulded cup
        _press_seam(relief, np.hypot(u * 0.9, (v - 0.5) * 1.7) - 0.78, min_width, -0.12)
    _press_seam(relief, np.abs(u) - 0.93, min_width, -0.10)
    _press_seam(relief, v - 0.95, min_width, -0.08)
    if rng.random() < 0.3:
        side = rng.choice((0.0, 0.38, -0.38))
        distance = np.hypot(u - side, (v - 0.52) * 0.85)
        inside = np.clip((0.17 - distance) / max(min_width, 0.02) + 0.5, 0, 1)[..., None]
        valve = np.asarray(rng.choice(((0.93, 0.93, 0.92), (0.6, 0.6, 0.6), (0.75, 0.45, 0.2))), np.float32)
        colour = colour * (1 - inside) + valve * inside
        for radius in (0.17, 0.11):
            _press_seam(relief, distance - radius, min_width, -0.18)
    return np.asarray(colour, np.float32)


def _with_print(colour: FloatArray, u: FloatArray, v: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Adds a repeating print to the colour."""
    size = 64
    base = np.asarray(colour[0, 0] * 255, np.float32)
    tile = np.empty((size, size, 3), np.uint8)  # OpenCV smooths edges on bytes only
    tile[:] = base
    inks = [rng.uniform(0, 255, 3) for _ in range(3)] + [np.full(3, 245.0 if base.mean() < 128 else 16.0)]
    pattern = rng.choice(("dots", "stripes", "checks", "blots", "shapes", "camouflage"))
    ink = inks[int(rng.integers(2, 4))]
    if pattern == "dots":
        for centre in ((0, 0), (size, 0), (0, size), (size, size), (size // 2, size // 2)):
            cv2.circle(tile, centre, int(rng.integers(7, 15)), ink.tolist(), -1, cv2.LINE_AA)
    elif pattern in ("stripes", "checks"):
        step = int(rng.choice((8, 16, 32)))
        for k in range(0, size, 2 * step):
            tile[:, k : k + step] = tile[:, k : k + step] * 0.4 + ink * 0.6
            if pattern == "checks":
                tile[k : k + step] = tile[k : k + step] * 0.4 + ink * 0.6
    elif pattern == "camouflage":
        for chosen in inks[:2]:
            dark = base * 0.5 + np.asarray(chosen, np.float32) * 0.3
            noise = cv2.resize(rng.normal(0, 1, (6, 6)).astype(np.float32), (size, size), interpolation=3)
            tile[noise > 0.4] = dark
    else:
        for _ in range(int(rng.integers(5, 14))):
            chosen = inks[int(rng.integers(4))].tolist()
            centre = (int(rng.integers(8, size - 8)), int(rng.integers(8, size - 8)))
            axes = (int(rng.integers(2, 9)), int(rng.integers(2, 9)))
            thick = -1 if pattern == "blots" else 2
            cv2.ellipse(tile, centre, axes, float(rng.uniform(0, 180)), 0, 360, chosen, thick, cv2.LINE_AA)
    repeat = rng.uniform(1.2, 4.0) * size / 2
    angle = rng.normal(0, 0.3)
    x, y = u * repeat, v * repeat * 0.95
    x, y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    wrapped = (np.mod(x, size).astype(np.float32), np.mod(y, size).astype(np.float32))
    soft = cv2.GaussianBlur(tile, (0, 0), 0.8)
    printed = cv2.remap(soft, *wrapped, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return printed.astype(np.float32) / 255
