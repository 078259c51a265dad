"""The uploads and results of one visitor, in a folder that is deleted when the visitor is gone."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from pathlib import Path
from typing import IO, Final
from weakref import WeakSet

import streamlit as st

from maskwatch.app.files.picture_job import PictureJob
from maskwatch.app.files.upload_folder import remove_upload_folder, upload_folder
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.files.visitor_session import end_session, session_id
from maskwatch.app.stream_setup import StreamSetup

_GRACE_SECONDS: Final = 60.0
"""Time in which a phone that slept, or a network that broke, may come back. Streamlit keeps the visit for
longer (`server.disconnectedSessionTTL`), so that it is still there to be ended."""

Job = PictureJob | VideoJob


class Workspace:
    """The files and jobs of one visitor.

    Attributes:
        folder: The folder of the files; only the user that runs the server may read it.
        jobs: The jobs, by the id of the upload.
        session: The id of the visit, "" for none.
    """

    def __init__(self, session: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(dir=upload_folder()))
        self.session = session
        self.jobs: dict[str, Job] = {}
        self._timer: threading.Timer | None = None
        _OPEN.add(self)

    def store(self, upload: IO[bytes], suffix: str) -> Path:
        """Copies an upload into the folder, under a random name; returns its path."""
        path = self.folder / f"{uuid.uuid4().hex}{suffix}"
        with path.open("wb") as file:
            shutil.copyfileobj(upload, file)
        return path

    def remove(self, key: str) -> None:
        """Cancels a job and deletes its files."""
        self.jobs.pop(key).close()

    def rerun(self, key: str, setup: StreamSetup) -> None:
        """Runs a video again, with other settings."""
        job = self.jobs[key]
        if isinstance(job, VideoJob):
            self.jobs[key] = job.rerun(setup)

    def cancel_close(self) -> None:
        """Stops `close_later`: the visitor is there, or is back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close_later(self) -> None:
        """Closes after a grace period, in which the visitor may come back."""
        self.cancel_close()
        self._timer = threading.Timer(_GRACE_SECONDS, self._leave)
        self._timer.daemon = True
        self._timer.start()

    def _leave(self) -> None:
        self.close()
        end_session(self.session)

    def close(self) -> None:
        """Cancels all jobs and deletes the folder."""
        self.cancel_close()
        for key in list(self.jobs):
            self.remove(key)
        shutil.rmtree(self.folder, ignore_errors=True)
        _OPEN.discard(self)


_OPEN: Final[WeakSet[Workspace]] = WeakSet()


def visitor_workspace() -> Workspace:
    """Returns the workspace of the visitor whose page is running; makes it on the first call."""
    workspace: Workspace | None = st.session_state.get("workspace")
    if workspace is None or not workspace.folder.is_dir():
        workspace = st.session_state.workspace = Workspace(session_id())
    workspace.cancel_close()
    _presence(workspace.folder.name, workspace)
    return workspace


def close_all() -> None:
    """Closes the workspaces of all visitors, when the server ends."""
    for workspace in list(_OPEN):
        workspace.close()
    remove_upload_folder()


# The only sign of a visitor leaving: Streamlit releases what is cached for the visit.
@st.cache_resource(scope="session", on_release=Workspace.close_later, show_spinner=False)
def _presence(name: str, _workspace: Workspace) -> Workspace:
    return _workspace
