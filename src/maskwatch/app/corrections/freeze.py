"""Freezes a frame of a video or of the live picture so that it can be corrected."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from maskwatch.annotate import annotate
from maskwatch.app.corrections.editor import correction_controls, storage_allowed
from maskwatch.app.corrections.storage import CorrectionStorage
from maskwatch.app.downscale import downscaled
from maskwatch.app.error_line import show_error
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.live.tickets import Ticket
from maskwatch.app.pages.wording import counts_in_words
from maskwatch.counting import count
from maskwatch.data.collection import group_of
from maskwatch.errors import MaskwatchError
from maskwatch.results import Result
from maskwatch.types import Faces, Image

_SHOWN_SIDE = 1280


@dataclass(frozen=True, slots=True, eq=False)
class FrozenFrame:
    """A single frame with its faces, a `CorrectablePicture`.

    Attributes:
        name: Name of the source to show to people, without passwords.
        result: The frame and its faces.
    """

    name: str
    result: Result

    @property
    def faces(self) -> Faces:
        """The faces that the models found."""
        return self.result.faces

    def image(self) -> Image:
        """Returns the frame: (h, w, 3) uint8, BGR."""
        return self.result.frame.image


def correct_frame(job: VideoJob, key: str, storage: CorrectionStorage) -> None:
    """Lets the visitor choose a frame of a finished video and correct it.

    Args:
        job: The job of the video.
        key: Makes the keys of the widgets of different files distinct.
        storage: Where corrections are stored.
    """
    with st.expander("Correct a frame", icon=":material/edit:"):
        if not storage_allowed(key, storage):
            return
        t = 0.0
        if job.people.length >= 0.1:
            t = st.slider(
                "Time in the video", 0.0, job.people.length, 0.0, 0.1, format="%.1f s", key=f"{key}-time"
            )
        last: tuple[VideoJob, float, FrozenFrame] | None = st.session_state.get(f"{key}-held")
        if last is None or last[:2] != (job, t):
            try:
                frozen = _freeze_video(job, t)
            except MaskwatchError as error:
                show_error(error)
                return
            last = st.session_state[f"{key}-held"] = (job, t, frozen)
        _show(last[2], key, storage, group_of(job.name))


def _freeze_video(job: VideoJob, t: float) -> FrozenFrame:
    frame = job.frame_at(t)
    result = Result(frame, job.setup.engine.detect(frame.image))
    return FrozenFrame(f"{job.name} at {frame.t:.1f} s", result)


def correct_live(ticket: Ticket, name: str, storage: CorrectionStorage) -> None:
    """Lets the visitor freeze the live picture and correct it.

    Args:
        ticket: The ticket of the page.
        name: Name of the live source to show to people, without passwords.
        storage: Where corrections are stored.
    """
    ticket.keeps_latest = storage.is_on
    if not storage.is_on:
        ticket.latest = None
        st.session_state.pop("frozen", None)
    with st.expander("Correct a live picture", icon=":material/edit:"):
        if not storage_allowed("live", storage):
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Freeze the picture",
                on_click=_freeze_live,
                args=(ticket, name),
                icon=":material/ac_unit:",
                key="freeze",
            )
            frozen: FrozenFrame | None = st.session_state.get("frozen")
            if frozen is None:
                st.caption("Start the live picture first, then freeze it when an answer is wrong.")
            else:
                st.button("Let it go", on_click=_unfreeze, key="unfreeze")
        if frozen is not None:
            _show(frozen, "live", storage, group_of(ticket.token))


def _freeze_live(ticket: Ticket, name: str) -> None:
    if ticket.latest is not None:
        st.session_state.frozen = FrozenFrame(name, ticket.latest)
        st.session_state.pop("live-face", None)


def _unfreeze() -> None:
    st.session_state.pop("frozen", None)


def _show(frozen: FrozenFrame, key: str, storage: CorrectionStorage, group: str) -> None:
    """Shows the frame with its faces numbered, and the controls for correcting them."""
    small = downscaled(frozen.result, _SHOWN_SIDE)
    caption = counts_in_words(count(frozen.faces))
    drawn = annotate(small.frame.image, small.faces, numbered=True)
    st.image(drawn, channels="BGR", caption=caption, alt=f"{frozen.name}: {caption}")
    correction_controls(frozen, key, storage, group)
