"""Reads the TOML files of users (settings, recipes, metadata, descriptions), and other text by its parser."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from maskwatch.errors import ConfigError, one_line

T = TypeVar("T")


def read_toml(path: Path, name: str = "TOML file") -> dict[str, Any]:
    """Reads a TOML file; a byte order mark is accepted.

    Args:
        path: The file.
        name: What it should be, for the error message.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigError: The file cannot be read, or is not TOML.
    """
    return read_parsed(path, tomllib.loads, name)


def read_parsed(path: Path, parse: Callable[[str], T], name: str) -> T:
    """Reads a file of text by a parser; a byte order mark is accepted.

    Args:
        path: The file.
        parse: Makes something of the text; raises a ValueError where it cannot.
        name: What the file should be, for the error message.

    Raises:
        FileNotFoundError: There is no such file.
        ConfigError: The file cannot be read or parsed.
    """
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise
    except RecursionError:
        raise ConfigError(f"{path}: not a readable {name} (nested too deeply)") from None
    except OSError as error:
        raise ConfigError(f"{path}: not a readable {name} ({error.strerror or error})") from error
    except ValueError as error:  # no UTF-8, not to be parsed, or an integer of thousands of digits
        raise ConfigError(f"{path}: not a readable {name} ({one_line(error)})") from error
