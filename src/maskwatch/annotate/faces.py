"""Draws the faces of one picture, each for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from maskwatch.annotate.marks import Mark, draw_marks, percent, whole, words_of
from maskwatch.annotate.strokes import draw_frame, unit_of
from maskwatch.annotate.styles import UNCLASSIFIED, Style
from maskwatch.labels import FACE
from maskwatch.types import Faces, Image

_PLACE: Final = Style("", (255, 255, 255), "", weight=1.5, dashed=True)


def annotate(image: Image, faces: Faces, numbered: bool = False) -> Image:
    """Draws the faces on a copy of the picture.

    A certain face gets its state and the probability. An uncertain face gets a dashed frame and a question
    mark after the most probable state. Captions stand where they hide least of other faces and captions (see
    `maskwatch.captions`); where one would hide some of them all the same, the symbol alone stands there.
    Lines and letters grow with the picture.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        faces: The faces detected in it.
        numbered: Also write the number of each face, from 1, so that a table can refer to it.

    Returns:
        (h, w, 3) uint8, BGR.
    """
    canvas = image.copy()
    certain = faces.certain
    marks: list[Mark] = []
    for i in np.argsort(-faces.scores, kind="stable"):
        label = faces.labels[i]
        if faces.probabilities is None or label is None:
            share = percent(float(faces.scores[i]))
            style, text, short = UNCLASSIFIED, f"{FACE} {share}", share
        else:
            style, words, short = words_of(label, bool(certain[i]))
            text = f"{words} {percent(float(faces.probabilities[i].max()))}"
        if numbered:
            text, short = f"{i + 1} {text}", f"{i + 1}{short}"
        marks.append(Mark(whole(faces.boxes[i]), style, text, short))
    draw_marks(canvas, marks)
    return canvas


def outline(image: Image, box: Sequence[float]) -> Image:
    """Draws a dashed white frame on a copy of the picture: it marks a place and says nothing about its state.

    Args:
        image: (h, w, 3) uint8, BGR; not changed.
        box: x1, y1, x2, y2 in pixels.

    Returns:
        (h, w, 3) uint8, BGR.
    """
    canvas = image.copy()
    draw_frame(canvas, whole(box), _PLACE, unit_of(canvas))
    return canvas
