"""Why a face got its answer: an occlusion map, made when somebody asks."""

from __future__ import annotations

import streamlit as st

from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.pages.wording import plain, state_in_words
from maskwatch.classifiers.base import Classifier
from maskwatch.errors import MaskwatchError
from maskwatch.explain import explain, heat_picture
from maskwatch.factory import model_info
from maskwatch.sinks.pictures import encode_image


def why(job: PictureJob, key: str) -> None:
    """Shows the button, and the map when it was pressed.

    Args:
        job: The picture.
        key: Tells the widgets of different files apart.
    """
    judge = job.engine.classifier
    if judge is None or not job.faces:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = 0
        if len(job.faces) > 1:
            number = st.selectbox(
                "Why this answer?",
                range(len(job.faces)),
                format_func=lambda n: f"Face {n + 1}: {state_in_words(str(job.faces[n]['label']))}",
                key=f"{key}-why-face",
                width=260,
            )
        asked = st.button(
            "Why?",
            icon=":material/help:",
            help="Shows what the answer rests on: parts of the face are covered one after the other, and the"
            " model is asked again each time. It takes some seconds.",
            key=f"{key}-why",
        )
    kept: dict[int, tuple[PictureJob, bytes, str]] = st.session_state.setdefault(f"{key}-why-maps", {})
    if asked:
        try:
            with st.spinner("Covering one part after the other …"):
                kept[number] = (job, *_map(job, number, judge))
        except MaskwatchError as error:
            st.error(plain(str(error)), icon=":material/error:")
    # With other models there is another answer, and the old map would explain nothing.
    if number in kept and kept[number][0] is job:
        _, picture, words = kept[number]
        st.markdown(words)
        st.image(picture, alt=f"Occlusion map of face {number + 1}. {words}")


def _map(job: PictureJob, number: int, judge: Classifier) -> tuple[bytes, str]:
    """The map as a PNG file, and in words."""
    found = explain(job.image(), job.found.boxes[number], judge)
    file = model_info(judge, "classifier").file
    name = "the classifier" if file is None else file.name
    return encode_image(heat_picture(found, f"Face {number + 1}", name), ".png"), found.sentence
