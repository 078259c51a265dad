"""Lists that say something of pictures and their boxes: CSV files with names and numbers, no pictures.

A picture is named by its file name, or by the end of its path where names are not unique; a box by its
number, from 0 as the data set lists the boxes, or by nothing for the picture as a whole.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from maskwatch.errors import DataError


class Entry(Protocol):
    """What such a list says of one place."""

    @property
    def picture(self) -> tuple[str, ...]:
        """The end of the picture's path, by its parts."""
        ...


Some = TypeVar("Some", bound=Entry)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list.

    Attributes:
        where: File and line, for messages.
        picture: The end of the picture's path, by its parts.
        box: Its number; None for the picture as a whole.
        columns: All columns, without surrounding blanks.
    """

    where: str
    picture: tuple[str, ...]
    box: int | None
    columns: dict[str, str]


def read_rows(path: Path, needs: str) -> list[Row]:
    """Reads a list.

    Args:
        path: The CSV file.
        needs: What a line needs, for the message if it lacks that.

    Raises:
        DataError: The file cannot be read, or a line names no picture, or a box that is no number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            read = list(csv.DictReader(lines))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from error
    rows = []
    for number, line in enumerate(read, 2):
        columns = {str(key): str(value or "").strip() for key, value in line.items()}
        picture = columns.get("picture", "").replace("\\", "/").split("/")
        box = columns.get("box", "")
        row = Row(
            f"{path}:{number}",
            tuple(part for part in picture if part),
            int(box) if box.isdecimal() else None,
            columns,
        )
        if not row.picture or (box and row.box is None):
            raise DataError(f"{row.where}: needs {needs}")
        rows.append(row)
    return rows


def by_name(entries: Iterable[Some]) -> dict[str, list[Some]]:
    """The entries by file name, for `about`."""
    found: dict[str, list[Some]] = {}
    for entry in entries:
        found.setdefault(entry.picture[-1], []).append(entry)
    return found


def about(path: Path, entries: dict[str, list[Some]]) -> list[Some]:
    """The entries whose name is the end of this path."""
    return [e for e in entries.get(path.name, ()) if path.parts[-len(e.picture) :] == e.picture]
