"""The second page: photos and videos."""

from __future__ import annotations

import os
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from maskwatch.app.corrections.storage import CorrectionStorage
from maskwatch.app.files import workspace
from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.files.results import show_picture, show_together, show_video
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.files.workspace import Workspace
from maskwatch.app.live.server_source import DEMO_CLIP
from maskwatch.app.pages.sidebar import Choices
from maskwatch.app.pages.wording import plain
from maskwatch.errors import MaskwatchError
from maskwatch.sources.files import is_video

# What browsers do not know as a video by themselves is named.
_TYPES = ["image", "video", ".mkv", ".ts", ".mts", ".m2ts", ".flv"]
_PRIVACY = (
    "You get each file back with every face marked, and the findings as a table. Files go to the computer "
    "that runs maskwatch and are deleted soon after you close this tab."
)


def _take_away_removed(uploads: list[UploadedFile], mine: Workspace) -> None:
    """Drops what the visitor has removed from the list, not what came before a visit to another page."""
    now = {upload.file_id for upload in uploads}
    for key in st.session_state.get("uploads_seen", set()) - now:
        if key in mine.jobs:
            mine.drop(key)
    st.session_state.uploads_seen = now


def _take(upload: UploadedFile, choices: Choices, mine: Workspace) -> None:
    """Makes the job of an upload; that of a picture anew when the settings have changed.

    Raises:
        MaskwatchError: The picture, or the models, cannot be used.
    """
    job = mine.jobs.get(upload.file_id)
    if is_video(upload.name):
        if job is None:
            path = mine.store(upload, os.path.splitext(upload.name)[1].lower())
            mine.jobs[upload.file_id] = VideoJob(upload.name, path, choices.videos())
        return
    engine = choices.pictures()
    if not isinstance(job, PictureJob) or job.engine is not engine:
        mine.jobs[upload.file_id] = PictureJob.of(
            upload.name, upload.getvalue(), engine, choices.settings.sources.max_megapixels
        )


def _take_all(uploads: list[UploadedFile], choices: Choices, mine: Workspace) -> None:
    """One line for each file that gives nothing; the others go on."""
    progress = st.empty()
    for number, upload in enumerate(uploads, start=1):
        if len(uploads) > 1:
            progress.progress(number / len(uploads), f"File {number} of {len(uploads)}: {plain(upload.name)}")
        try:
            _take(upload, choices, mine)
        except MaskwatchError as error:
            st.error(plain(str(error)), icon=":material/error:")
    progress.empty()


def _offer_demo(choices: Choices, mine: Workspace) -> None:
    if not mine.jobs and DEMO_CLIP.is_file() and st.button("Nothing at hand? Try the demo clip"):
        with DEMO_CLIP.open("rb") as clip:
            path = mine.store(clip, DEMO_CLIP.suffix)
        mine.jobs["demo"] = VideoJob(DEMO_CLIP.name, path, choices.videos())
        st.rerun()


def _show_all(choices: Choices, mine: Workspace) -> None:
    keeping: CorrectionStorage | None = st.session_state.keeping
    pictures = [job for job in mine.jobs.values() if isinstance(job, PictureJob)]
    if len(pictures) > 1:
        show_together(pictures)
    listed: set[str] = st.session_state.uploads_seen
    for key, job in list(mine.jobs.items()):
        if isinstance(job, PictureJob):
            show_picture(job, key, keeping)
        else:
            look = choices.videos()
            show_video(job, key, job.look != look, again=partial(mine.run_again, key, look), keeping=keeping)
        if key not in listed:
            st.button(
                f"Remove {plain(job.name)}",
                on_click=mine.drop,
                args=(key,),
                type="tertiary",
                key=f"{key}-remove",
            )


st.title("Photos and videos")
files = st.file_uploader(
    "Drop photos and videos here, or choose them", type=_TYPES, accept_multiple_files=True, key="uploads"
)
st.caption(_PRIVACY)
here = workspace.mine()
chosen: Choices = st.session_state.choices
_take_away_removed(files, here)
_take_all(files, chosen, here)
_offer_demo(chosen, here)
_show_all(chosen, here)
