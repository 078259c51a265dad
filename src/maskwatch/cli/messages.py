"""Messages for people, on stderr."""

from __future__ import annotations

import sys

from maskwatch.errors import printable


def say(*lines: str) -> None:
    """Prints each item as one line on stderr; control characters, as in names of files, become escapes."""
    for line in lines:
        print(printable(line), file=sys.stderr)
