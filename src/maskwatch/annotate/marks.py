"""Marks: a frame with a caption for each face or person, laid out together so that they hide little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2

from maskwatch.annotate.strokes import BLACK, draw_frame, font, text_colour, text_width, unit_of
from maskwatch.annotate.styles import STYLES, UNCERTAIN, Style
from maskwatch.captions import Rectangle, covers, place
from maskwatch.types import Image, Label

_SMALLEST_LETTERS: Final = 6  # pixels; smaller ones cannot be read
_FADED: Final = 0.5  # share of a faded mark in the picture


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """What is drawn for one face or person.

    Attributes:
        box: x1, y1, x2, y2 in pixels.
        style: Of the frame and the caption.
        text: The caption.
        short: What stands there instead where the caption would cover a neighbour.
        faded: Whether the picture shines through, for somebody who is not seen at the moment.
    """

    box: Rectangle
    style: Style
    text: str
    short: str
    faded: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption with its place; `letters` and `pad` in pixels."""

    text: str
    letters: int
    pad: int
    style: Style
    place: Rectangle
    faded: bool


def words_of(label: Label, certain: bool) -> tuple[Style, str, str]:
    """Returns how a state is drawn, its symbol and words, and the short form of these.

    Args:
        label: The most probable state.
        certain: Whether it is certain; else it gets a question mark and a dashed frame.
    """
    known = STYLES[label]
    if certain:
        return known, f"{known.symbol} {known.text}", known.symbol
    return UNCERTAIN, f"{UNCERTAIN.symbol} {known.text}?", f"{known.symbol}?"


def percent(share: float) -> str:
    """Returns a share in [0, 1] for people: "97 %"."""
    return f"{100 * share:.0f} %"


def whole(box: Sequence[float]) -> Rectangle:
    """Returns a box in whole pixels."""
    x1, y1, x2, y2 = (round(float(v)) for v in box)
    return x1, y1, x2, y2


def draw_marks(canvas: Image, marks: Sequence[Mark]) -> None:
    """Draws frames and captions into the picture.

    Args:
        canvas: (h, w, 3) uint8, BGR; changed.
        marks: The most important ones first: their captions choose their places first and are drawn last.
    """
    captions: list[Caption] = []
    for mark in marks:
        others = [other.box for other in marks if other is not mark]
        if (caption := place_caption(canvas, mark, others, [other.place for other in captions])) is not None:
            captions.append(caption)
    if any(mark.faded for mark in marks):
        layer = canvas.copy()
        _draw(layer, [m for m in marks if m.faded], [c for c in captions if c.faded])
        cv2.addWeighted(layer, _FADED, canvas, 1 - _FADED, 0, dst=canvas)
    _draw(canvas, [m for m in marks if not m.faded], [c for c in captions if not c.faded])


def _draw(canvas: Image, marks: Sequence[Mark], captions: Sequence[Caption]) -> None:
    for mark in reversed(marks):
        draw_frame(canvas, mark.box, mark.style, unit_of(canvas))
    for caption in reversed(captions):
        draw_caption(canvas, caption)


def place_caption(
    canvas: Image, mark: Mark, others: Sequence[Rectangle], taken: Sequence[Rectangle]
) -> Caption | None:
    """Returns the caption of a mark and its place; None where the picture has no room for letters."""
    height, width = canvas.shape[:2]
    letters = int(min(max(12.0, 12 * unit_of(canvas)), height / 2))
    if letters < _SMALLEST_LETTERS:
        return None
    pad = max(1, letters // 5)

    def placed(text: str, letters: int) -> Caption:
        while letters > _SMALLEST_LETTERS and text_width(text, letters) + 2 * pad > width:
            letters -= 1
        size = (min(text_width(text, letters) + 2 * pad, width), min(letters + 2 * pad, height))
        at = place(size, mark.box, (width, height), others, taken)
        return Caption(text, letters, pad, mark.style, at, mark.faded)

    full = placed(mark.text, letters)
    return placed(mark.short, letters) if covers(full.place, [*others, *taken]) else full


def draw_caption(canvas: Image, caption: Caption) -> None:
    """Draws a caption at its place."""
    left, top, right, bottom = caption.place
    colour = caption.style.colour
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), colour, cv2.FILLED)
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), BLACK, 1)
    cv2.putText(
        canvas,
        caption.text,
        (left + caption.pad, top + caption.pad + round(caption.letters * 0.85)),
        text_colour(colour),
        font(),
        caption.letters,
        weight=600,
    )
