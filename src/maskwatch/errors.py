"""The errors that maskwatch raises on purpose.

    MaskwatchError
    ├── ConfigError   a setting or an option that makes no sense
    ├── ModelError    a model that is unknown, missing, damaged or not made for maskwatch
    ├── SourceError   a picture, video or camera that cannot be read
    ├── SinkError     a place where results cannot be written
    └── DataError     a data set that cannot be trained or evaluated on

Each message is one line that says what is wrong and what to do. The command line and the app show it as it
is. Any other exception is a bug.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_ESCAPED: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories: control and format characters, bytes of no encoding, ends of lines and paragraphs."""

_JOINERS: Final = "\u200c\u200d"
"""Format characters that belong to ordinary words and signs."""


def printable(text: str) -> str:
    """Returns a text in which control characters and ends of lines are backslash escapes.

    A file may be called anything: written to a terminal as it is, its name could move the cursor, hide
    what stands before it or look like another line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape", "surrogatepass").decode("ascii")
        if unicodedata.category(character) in _ESCAPED and character not in _JOINERS
        else character
        for character in text
    )


class MaskwatchError(Exception):
    """Base of all errors whose message is for the user; `str()` gives one line without control characters."""

    def __str__(self) -> str:
        return printable(super().__str__())


class ConfigError(MaskwatchError):
    """A setting or an option that makes no sense."""


class ModelError(MaskwatchError):
    """A model that is unknown, missing or damaged, or whose metadata is incomplete."""


class SourceError(MaskwatchError):
    """A picture, video, camera or stream that cannot be opened or read."""


class SinkError(MaskwatchError):
    """A place where results cannot be written."""


class DataError(MaskwatchError):
    """A data set that cannot be trained or evaluated on."""


def one_line(error: BaseException) -> str:
    """Returns the first line of another library's error, at most 160 characters, to quote it in a message."""
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__


def shorten(value: object, most: int = 80) -> str:
    """Returns a value as Python shows it, to quote it in a message: cut after `most` characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits or levels
        return "something too long to show"
    return text if len(text) <= most else f"{text[:most]}..."
