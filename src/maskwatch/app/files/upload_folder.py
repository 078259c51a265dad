"""The folder of this process for what visitors upload, and the removal of those that dead processes left.

A process that is killed cannot tidy up. Each has one folder among the temporary files, and holds a lock in it
as long as it lives: whoever gets the lock knows that the owner is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, Final

from maskwatch.folder_lock import try_lock

_PREFIX: Final = "maskwatch-"
_LOCK: Final = "lock"


class UploadFolder:
    """A folder that only the user who runs the server may read, and its lock.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self._lock: IO[bytes] | None = (self.path / _LOCK).open("wb")
        with contextlib.suppress(OSError):  # without locks, it stays where the process is killed
            try_lock(self._lock)

    def remove(self) -> None:
        """Deletes the folder with all that is in it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        shutil.rmtree(self.path, ignore_errors=True)


_current: UploadFolder | None = None


def upload_folder() -> Path:
    """Returns the folder of this process; makes it on the first call."""
    global _current
    if _current is None or not _current.path.is_dir():
        _current = UploadFolder()
    return _current.path


def remove_upload_folder() -> None:
    """Deletes the folder of this process, when the server ends."""
    global _current
    if _current is not None:
        _current.remove()
        _current = None


def remove_abandoned() -> int:
    """Deletes the folders of processes that were killed; returns their number."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        if _is_own(folder) and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += not folder.exists()
    return removed


def _is_own(folder: Path) -> bool:
    """Returns whether this user made the folder: others may put anything among the temporary files."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and (os.name == "nt" or status.st_uid == os.getuid())


def _is_abandoned(folder: Path) -> bool:
    if not folder.name.removeprefix(_PREFIX).partition("-")[0].isdigit():
        return False
    try:
        with (folder / _LOCK).open("r+b") as file:
            return try_lock(file)
    except OSError:
        return False  # no folder of ours, or just being made
