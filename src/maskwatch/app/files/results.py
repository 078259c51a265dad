"""Shows the results of pictures and videos, with their downloads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import streamlit as st

from maskwatch.app.corrections.editor import correction_panel
from maskwatch.app.corrections.freeze import correct_frame
from maskwatch.app.corrections.storage import CorrectionStorage
from maskwatch.app.error_line import show_error
from maskwatch.app.files.downloads import CSV, JSONL, download
from maskwatch.app.files.explanation import explanation
from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.files.video_result import show_video_result
from maskwatch.app.pages.wording import counts_in_words, duration, escape_markdown
from maskwatch.counting import Counts
from maskwatch.face_table import face_rows
from maskwatch.sinks.pictures import UniqueNames

_REFRESH_SECONDS = 1.0


def show_picture(
    job: PictureJob, key: str, storage: CorrectionStorage | None, remove: Callable[[], None] | None = None
) -> None:
    """Shows a picture with its faces, a table of them, and the downloads.

    Args:
        job: The job of the picture.
        key: Makes the keys of the widgets of different files distinct.
        storage: Where corrections are stored; None offers no corrections.
        remove: Removes the result; None offers no button for that.
    """
    stem = Path(job.name).stem
    with st.container(border=True):
        st.markdown(f"**{escape_markdown(job.name)}**")
        picture, details = st.columns([3, 2], gap="medium")
        picture.image(job.preview, width="stretch", alt=f"{job.name}: {counts_in_words(job.counts)}")
        with details:
            st.markdown(counts_in_words(job.counts))
            if job.records:
                st.table(face_rows(job.records), hide_index=True, border="horizontal")
        with st.container(horizontal=True):
            mime = "image/png" if job.suffix == ".png" else "image/jpeg"
            download("Picture", job.annotated, f"{stem}-maskwatch{job.suffix}", mime, f"{key}-picture")
            download("JSON lines", job.jsonl, f"{stem}.jsonl", JSONL, f"{key}-jsonl")
            download("CSV", job.csv, f"{stem}.csv", CSV, f"{key}-csv")
            _offer_removal(job, key, remove)
        explanation(job, key)
        if storage is not None:
            correction_panel(job, key, storage)


def show_picture_totals(jobs: Sequence[PictureJob]) -> None:
    """Shows the sums over all pictures, and downloads of all results together."""
    total = sum((job.counts for job in jobs), Counts())
    with st.container(border=True):
        st.markdown(f"**{len(jobs)} pictures together:** {counts_in_words(total)}")
        with st.container(horizontal=True):
            download("All pictures (ZIP)", lambda: _zip_of(jobs), "maskwatch.zip", "application/zip", "zip")
            download(
                "All as JSON lines", "".join(job.jsonl for job in jobs), "maskwatch.jsonl", JSONL, "jsonl"
            )
            download("All as CSV", _joint_csv(jobs), "maskwatch.csv", CSV, "csv")


def show_video(
    job: VideoJob,
    key: str,
    stale: bool,
    rerun: Callable[[], None],
    storage: CorrectionStorage | None,
    remove: Callable[[], None] | None = None,
) -> None:
    """Shows the progress of a video, or its result.

    Args:
        job: The job of the video.
        key: Makes the keys of the widgets of different files distinct.
        stale: Whether the settings have changed since the job was started.
        rerun: Runs the video again with the current settings.
        storage: Where corrections are stored; None offers no corrections.
        remove: Removes the result; None offers no button for that.
    """
    with st.container(border=True):
        st.markdown(f"**{escape_markdown(job.name)}**")
        if job.is_busy:
            _show_progress(job, key)
        elif job.state == "failed":
            show_error(job.error)
        elif job.state == "cancelled":
            st.info("Cancelled.", icon=":material/cancel:")
        else:
            show_video_result(job, key)
            if storage is not None:
                correct_frame(job, key, storage)
        with st.container(horizontal=True):
            if not job.is_busy and job.state != "failed" and (stale or job.state == "cancelled"):
                text = "Run again" if job.state == "cancelled" else "Run again with the settings of now"
                st.button(text, on_click=rerun, icon=":material/replay:", key=f"{key}-again")
            _offer_removal(job, key, remove)


def _offer_removal(job: PictureJob | VideoJob, key: str, remove: Callable[[], None] | None) -> None:
    if remove is not None:
        st.button(
            f"Remove {escape_markdown(job.name)}",
            on_click=remove,
            type="tertiary",
            icon=":material/delete:",
            key=f"{key}-remove",
        )


@st.fragment(run_every=_REFRESH_SECONDS)
def _show_progress(job: VideoJob, key: str) -> None:
    """Shows the progress, updated every second; the page is run again when the job ends."""
    if not job.is_busy:
        st.rerun()
    if job.state == "waiting":
        st.progress(0.0, "Waiting for its turn …")
    else:
        total = f" of {job.total}" if job.total else ""
        left = job.seconds_left
        more = "" if left is None else f", about {duration(left)} left"
        st.progress(min(1.0, job.done / max(job.total, 1)), f"Frame {job.done}{total}{more}")
    st.button("Cancel", on_click=job.cancel, icon=":material/cancel:", key=f"{key}-cancel")


def _zip_of(jobs: Sequence[PictureJob]) -> bytes:
    names = UniqueNames()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:  # pictures are compressed already
        for job in jobs:
            archive.writestr(names.take(f"{_entry_stem(job.name)}-maskwatch", job.suffix), job.annotated)
    return packed.getvalue()


def _entry_stem(name: str) -> str:
    """Returns the stem of a name for a ZIP: no folder of any system, no drive, no control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign if sign.isprintable() and sign not in ':*?"<>|' else "_" for sign in last)
    return PurePosixPath(plain).stem.strip(". ") or "picture"


def _joint_csv(jobs: Sequence[PictureJob]) -> str:
    """Returns the CSV rows of all pictures under one header."""
    header, _, _ = jobs[0].csv.partition("\n")
    return (
        "\n".join([header, *(job.csv.partition("\n")[2].rstrip("\n") for job in jobs if job.records)]) + "\n"
    )
