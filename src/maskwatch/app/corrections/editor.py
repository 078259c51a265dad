"""The controls for correcting a picture: choose a face, then its class. Two clicks store it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from maskwatch.annotate import outline
from maskwatch.app.corrections.box_editor import box_sliders, draw_box
from maskwatch.app.corrections.draft import Draft
from maskwatch.app.corrections.storage import CorrectionStorage, turn_on
from maskwatch.app.error_line import show_error
from maskwatch.app.pages.wording import state_in_words
from maskwatch.data.collection import STATES, Box
from maskwatch.errors import MaskwatchError
from maskwatch.geometry import letterbox_size
from maskwatch.types import Faces, Image

_MISSED: Final = -1
_NOT_A_FACE: Final = "Not a face"
_PREVIEW_SIDE: Final = 1600
_CLOSE: Final = 2.5  # side of the area shown around a face, in sides of its box
_CLOSE_PIXELS: Final = 480


class CorrectablePicture(Protocol):
    """A picture that can be corrected."""

    @property
    def name(self) -> str:
        """Name of the source to show to people."""
        ...

    @property
    def faces(self) -> Faces:
        """The faces that the models found."""
        ...

    def image(self) -> Image:
        """Returns the picture at full size: (h, w, 3) uint8, BGR."""
        ...


@dataclass(slots=True)
class _EditState:
    """The state of one editor; the page keeps one for each key.

    Attributes:
        picture: The picture that is corrected; another one under the same key starts again.
        draft: The corrections so far.
        stored_name: Its name in the collection, "" until it is stored.
        error: Message of the last failed attempt to store it, "" for none.
    """

    picture: CorrectablePicture
    draft: Draft
    stored_name: str = ""
    error: str = ""


def correction_panel(
    picture: CorrectablePicture, key: str, storage: CorrectionStorage, group: str = ""
) -> None:
    """Shows an expander with the controls.

    Args:
        picture: The picture to correct.
        key: Makes the keys of the widgets of different pictures distinct.
        storage: Where corrections are stored.
        group: Group of pictures that belong together, such as those of one video; see `Collection.add`.
    """
    with st.expander("Correct it", icon=":material/edit:"):
        if storage_allowed(key, storage):
            correction_controls(picture, key, storage, group)


def storage_allowed(key: str, storage: CorrectionStorage) -> bool:
    """Returns whether the visitor allows storing pictures; if not, shows the privacy notice and a switch."""
    if not storage.is_on:
        st.markdown(storage.privacy_notice())
        st.button("Keep the pictures that I correct", on_click=turn_on, key=f"{key}-turn-on")
    return storage.is_on


def correction_controls(
    picture: CorrectablePicture, key: str, storage: CorrectionStorage, group: str
) -> None:
    """Shows the controls of `correction_panel` without the expander and without asking for permission."""
    state = _edit_state(picture, key)
    numbers = [*range(len(state.draft.faces)), _MISSED]
    # Streamlit keeps the function for long: it must not hold the picture.
    words = {number: _face_in_words(state.draft, number) for number in numbers}
    chosen = st.pills(
        "Which face is wrong?",
        numbers,
        format_func=words.__getitem__,
        key=f"{key}-face",
    )
    if chosen == _MISSED:
        _missed_face_controls(state, key, storage, group)
    elif chosen is not None:
        _face_controls(state, chosen, key, storage, group)
    if state.error:
        show_error(state.error)
    elif state.stored_name in storage.collection:  # else everything was deleted since
        _show_stored(state, key, storage)


def _edit_state(picture: CorrectablePicture, key: str) -> _EditState:
    state: _EditState | None = st.session_state.get(f"{key}-correcting")
    if state is None or state.picture is not picture:
        state = st.session_state[f"{key}-correcting"] = _EditState(picture, Draft.of(picture.faces))
    return state


@dataclass(frozen=True, slots=True)
class _Preview:
    """A picture at the size that a page shows.

    Attributes:
        picture: The picture.
        image: (h, w, 3) uint8, BGR, reduced.
        size: Width and height of the full picture in pixels.
    """

    picture: CorrectablePicture
    image: Image
    size: tuple[int, int]


def _preview(picture: CorrectablePicture) -> _Preview:
    """Returns the preview of a picture. Only the last one is kept: there may be hundreds of pictures."""
    preview: _Preview | None = st.session_state.get("correcting_preview")
    if preview is None or preview.picture is not picture:
        image = picture.image()
        height, width = image.shape[:2]
        small = cv2.resize(image, letterbox_size(width, height, _PREVIEW_SIDE), interpolation=cv2.INTER_AREA)
        preview = _Preview(picture, np.asarray(small, np.uint8), (width, height))
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


def _face_controls(state: _EditState, number: int, key: str, storage: CorrectionStorage, group: str) -> None:
    """Shows the controls for a face of the draft: its class, that it is no face, its box."""
    draft = state.draft
    left, right = st.columns([2, 3], gap="medium")
    with right:
        options = [(state_in_words(name), draft.with_state(number, name)) for name in STATES]
        _buttons(
            [*options, (_NOT_A_FACE, draft.with_rejected(number))], state, f"{key}-{number}", storage, group
        )
        box = draft.faces[number].box
        if st.toggle("Its frame is wrong", key=f"{key}-{number}-frame"):
            box = box_sliders(_preview(state.picture).size, box, f"{key}-{number}")
            _buttons(
                [("Keep this frame", draft.with_box(number, box))], state, f"{key}-{number}", storage, group
            )
            with left:
                _draw(state, box, f"Face {number + 1}", f"{key}-{number}", near=draft.faces[number].box)
            return
    _show(left, state, box, f"Face {number + 1}")


def _missed_face_controls(state: _EditState, key: str, storage: CorrectionStorage, group: str) -> None:
    """Shows the controls for a face that was missed: its box, then its class."""
    width, height = _preview(state.picture).size
    side = min(width, height) / 4
    start = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    left, right = st.columns([2, 3], gap="medium")
    with right:
        st.caption("Draw a frame around the face, from brow to chin; then say what it is.")
        box = box_sliders((width, height), start, f"{key}-missed")
        options = [(state_in_words(name), state.draft.with_face(box, name)) for name in STATES]
        # The new face is selected then, so that its box and class can be corrected at once.
        _buttons(
            options, state, f"{key}-missed", storage, group, select=(f"{key}-face", len(state.draft.faces))
        )
    with left:
        _draw(state, box, "The frame of the missed face", f"{key}-missed")


def _buttons(
    options: list[tuple[str, Draft]],
    state: _EditState,
    key: str,
    storage: CorrectionStorage,
    group: str,
    select: tuple[str, int] | None = None,
) -> None:
    """Shows one button for each possible correction; a click stores it."""
    with st.container(horizontal=True):
        for label, draft in options:
            st.button(
                label, on_click=_store, args=(state, draft, storage, group, select), key=f"{key}-{label}"
            )


def _store(
    state: _EditState, draft: Draft, storage: CorrectionStorage, group: str, select: tuple[str, int] | None
) -> None:
    """Stores the picture with its corrections. A callback: Streamlit would not show what it raises."""
    try:
        state.stored_name = storage.collection.add(
            state.picture.image(), draft.accepted_faces, draft.not_faces, state.picture.name, group
        )
    except MaskwatchError as error:
        state.error = str(error)
        return
    state.draft, state.error = draft, ""
    if select is not None:
        st.session_state[select[0]] = select[1]


def _show_stored(state: _EditState, key: str, storage: CorrectionStorage) -> None:
    corrected = state.draft.corrected_count
    others = len(state.draft.faces) - corrected
    rest = f", {others} as the model says" if others else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(
            f"Kept: {corrected} face{'' if corrected == 1 else 's'} corrected{rest}.", icon=":material/check:"
        )
        st.button(
            "Take it back",
            on_click=_undo,
            args=(state, storage),
            help="Deletes this picture from what is kept.",
            key=f"{key}-take-back",
        )


def _undo(state: _EditState, storage: CorrectionStorage) -> None:
    try:
        storage.collection.remove(state.stored_name)
    except MaskwatchError as error:
        state.error = str(error)
        return
    state.draft, state.stored_name, state.error = Draft.of(state.picture.faces), "", ""


def _show(place: st.delta_generator.DeltaGenerator, state: _EditState, box: Box, words: str) -> None:
    """Shows the area around a box, enlarged, with the box outlined."""
    preview = _preview(state.picture)
    factor = preview.image.shape[1] / preview.size[0]
    near = np.array([box]) * factor
    shown, (left, top, right, _) = _close_up(preview.image, near)
    meant = (near[0] - (left, top, left, top)) * (shown.shape[1] / (right - left))
    place.image(outline(shown, meant.tolist()), channels="BGR", width="stretch", caption=words, alt=words)


def _draw(state: _EditState, box: Box, words: str, key: str, near: Box | None = None) -> None:
    """Shows the picture, or if `near` is given the area around it, enlarged, to draw the box there."""
    preview = _preview(state.picture)
    factor = preview.image.shape[1] / preview.size[0]
    height, width = preview.image.shape[:2]
    shown, area = preview.image, (0, 0, width, height)
    if near is not None:
        shown, area = _close_up(preview.image, np.array([near, box]) * factor)
    x1, y1, x2, y2 = (side / factor for side in area)
    draw_box(shown, (x1, y1, x2, y2), preview.size, box, words, key)


def _close_up(image: Image, boxes: NDArray[np.float64]) -> tuple[Image, tuple[int, int, int, int]]:
    """Returns the area around boxes, enlarged, and its left, top, right and bottom in the picture."""
    left, top, right, bottom = area = _around(boxes, image)
    size = letterbox_size(right - left, bottom - top, _CLOSE_PIXELS, enlarge=_CLOSE_PIXELS)
    shown = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(shown, np.uint8), area


def _around(boxes: NDArray[np.float64], image: Image) -> tuple[int, int, int, int]:
    """Returns left, top, right and bottom of the part of a picture around these boxes."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    middle, half = (low + high) / 2, max(4.0, _CLOSE * float((high - low).max()) / 2)
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(middle - half), 0, (width - 1, height - 1)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(middle + half), 1, (width, height)).astype(int).tolist()
    return left, top, max(right, left + 1), max(bottom, top + 1)
