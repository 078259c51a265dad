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


class MaskwatchError(Exception):
    """Base of all errors whose message is for the user."""


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
