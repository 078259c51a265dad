"""Messages for people, on stderr."""

from __future__ import annotations

import contextlib
import sys

from maskwatch.errors import printable


def say(*lines: str) -> None:
    """Prints each item as one line on stderr; control characters, as in names of files, become escapes."""
    with contextlib.suppress(OSError):  # stderr may be full or closed: nothing is left to tell it to
        for line in lines:
            print(printable(line), file=sys.stderr)
