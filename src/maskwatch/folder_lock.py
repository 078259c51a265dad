"""One process at a time for a folder that several write to: what one reads no other changes meanwhile.

The lock ends with the process that holds it, even where that is killed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from maskwatch.errors import SinkError

_PATIENCE: Final = 30.0  # seconds; a write takes milliseconds
_PAUSE: Final = 0.01
_FILE: Final = ".lock"


def try_lock(file: int | IO[bytes]) -> bool:
    """Locks an open file until it is closed or the process ends; returns whether it could.

    Raises:
        OSError: The file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file if isinstance(file, int) else file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def locked(folder: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Keeps all other processes, and threads, that ask for the same folder waiting; not to be nested.

    Args:
        folder: Made if it does not exist.
        patience: Seconds to wait for the others.

    Raises:
        SinkError: The folder cannot be made or opened, or somebody else holds it for too long.
    """
    deadline = time.monotonic() + patience
    try:
        while (descriptor := _open_locked(folder)) is None:
            if time.monotonic() > deadline:
                raise SinkError(f"{folder}: another program is writing there; try again when it has ended")
            time.sleep(_PAUSE)
    except OSError as error:
        raise SinkError(f"{folder}: cannot be written ({error.strerror or error})") from error
    try:
        yield
    finally:
        os.close(descriptor)


def _open_locked(folder: Path) -> int | None:
    """Opens and locks a folder; returns None where another has it, or has just removed it.

    On a file system without locks it is only opened.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        if folder.is_file():
            raise
        return None  # another removed it between two looks of mkdir
    # Windows opens no folders; elsewhere no file is left behind, and an empty folder can be removed.
    target = folder / _FILE if os.name == "nt" else folder
    try:
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT if os.name == "nt" else os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), os.stat(target)):
            return descriptor
    except FileNotFoundError:
        pass
    except OSError:
        return descriptor
    os.close(descriptor)
    return None
