"""Reads class folders: folders of portraits, named after the states."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from maskwatch.data.formats.class_names import STATES, meaning_of, split_named
from maskwatch.data.picture_files import is_file, pictures_in
from maskwatch.data.sample import PortraitSample
from maskwatch.data.text_files import read_text
from maskwatch.errors import DataError
from maskwatch.types import LABELS


def read_portraits(path: Path, names: Mapping[str, str] | None = None) -> list[PortraitSample]:
    """Reads pictures of one person each from folders named after the states.

    Args:
        path: A folder with `with_mask/`, `without_mask/` and perhaps `mask_worn_incorrectly/`, or with
            `train/`, `val/` and `test/` that contain these. A `groups.csv` in it (or in the folder above a
            split) with the columns `file` and `group` says which pictures are near-copies.
        names: Folder name -> one of `maskwatch.data.formats.class_names.MEANINGS`; "ignore" leaves a
            folder out.

    Raises:
        DataError: There are no such folders, or none of them contains a picture.
    """
    folders = class_folders(path, names)
    groups = _groups(path)
    portraits = [
        PortraitSample(picture, state, group=groups.get(picture.resolve(), ""), split=split)
        for folder, state, split in folders
        for picture in pictures_in(folder)
    ]
    if not folders:
        raise DataError(f"{path}: no folder named {', '.join(LABELS)}")
    if not portraits:
        raise DataError(f"{path}: the folders {', '.join(f.name for f, _, _ in folders)} hold no picture")
    return portraits


def class_folders(path: Path, names: Mapping[str, str] | None = None) -> list[tuple[Path, int, str]]:
    """Lists the folders that are named after states.

    Returns:
        Folder, state (index into `LABELS`) and split ("" for none) of each; sorted, may be empty.
    """
    folders = []
    for parent, split in _with_splits(path):
        for folder in sorted(parent.iterdir()):
            meaning = meaning_of(folder.name, names or {})
            if folder.is_dir() and meaning is not None and meaning in STATES:
                folders.append((folder, STATES[meaning], split))
    return folders


def _groups(path: Path) -> dict[Path, str]:
    """Reads `groups.csv`: picture -> group; empty if there is no such file."""
    for folder in (path.resolve(), path.resolve().parent):
        listing = folder / "groups.csv"
        if is_file(listing):
            rows = csv.DictReader(io.StringIO(read_text(listing), newline=""))
            try:
                return {folder / (row.get("file") or ""): row.get("group") or "" for row in rows}
            except csv.Error as error:
                raise DataError(f"{listing}: not a readable CSV file ({error})") from error
    return {}


def _with_splits(path: Path) -> Iterator[tuple[Path, str]]:
    """Yields the folder itself and its split folders, each with its split."""
    yield path, split_named(path.name)
    for folder in sorted(path.iterdir()):
        if folder.is_dir() and split_named(folder.name):
            yield folder, split_named(folder.name)
