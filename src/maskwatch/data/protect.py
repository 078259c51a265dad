"""Refuses results that would be written over what a command reads: labels, pictures, models.

    refuse_inputs([report, as_json], [*data, *negatives], [corrections, classifier])

Every command that writes files beside data sets asks this before it starts to work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from maskwatch.data.formats.coco import is_coco
from maskwatch.data.picture_files import is_file, is_picture
from maskwatch.errors import SinkError

STDOUT: Final = Path("-")
"""Stands for standard output wherever the name of a result is given."""

_LABELS: Final = (".txt", ".xml", ".yaml", ".yml", ".names", ".labels")
"""Suffixes of label files and lists in data sets."""

_MODELS: Final = (".onnx", ".pt", ".pth", ".ckpt", ".safetensors")


def refuse_inputs(
    outputs: Iterable[Path | None],
    data: Iterable[Path | None],
    files: Iterable[Path | str | None] = (),
    *,
    any_kind: bool = False,
) -> None:
    """Refuses a result that is an input, belongs to a data set, or would replace a picture or a model.

    Args:
        outputs: Where results are to be written; None for a result that nobody wants.
        data: Data sets that are read. What lies in the folder, or beside the file, is an input if it is a
            picture or a label file.
        files: Other files that are read. A text that names no file, such as the name of a model, is ignored.
        any_kind: Whether results may be pictures or models themselves, which may replace older ones.

    Raises:
        SinkError: One of the results is refused, or two of them are the same file. Nothing was written.
    """
    wanted = [path for path in outputs if path is not None and path != STDOUT]
    sets = [path for path in map(_path, data) if path is not None]
    read = [*sets, *(path for path in map(_path, files) if path is not None)]
    for number, path in enumerate(wanted):
        if any(_same(path, other) for other in wanted[:number]):
            raise SinkError(f"{path}: named for two results; choose another place for one of them")
        if not is_file(path):
            continue
        if any(_same(path, other) for other in read):
            raise SinkError(f"{path}: this is the input itself; choose another place for the results")
        if not any_kind and (is_picture(path) or path.suffix.lower() in _MODELS):
            raise SinkError(f"{path}: a picture or a model, and no place for a report; choose another place")
        if any(_is_inside(path, other) for other in sets) and _belongs_to_data(path):
            raise SinkError(f"{path}: belongs to the data that is read; choose another place for the results")
        if path.suffix.lower() == ".json" and is_coco(path):
            raise SinkError(f"{path}: holds labels (COCO); choose another place for the results")


def refuse_data_folder(folder: Path, inputs: Iterable[Path | None]) -> None:
    """Refuses a folder of results that is one of the data sets.

    Raises:
        SinkError: It is.
    """
    for path in inputs:
        if path is not None and _same(folder, path):
            raise SinkError(f"{folder}: this is the data that is read; choose another folder for the results")


def _path(source: Path | str | None) -> Path | None:
    """Returns the path of an input that exists, else None."""
    if source is None or str(source) == "":
        return None
    try:
        path = Path(source)
        return path if path.exists() else None
    except (OSError, ValueError):
        return None


def _same(first: Path, second: Path) -> bool:
    """Returns whether two paths mean the same file or folder, existing or not."""
    try:
        return first.samefile(second)
    except (OSError, ValueError):
        return os.path.abspath(first) == os.path.abspath(second)


def _is_inside(path: Path, source: Path) -> bool:
    """Returns whether a file lies in a data set: in its folder, or beside its file."""
    folder = source if source.is_dir() else source.parent
    return path.resolve().is_relative_to(folder.resolve())


def _belongs_to_data(path: Path) -> bool:
    """Returns whether a file of a data set's folder is one of its pictures, label files or lists."""
    suffix = path.suffix.lower()
    return is_picture(path) or suffix in _LABELS or path.name == "groups.csv"
