"""Single frames of videos and live pictures, held so that they can be corrected."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from maskwatch.annotate import annotate
from maskwatch.app.corrections.editor import allowed, controls
from maskwatch.app.corrections.storage import CorrectionStorage
from maskwatch.app.downscale import reduced
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.live.tickets import Ticket
from maskwatch.app.pages.wording import counts_in_words, plain
from maskwatch.counting import count
from maskwatch.data.collection import group_of
from maskwatch.errors import MaskwatchError
from maskwatch.types import Faces, Image, Result

_SHOWN_SIDE = 1280


@dataclass(frozen=True, slots=True, eq=False)
class FrozenFrame:
    """A frame that stands still; see `maskwatch.app.corrections.editor.Still`.

    Attributes:
        name: Where it comes from, for people, without secrets.
        result: The frame and what was found in it.
    """

    name: str
    result: Result

    @property
    def found(self) -> Faces:
        """The faces."""
        return self.result.faces

    def image(self) -> Image:
        """The frame: (h, w, 3) uint8, BGR."""
        return self.result.frame.image


def correct_frame(job: VideoJob, key: str, keeping: CorrectionStorage) -> None:
    """Lets the visitor choose a frame of a video that is done, and correct it."""
    with st.expander("Correct a frame", icon=":material/edit:"):
        if not allowed(key, keeping):
            return
        t = 0.0
        if job.length >= 0.1:
            t = st.slider("Time in the video", 0.0, job.length, 0.0, 0.1, format="%.1f s", key=f"{key}-time")
        chosen: tuple[VideoJob, float, FrozenFrame] | None = st.session_state.get(f"{key}-held")
        if chosen is None or chosen[:2] != (job, t):
            try:
                held = _held(job, t)
            except MaskwatchError as error:
                st.error(plain(str(error)), icon=":material/error:")
                return
            chosen = st.session_state[f"{key}-held"] = (job, t, held)
        _show(chosen[2], key, keeping, group_of(job.name))


def _held(job: VideoJob, t: float) -> FrozenFrame:
    frame = job.frame_at(t)
    result = Result(frame, job.look.engine.detect(frame.image))
    return FrozenFrame(f"{job.name} at {frame.t:.1f} s", result)


def correct_live(ticket: Ticket, name: str, keeping: CorrectionStorage) -> None:
    """Lets the visitor freeze the live picture and correct it.

    Args:
        ticket: Of the page.
        name: What is watched, for people, without secrets.
        keeping: Where corrections go.
    """
    ticket.keeps_latest = keeping.is_on
    if not keeping.is_on:
        ticket.latest = None
        st.session_state.pop("frozen", None)
    with st.expander("Correct a live picture", icon=":material/edit:"):
        if not allowed("live", keeping):
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Freeze the picture",
                on_click=_freeze,
                args=(ticket, name),
                icon=":material/ac_unit:",
                key="freeze",
            )
            held: FrozenFrame | None = st.session_state.get("frozen")
            if held is None:
                st.caption("Start the live picture first, then freeze it when an answer is wrong.")
            else:
                st.button("Let it go", on_click=_let_go, key="unfreeze")
        if held is not None:
            _show(held, "live", keeping, group_of(ticket.token))


def _freeze(ticket: Ticket, name: str) -> None:
    if ticket.latest is not None:
        st.session_state.frozen = FrozenFrame(name, ticket.latest)
        st.session_state.pop("live-face", None)


def _let_go() -> None:
    st.session_state.pop("frozen", None)


def _show(held: FrozenFrame, key: str, keeping: CorrectionStorage, group: str) -> None:
    """The frame with its faces numbered, and what can be said of them."""
    small = reduced(held.result, _SHOWN_SIDE)
    words = counts_in_words(count(held.found))
    drawn = annotate(small.frame.image, small.faces, numbered=True)
    st.image(drawn, channels="BGR", caption=words, alt=f"{held.name}: {words}")
    controls(held, key, keeping, group)
