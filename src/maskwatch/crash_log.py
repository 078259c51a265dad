"""Keeps the traceback of an error that nobody foresaw in a log file, and makes one line of it."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from maskwatch.errors import one_line, printable

DEBUG_VARIABLE: Final = "MASKWATCH_DEBUG"
"""Set to 1, unforeseen errors are shown with their traceback."""

_MOST_BYTES: Final = 1_000_000
"""From this size on the log begins anew."""


def debugging() -> bool:
    """Returns whether the user wants to see tracebacks."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")


def log_file() -> Path:
    """Returns the path of the log in the user's own log folder.

    Raises:
        OSError: The system names no such folder.
        RuntimeError: The user has no home folder.
    """
    import platformdirs

    folder = platformdirs.user_log_path("maskwatch", appauthor=False)
    if not folder.is_absolute():  # a user without a home folder: "~" is a name like any other
        raise RuntimeError("no home folder")
    return folder / "errors.log"


def record(error: BaseException) -> Path | None:
    """Appends the traceback of an error to the log.

    Returns:
        The log, or None if it cannot be written.
    """
    from maskwatch import __version__

    lines = "".join(traceback.format_exception(error))
    try:
        path = log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        big = path.exists() and path.stat().st_size > _MOST_BYTES
        with path.open("w" if big else "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} maskwatch {__version__}\n{lines}\n")
    except (OSError, RuntimeError):
        return None
    return path


def unforeseen(error: BaseException) -> str:
    """Records an error that nobody foresaw and returns one line about it for the user."""
    path = record(error)
    what = printable(f"{type(error).__name__}: {one_line(error)}" if str(error) else type(error).__name__)
    hint = f"{DEBUG_VARIABLE}=1 shows more" if path is None else f"see {printable(str(path))}"
    return f"an error that maskwatch did not foresee ({what}); {hint}"
