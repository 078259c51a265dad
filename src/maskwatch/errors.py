"""The errors that maskwatch raises on purpose.

    MaskwatchError
    ├── ConfigError   a setting or an option that makes no sense
    ├── ModelError    a model that is unknown, missing, damaged or not ours
    ├── SourceError   a picture, video or camera that cannot be read
    ├── SinkError     a place where results cannot be written
    └── DataError     a data set that cannot be trained or evaluated on

Each message is one line that says what is wrong and what to do. An edge (command line, app)
shows it as it is; everything else that is raised is a bug.
"""


class MaskwatchError(Exception):
    """Base of all errors that are meant for the user's eyes."""


class ConfigError(MaskwatchError):
    """A setting or an option that makes no sense."""


class ModelError(MaskwatchError):
    """A model that is unknown, missing, damaged, or lacks what maskwatch needs to know of it."""


class SourceError(MaskwatchError):
    """A picture, video, camera or stream that cannot be opened or read."""


class SinkError(MaskwatchError):
    """A place where results cannot be written."""


class DataError(MaskwatchError):
    """A data set that cannot be trained or evaluated on."""


def one_line(error: BaseException) -> str:
    """What somebody else's error says, short enough to stand inside a message of ours."""
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
