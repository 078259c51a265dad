"""Correcting a picture: choose a face, say what it is. Two clicks, and it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from maskwatch.annotate import outline
from maskwatch.app.corrections.draft import Draft
from maskwatch.app.corrections.storage import CorrectionStorage, turn_on
from maskwatch.app.pages.wording import plain, state_in_words
from maskwatch.data.collection import STATES, Box
from maskwatch.errors import MaskwatchError
from maskwatch.geometry import letterbox_size
from maskwatch.types import Faces, Image

_MISSED: Final = -1
_NOT_A_FACE: Final = "Not a face"
_PREVIEW_SIDE: Final = 1600
_CLOSE: Final = 2.5  # what is shown around a face, in sides of its frame
_CLOSE_PIXELS: Final = 480
_STEPS: Final = 800  # of a slider: about one for each pixel that it is wide on the screen


class Still(Protocol):
    """A picture that can be corrected."""

    @property
    def name(self) -> str:
        """Where it comes from, for people."""
        ...

    @property
    def found(self) -> Faces:
        """What the models found in it."""
        ...

    def image(self) -> Image:
        """The picture at full size: (h, w, 3) uint8, BGR."""
        ...


@dataclass(slots=True)
class _Open:
    """A picture that is being corrected; the page keeps one for each key.

    Attributes:
        still: What is corrected; another one under the same key starts anew.
        draft: What was said of it so far.
        stored: Its name in the collection, once it is kept.
        error: Why the last word could not be kept.
    """

    still: Still
    draft: Draft
    stored: str = ""
    error: str = ""


def correcting(still: Still, key: str, keeping: CorrectionStorage, group: str = "") -> None:
    """Shows the controls.

    Args:
        still: The picture.
        key: Tells the widgets of different pictures apart.
        keeping: Where corrections go.
        group: Pictures of one video share one; see `Collection.add`.
    """
    with st.expander("Correct it", icon=":material/edit:"):
        if allowed(key, keeping):
            controls(still, key, keeping, group)


def allowed(key: str, keeping: CorrectionStorage) -> bool:
    """Whether the visitor wants pictures kept; says what that means and asks, if not."""
    if not keeping.is_on:
        st.markdown(keeping.told())
        st.button("Keep the pictures that I correct", on_click=turn_on, key=f"{key}-turn-on")
    return keeping.is_on


def controls(still: Still, key: str, keeping: CorrectionStorage, group: str) -> None:
    """What `correcting` shows, once it is allowed."""
    work = _opened(still, key)
    numbers = [*range(len(work.draft.faces)), _MISSED]
    chosen = st.pills(
        "Which face is wrong?",
        numbers,
        format_func=lambda number: _face_in_words(work.draft, number),
        key=f"{key}-face",
    )
    if chosen == _MISSED:
        _missed(work, key, keeping, group)
    elif chosen is not None:
        _face(work, chosen, key, keeping, group)
    if work.error:
        st.error(plain(work.error), icon=":material/error:")
    elif work.stored in keeping.collection:  # else everything was deleted since
        _kept(work, key, keeping)


def _opened(still: Still, key: str) -> _Open:
    work: _Open | None = st.session_state.get(f"{key}-correcting")
    if work is None or work.still is not still:
        work = st.session_state[f"{key}-correcting"] = _Open(still, Draft.of(still.found))
    return work


@dataclass(frozen=True, slots=True)
class _Preview:
    """A picture at the size that a page shows: (h, w, 3) uint8, BGR; and its true width and height."""

    still: Still
    image: Image
    size: tuple[int, int]


def _preview(still: Still) -> _Preview:
    """Made when a face is chosen; only the last one is kept, for there may be hundreds of pictures."""
    preview: _Preview | None = st.session_state.get("correcting_preview")
    if preview is None or preview.still is not still:
        image = still.image()
        height, width = image.shape[:2]
        small = cv2.resize(image, letterbox_size(width, height, _PREVIEW_SIDE), interpolation=cv2.INTER_AREA)
        preview = _Preview(still, np.asarray(small, np.uint8), (width, height))
        st.session_state.correcting_preview = preview
    return preview


def _face_in_words(draft: Draft, number: int) -> str:
    if number == _MISSED:
        return "+ A face was missed"
    face = draft.faces[number]
    if number in draft.rejected:
        words = _NOT_A_FACE.lower()
    elif face.by == "model" and face.state == "face" and face.answer is not None:
        words = f"unsure, {state_in_words(face.answer)}?"
    else:
        words = state_in_words(face.state)
    return f"{number + 1}: {words}{', corrected' if draft.is_corrected(number) else ''}"


def _face(work: _Open, number: int, key: str, keeping: CorrectionStorage, group: str) -> None:
    """What a face that is there truly is."""
    draft = work.draft
    picture, controls = st.columns([2, 3], gap="medium")
    with controls:
        says = [(state_in_words(state), draft.said(number, state)) for state in STATES]
        _buttons([*says, (_NOT_A_FACE, draft.not_a_face(number))], work, f"{key}-{number}", keeping, group)
        box = draft.faces[number].box
        if st.toggle("Its frame is wrong", key=f"{key}-{number}-frame"):
            box = _sliders(work, box, f"{key}-{number}")
            _buttons(
                [("Keep this frame", draft.framed(number, box))], work, f"{key}-{number}", keeping, group
            )
    _show(picture, work, box, f"Face {number + 1}", near=draft.faces[number].box)


def _missed(work: _Open, key: str, keeping: CorrectionStorage, group: str) -> None:
    """Where a face was missed, and what it is."""
    width, height = _preview(work.still).size
    side = min(width, height) / 4
    start = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    picture, controls = st.columns([2, 3], gap="medium")
    with controls:
        st.caption("Draw the frame around the face, from brow to chin; then say what it is.")
        box = _sliders(work, start, f"{key}-missed")
        says = [(state_in_words(state), work.draft.added(box, state)) for state in STATES]
        # The new face is the chosen one then: its frame and its state can be mended at once.
        _buttons(says, work, f"{key}-missed", keeping, group, select=(f"{key}-face", len(work.draft.faces)))
    _show(picture, work, box, "The frame of the missed face")


def _sliders(work: _Open, box: Box, key: str) -> Box:
    """The four sides of a frame: with the mouse, a finger, or the arrow keys."""
    width, height = _preview(work.still).size
    x1, y1, x2, y2 = box

    def between(label: str, first: float, last: float, limit: int, name: str) -> tuple[float, float]:
        step = max(1, limit // _STEPS)
        start = (min(max(round(first), 0), limit), min(max(round(last), 0), limit))
        low, high = st.slider(label, 0, limit, start, step, format="%d px", key=f"{key}-{name}")
        return float(low), float(high)

    left, right = between("Left and right side", x1, x2, width, "x")
    top, bottom = between("Top and bottom", y1, y2, height, "y")
    return left, top, right, bottom


def _buttons(
    says: list[tuple[str, Draft]],
    work: _Open,
    key: str,
    keeping: CorrectionStorage,
    group: str,
    select: tuple[str, int] | None = None,
) -> None:
    """One button for each thing that can be said; it is kept at once."""
    with st.container(horizontal=True):
        for label, draft in says:
            st.button(label, on_click=_keep, args=(work, draft, keeping, group, select), key=f"{key}-{label}")


def _keep(
    work: _Open, draft: Draft, keeping: CorrectionStorage, group: str, select: tuple[str, int] | None
) -> None:
    """Keeps the picture with what is said of it now. A callback: what it raises nobody would show."""
    try:
        work.stored = keeping.collection.add(
            work.still.image(), draft.kept, draft.not_faces, work.still.name, group
        )
    except MaskwatchError as error:
        work.error = str(error)
        return
    work.draft, work.error = draft, ""
    if select is not None:
        st.session_state[select[0]] = select[1]


def _kept(work: _Open, key: str, keeping: CorrectionStorage) -> None:
    corrected = work.draft.corrections
    others = len(work.draft.faces) - corrected
    rest = f", {others} as the model says" if others else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(
            f"Kept: {corrected} face{'' if corrected == 1 else 's'} corrected{rest}.", icon=":material/check:"
        )
        st.button(
            "Take it back",
            on_click=_take_back,
            args=(work, keeping),
            help="Deletes this picture from what is kept.",
            key=f"{key}-take-back",
        )


def _take_back(work: _Open, keeping: CorrectionStorage) -> None:
    try:
        keeping.collection.remove(work.stored)
    except MaskwatchError as error:
        work.error = str(error)
        return
    work.draft, work.stored, work.error = Draft.of(work.still.found), "", ""


def _show(
    place: st.delta_generator.DeltaGenerator, work: _Open, box: Box, words: str, near: Box | None = None
) -> None:
    """The picture with the frame that is meant; only what is near a face, enlarged, if one is given."""
    preview = _preview(work.still)
    factor = preview.image.shape[1] / preview.size[0]
    shown, meant = preview.image, np.array(box) * factor
    if near is not None:
        left, top, right, bottom = _around(np.array([near, box]) * factor, shown)
        shown = shown[top:bottom, left:right]
        size = letterbox_size(right - left, bottom - top, _CLOSE_PIXELS, enlarge=_CLOSE_PIXELS)
        meant = (meant - (left, top, left, top)) * (size[0] / (right - left))
        shown = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    place.image(outline(shown, meant.tolist()), channels="BGR", width="stretch", caption=words, alt=words)


def _around(boxes: NDArray[np.float64], image: Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the part of a picture that shows these boxes and what is near them."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    middle, half = (low + high) / 2, max(4.0, _CLOSE * float((high - low).max()) / 2)
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(middle - half), 0, (width - 1, height - 1)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(middle + half), 1, (width, height)).astype(int).tolist()
    return left, top, max(right, left + 1), max(bottom, top + 1)
