"""Reads the text, JSON and YAML files of data sets, whatever program wrote them.

Byte order marks and line ends of all systems are accepted. A file that is not UTF-8 and does not say its
encoding is read in the first of `ENCODINGS` that fits.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from maskwatch.errors import DataError, one_line

ENCODINGS: Final = ("gb18030", "big5", "cp932", "cp1252", "latin-1")
"""Encodings that are tried for a file that is not UTF-8, in this order; the last one fits every file."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAX_YAML_BYTES: Final = 1_000_000  # PyYAML needs seconds for each megabyte; real files have some kilobytes


def decode(data: bytes, accept: Callable[[str], bool] = lambda text: True) -> str:
    """Decodes the bytes of a text file.

    Args:
        data: The bytes.
        accept: Whether a text makes sense, for example because it names files that exist. Among the
            encodings in which the bytes can be read, one whose text is accepted is preferred. It is not
            asked for UTF-8.

    Raises:
        UnicodeError: The byte order mark promises an encoding that the rest does not have.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    first: str | None = None
    for encoding in ("utf-8", *ENCODINGS):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or accept(text):
            return text
        first = text if first is None else first
    return first or ""


def lines_of(text: str) -> list[str]:
    """Splits a text at the line ends of all systems, and at nothing else."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def read_text(path: Path, accept: Callable[[str], bool] = lambda text: True) -> str:
    """Reads a text file in any of the usual encodings; see `decode`.

    Raises:
        DataError: The file cannot be read.
    """
    try:
        return decode(path.read_bytes(), accept)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # a damaged encoding, or a path with a zero byte
        raise DataError(f"{path}: not a readable text file ({one_line(error)})") from error


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        DataError: The file cannot be read or is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except RecursionError:
        raise DataError(f"{path}: not a readable JSON file (nested too deeply)") from None
    except ValueError as error:
        raise DataError(f"{path}: not a readable JSON file ({one_line(error)})") from error


def read_yaml(path: Path) -> dict[Any, Any]:
    """Reads a YAML file; empty where its content is no mapping.

    Aliases of lists and mappings are refused: nested, a few lines of them mean billions of entries.

    Raises:
        DataError: The file cannot be read, is too large, or is not YAML.
    """
    import yaml  # type: ignore[import-untyped]  # imported late: only one format needs it

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def compose_node(self, parent: Any, index: Any) -> Any:
            alias = self.check_event(yaml.AliasEvent)
            node = super().compose_node(parent, index)
            if alias and not isinstance(node, yaml.ScalarNode):
                raise yaml.YAMLError("aliases of lists and mappings are not supported; write them out")
            return node

    text = read_text(path)
    if len(text) > _MAX_YAML_BYTES:
        raise DataError(f"{path}: too large for the YAML file of a data set ({len(text)} characters)")
    try:
        content = yaml.load(text, Loader)  # the loader is a SafeLoader
    except RecursionError:
        raise DataError(f"{path}: not a readable YAML file (nested too deeply)") from None
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not a readable YAML file ({reason})") from error
    return content if isinstance(content, dict) else {}
