"""The second page: uploaded photos and videos."""

from __future__ import annotations

import os
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from maskwatch.app.corrections.storage import CorrectionStorage
from maskwatch.app.error_line import show_error
from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.files.results import show_picture, show_picture_totals, show_video
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.files.workspace import Workspace, visitor_workspace
from maskwatch.app.live.server_source import DEMO_CLIP
from maskwatch.app.pages.sidebar import Choices
from maskwatch.app.pages.wording import escape_markdown
from maskwatch.errors import MaskwatchError
from maskwatch.sources.media_kinds import VIDEO_SUFFIXES, is_video_data

# Videos that browsers do not recognise by themselves are listed by suffix.
_TYPES = ["image", "video", *sorted(VIDEO_SUFFIXES)]
_PRIVACY = (
    "You get each file back with every face marked, and the findings as a table. Files go to the computer "
    "that runs maskwatch and are deleted soon after you close this tab."
)


def _drop_removed_uploads(uploads: list[UploadedFile], workspace: Workspace) -> None:
    """Removes the jobs of uploads that left the list, but not those from before a visit to another page."""
    current = {upload.file_id for upload in uploads}
    for key in st.session_state.get("uploads_seen", set()) - current:
        if key in workspace.jobs:
            workspace.remove(key)
    st.session_state.uploads_seen = current


def _start_job(upload: UploadedFile, choices: Choices, workspace: Workspace) -> None:
    """Starts the job of a new upload; that of a picture again when the settings have changed.

    Raises:
        MaskwatchError: The picture cannot be read, or the models cannot be loaded.
    """
    job = workspace.jobs.get(upload.file_id)
    if is_video_data(bytes(upload.getbuffer()[:4096]), upload.name):
        if job is None:
            path = workspace.store(upload, os.path.splitext(upload.name)[1].lower())
            workspace.jobs[upload.file_id] = VideoJob(upload.name, path, choices.video_setup())
        return
    engine = choices.picture_engine()
    if not isinstance(job, PictureJob) or job.engine is not engine:
        workspace.jobs[upload.file_id] = PictureJob.of(
            upload.name, upload.getvalue(), engine, choices.settings.sources.max_megapixels
        )


def _start_jobs(uploads: list[UploadedFile], choices: Choices, workspace: Workspace) -> None:
    """Starts the jobs of all uploads; shows one line for each that fails."""
    progress = st.empty()
    for number, upload in enumerate(uploads, start=1):
        if len(uploads) > 1:
            progress.progress(
                number / len(uploads), f"File {number} of {len(uploads)}: {escape_markdown(upload.name)}"
            )
        try:
            _start_job(upload, choices, workspace)
        except MaskwatchError as error:
            show_error(error)
    progress.empty()


def _offer_demo(choices: Choices, workspace: Workspace) -> None:
    if not workspace.jobs and DEMO_CLIP.is_file() and st.button("Nothing at hand? Try the demo clip"):
        with DEMO_CLIP.open("rb") as clip:
            path = workspace.store(clip, DEMO_CLIP.suffix)
        workspace.jobs["demo"] = VideoJob(DEMO_CLIP.name, path, choices.video_setup())
        st.rerun()


def _show_results(choices: Choices, workspace: Workspace) -> None:
    storage: CorrectionStorage | None = st.session_state.storage
    pictures = [job for job in workspace.jobs.values() if isinstance(job, PictureJob)]
    if len(pictures) > 1:
        show_picture_totals(pictures)
    current: set[str] = st.session_state.uploads_seen
    for key, job in list(workspace.jobs.items()):
        # What is still in the list of uploads is removed there.
        remove = None if key in current else partial(workspace.remove, key)
        if isinstance(job, PictureJob):
            show_picture(job, key, storage, remove)
        else:
            setup = choices.video_setup()
            show_video(job, key, job.setup != setup, partial(workspace.rerun, key, setup), storage, remove)


st.title("Photos and videos")
files = st.file_uploader(
    "Drop photos and videos here, or choose them", type=_TYPES, accept_multiple_files=True, key="uploads"
)
st.caption(_PRIVACY)
workspace = visitor_workspace()
choices: Choices = st.session_state.choices
_drop_removed_uploads(files, workspace)
_start_jobs(files, choices, workspace)
_offer_demo(choices, workspace)
_show_results(choices, workspace)
