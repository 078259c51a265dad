"""Explains the class of a face by an occlusion map, made when the visitor clicks Why?"""

from __future__ import annotations

import streamlit as st

from maskwatch.app.error_line import show_error
from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.pages.wording import state_in_words
from maskwatch.classifiers.base import Classifier
from maskwatch.errors import MaskwatchError
from maskwatch.explain import explain, heat_picture
from maskwatch.factory import model_info
from maskwatch.image_files import encode_image


def explanation(job: PictureJob, key: str) -> None:
    """Shows the button, and the occlusion map once it was clicked.

    Args:
        job: The job of the picture.
        key: Makes the keys of the widgets of different files distinct.
    """
    classifier = job.engine.classifier
    if classifier is None or not job.records:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = 0
        if len(job.records) > 1:
            # Streamlit keeps the function for long: it must not hold the picture.
            words = [
                f"Face {n}: {state_in_words(str(record['label']))}"
                for n, record in enumerate(job.records, start=1)
            ]
            number = st.selectbox(
                "Why this answer?",
                range(len(words)),
                format_func=words.__getitem__,
                key=f"{key}-why-face",
                width=260,
            )
        clicked = st.button(
            "Why?",
            icon=":material/help:",
            help="Shows what the answer rests on: parts of the face are covered one after the other, and the"
            " model is asked again each time. It takes some seconds.",
            key=f"{key}-why",
        )
    maps: dict[int, tuple[PictureJob, bytes, str]] = st.session_state.setdefault(f"{key}-why-maps", {})
    if clicked:
        try:
            with st.spinner("Covering one part after the other …"):
                maps[number] = (job, *_occlusion_map(job, number, classifier))
        except MaskwatchError as error:
            show_error(error)
    # Other models give another answer, which the old map would not explain.
    if number in maps and maps[number][0] is job:
        _, picture, text = maps[number]
        st.markdown(text)
        st.image(picture, alt=f"Occlusion map of face {number + 1}. {text}")


def _occlusion_map(job: PictureJob, number: int, classifier: Classifier) -> tuple[bytes, str]:
    """Returns the map as a PNG file, and a sentence that sums it up."""
    result = explain(job.image(), job.faces.boxes[number], classifier)
    file = model_info(classifier, "classifier").file
    name = "the classifier" if file is None else file.name
    return encode_image(heat_picture(result, f"Face {number + 1}", name), ".png"), result.sentence
