"""What one visitor uploads and gets: kept in a folder of its own, deleted when the visitor is gone."""

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
from maskwatch.app.files.video_job import VideoJob
from maskwatch.app.stream_setup import StreamSetup

_GRACE_SECONDS: Final = 90.0
"""A phone that slept, or a network that broke, may come back within this time."""

Job = PictureJob | VideoJob


class Workspace:
    """The files and jobs of one visitor.

    Attributes:
        folder: Where the files are; only this user of the system may read it.
        jobs: By a key that each upload has to itself.
    """

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="maskwatch-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.jobs: dict[str, Job] = {}
        self._timer: threading.Timer | None = None
        _OPEN.add(self)

    def store(self, upload: IO[bytes], suffix: str) -> Path:
        """Copies an upload into the folder, under a name that is ours."""
        path = self.folder / f"{uuid.uuid4().hex}{suffix}"
        with path.open("wb") as file:
            shutil.copyfileobj(upload, file)
        return path

    def drop(self, key: str) -> None:
        """Ends a job and deletes its files."""
        self.jobs.pop(key).close()

    def run_again(self, key: str, look: StreamSetup) -> None:
        """Looks at a video once more, with other settings."""
        job = self.jobs[key]
        if isinstance(job, VideoJob):
            self.jobs[key] = job.again(look)

    def keep(self) -> None:
        """The visitor is here (again)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close_later(self) -> None:
        """The visitor is gone, perhaps for a moment only."""
        self.keep()
        self._timer = threading.Timer(_GRACE_SECONDS, self.close)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """Ends all jobs and deletes everything."""
        self.keep()
        for key in list(self.jobs):
            self.drop(key)
        self._temporary.cleanup()
        _OPEN.discard(self)


_OPEN: Final[WeakSet[Workspace]] = WeakSet()


def mine() -> Workspace:
    """The workspace of the visitor whose page is being made."""
    workspace: Workspace | None = st.session_state.get("workspace")
    if workspace is None or not workspace.folder.is_dir():
        workspace = st.session_state.workspace = Workspace()
    workspace.keep()
    _presence(workspace.folder.name, workspace)
    return workspace


def close_all() -> None:
    """Deletes the files of all visitors: the server ends."""
    for workspace in list(_OPEN):
        workspace.close()


# Streamlit tells nothing else when a visitor leaves than that it drops what is cached for the visit.
@st.cache_resource(scope="session", on_release=Workspace.close_later, show_spinner=False)
def _presence(name: str, _workspace: Workspace) -> Workspace:
    return _workspace
