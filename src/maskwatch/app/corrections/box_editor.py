"""A frame over a picture, drawn by mouse, finger or keys; sliders show and change the same frame."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any, Final

import streamlit as st

from maskwatch.data.collection import Box
from maskwatch.image_files import encode_image
from maskwatch.types import Image

_HERE: Final = Path(__file__).parent
_STEPS: Final = 800  # of a slider: about one for each pixel that it is wide on the screen

_ELEMENT: Final = st.components.v2.component(
    "maskwatch_box",
    html=(_HERE / "box_editor.html").read_text(encoding="utf-8"),
    css=(_HERE / "box_editor.css").read_text(encoding="utf-8"),
    js=(_HERE / "box_editor.js").read_text(encoding="utf-8"),
)


def box_sliders(size: tuple[int, int], box: Box, key: str) -> Box:
    """Shows sliders for the four sides of a box, usable by mouse, finger or arrow keys; returns the box.

    Args:
        size: Width and height of the picture in pixels.
        box: Where the sliders begin.
        key: Makes the keys of the widgets of different boxes distinct.
    """
    x1, y1, x2, y2 = box
    left, right = _slider("Left and right side", x1, x2, size[0], f"{key}-x")
    top, bottom = _slider("Top and bottom", y1, y2, size[1], f"{key}-y")
    return left, top, right, bottom


def _slider(label: str, first: float, last: float, limit: int, key: str) -> tuple[float, float]:
    if key not in st.session_state:
        st.session_state[key] = _side(first, last, limit)
    chosen: Any = st.slider(label, 0, limit, step=max(1, limit // _STEPS), format="%d px", key=key)
    low, high = chosen
    return float(low), float(high)


def _side(first: float, last: float, limit: int) -> tuple[int, int]:
    low, high = sorted((round(first), round(last)))
    return min(max(low, 0), limit), min(max(high, 0), limit)


def draw_box(
    image: Image,
    area: tuple[float, float, float, float],
    size: tuple[int, int],
    box: Box,
    words: str,
    key: str,
) -> None:
    """Shows a picture with a box that can be drawn anew, moved and resized; `box_sliders` follow.

    Args:
        image: The part of the picture to show: (h, w, 3) uint8, BGR.
        area: That part as x1, y1, x2, y2 in pixels of the whole picture.
        size: Width and height of the whole picture in pixels.
        box: The box, in pixels of the whole picture.
        words: What the box is around.
        key: The key of the sliders.
    """
    jpeg = base64.b64encode(encode_image(image, ".jpg")).decode("ascii")
    _ELEMENT(
        key=f"{key}-draw",
        data={
            "picture": f"data:image/jpeg;base64,{jpeg}",
            "area": list(area),
            "box": list(box),
            "words": words,
        },
        on_box_change=partial(_move_sliders, size, key),
    )


def _move_sliders(size: tuple[int, int], key: str) -> None:
    """Takes the box that was drawn; a callback: only there may sliders be moved."""
    x1, y1, x2, y2 = (float(side) for side in st.session_state[f"{key}-draw"]["box"])
    st.session_state[f"{key}-x"] = _side(x1, x2, size[0])
    st.session_state[f"{key}-y"] = _side(y1, y2, size[1])
