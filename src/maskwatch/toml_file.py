"""Reads the TOML files of users: settings, recipes, metadata, descriptions."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from maskwatch.errors import ConfigError, one_line


def read_toml(path: Path, name: str = "TOML file") -> dict[str, Any]:
    """Reads a TOML file; a byte order mark is accepted.

    Args:
        path: The file.
        name: What it should be, for the error message.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigError: The file cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise
    except RecursionError:
        raise ConfigError(f"{path}: not a readable {name} (nested too deeply)") from None
    except OSError as error:
        raise ConfigError(f"{path}: not a readable {name} ({error.strerror or error})") from error
    except ValueError as error:  # no UTF-8, no TOML, or an integer of thousands of digits
        raise ConfigError(f"{path}: not a readable {name} ({one_line(error)})") from error
