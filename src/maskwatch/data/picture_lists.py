"""CSV lists with entries about pictures and their boxes, such as corrections and slices.

The column `picture` gives the file name of a picture, or the end of its path where names are not unique. The
column `box` gives the number of a box in the order of the data set, from 0. It is empty for the whole
picture.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from maskwatch.data.text_files import decode, lines_of
from maskwatch.errors import DataError

_MAX_DIGITS: Final = 9  # of the number of a box


class ListEntry(Protocol):
    """An entry of a list."""

    @property
    def picture(self) -> tuple[str, ...]:
        """The end of the picture's path, in parts."""
        ...


AnyEntry = TypeVar("AnyEntry", bound=ListEntry)


@dataclass(frozen=True, slots=True)
class ListRow:
    """A line of a list.

    Attributes:
        where: File and line, for messages.
        picture: The end of the picture's path, in parts.
        box: Number of the box; None for the whole picture.
        columns: All columns, without surrounding blanks.
    """

    where: str
    picture: tuple[str, ...]
    box: int | None
    columns: dict[str, str]


def read_picture_list(path: Path, needs: str) -> list[ListRow]:
    """Reads a list.

    Args:
        path: The CSV file.
        needs: Columns that a line needs, for the error message.

    Raises:
        DataError: The file cannot be read, or a line has no picture or a box that is no number.
    """
    try:
        text = decode(path.read_bytes())
        # Spreadsheets of many countries write semicolons.
        first = lines_of(text)[0]
        separator = ";" if first.count(";") > first.count(",") else ","
        read = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from error
    if not read:
        raise DataError(f"{path}: a list without rows; it needs {needs}")
    rows = []
    for number, line in enumerate(read, 2):
        columns = {str(key): str(value or "").strip() for key, value in line.items()}
        picture = columns.get("picture", "").replace("\\", "/").split("/")
        box = columns.get("box", "")
        row = ListRow(
            f"{path}:{number}",
            tuple(part for part in picture if part),
            int(box) if box.isdecimal() and len(box) <= _MAX_DIGITS else None,
            columns,
        )
        if not row.picture or (box and row.box is None):
            raise DataError(f"{row.where}: needs {needs}")
        rows.append(row)
    return rows


def index_by_name(entries: Iterable[AnyEntry]) -> dict[str, list[AnyEntry]]:
    """Groups entries by file name, for `entries_for`."""
    index: dict[str, list[AnyEntry]] = {}
    for entry in entries:
        index.setdefault(entry.picture[-1], []).append(entry)
    return index


def entries_for(path: Path, entries: dict[str, list[AnyEntry]]) -> list[AnyEntry]:
    """Returns the entries about a picture: those whose `picture` is the end of its path."""
    return [e for e in entries.get(path.name, ()) if path.parts[-len(e.picture) :] == e.picture]
