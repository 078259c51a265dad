"""Reads YOLO: a text file for each picture, one line for each box, in fractions of the picture's size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from maskwatch.data.formats.class_names import split_named, state_of
from maskwatch.data.picture_files import is_picture, picture_size, pictures_in
from maskwatch.data.sample import Box, FaceRow, Sample, make_sample
from maskwatch.errors import DataError

_NAME_FILES: Final = ("classes.txt", "obj.names", "_darknet.labels", "labels/classes.txt")


def read_yolo(
    path: Path, names: Mapping[str, str] | None = None, problems: list[str] | None = None
) -> list[Sample]:
    """Reads a YOLO data set.

    Args:
        path: A `data.yaml`, or a folder with one, or a folder with pictures and label files. The path of a
            label file has `labels/` in place of `images/`, or it is beside the picture.
        names: Class name -> one of `maskwatch.data.formats.class_names.MEANINGS`. A class without a name is
            given by its number: {"0": "with_mask"}.
        problems: Gets a line for each file or box that is left out because it cannot be used.

    Returns:
        One sample for each picture. In YOLO, a picture without a label file has no faces. Polygons
        (segmentation labels) become the boxes around them.

    Raises:
        DataError: No picture or label is found, or a class has an unknown meaning.
    """
    problems = [] if problems is None else problems
    root = path.parent if path.is_file() else path
    listing = path if path.is_file() else find_yaml(path)
    classes, places = _read_yaml(listing) if listing else (_class_names(root), {"": [root]})
    pictures = {
        picture: split
        for split, folders in places.items()
        for folder in folders
        for picture in _pictures_at(folder)
    }
    if not any(label_file(picture).is_file() for picture in pictures):
        raise DataError(f"{path}: {len(pictures)} pictures, but no YOLO label file (*.txt) for any of them")
    samples = []
    for picture, split in pictures.items():
        try:
            size = picture_size(picture)
        except DataError as error:
            problems.append(str(error))
            continue
        rows = _rows(label_file(picture), size, classes, names or {}, problems)
        split = split or _split_of(picture.parent, root)
        samples.append(make_sample(picture, rows, split=split))
    return samples


def find_yaml(folder: Path) -> Path | None:
    """Returns the YAML file of a YOLO data set: the first in the folder with class names, or None."""
    for file in (*sorted(folder.glob("*.yaml")), *sorted(folder.glob("*.yml"))):
        if "names" in _load_yaml(file):
            return file
    return None


def label_file(picture: Path) -> Path:
    """Returns the label file of a picture: `labels/` in place of the last `images/`, else beside it."""
    parts = picture.with_suffix(".txt").parts
    for i in range(len(parts) - 2, -1, -1):
        if parts[i] == "images":
            in_labels = Path(*parts[:i], "labels", *parts[i + 1 :])
            if in_labels.is_file():
                return in_labels
            break
    return picture.with_suffix(".txt")


def _load_yaml(file: Path) -> dict[Any, Any]:
    import yaml  # type: ignore[import-untyped]  # imported late: only this format needs it

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{file}: not a readable YAML file ({reason})") from error
    return content if isinstance(content, dict) else {}


def _read_yaml(file: Path) -> tuple[dict[int, str], dict[str, list[Path]]]:
    """Reads the class names by number, and the places of the pictures by split."""
    content = _load_yaml(file)
    names = content.get("names")
    try:
        pairs = names.items() if isinstance(names, dict) else enumerate(names or ())
        classes = {int(number): str(name) for number, name in pairs}
    except (TypeError, ValueError) as error:
        raise DataError(f"{file}: `names` must be a list of class names") from error
    base = file.parent / str(content.get("path") or "")
    if not base.is_dir():  # `path` is often that of another machine
        base = file.parent
    places: dict[str, list[Path]] = {}
    for split in ("train", "val", "test"):
        entries = content.get(split)
        for entry in entries if isinstance(entries, list) else [entries] if entries else []:
            places.setdefault(split, []).append(_place(base, str(entry)))
    return classes, places or {"": [base]}


def _place(base: Path, entry: str) -> Path:
    """Returns the folder or list of pictures that an entry of the YAML file means."""
    # Exports of Roboflow write "../train/images" but mean a folder beside the file.
    trimmed = entry
    while trimmed.startswith("../"):
        trimmed = trimmed[3:]
    for place in (base / entry, base / trimmed):
        if place.exists():
            return place
    raise DataError(f"{base / entry}: no such folder, named in the data set's YAML file")


def _pictures_at(place: Path) -> list[Path]:
    """Lists the pictures of a folder, or those that a text file lists."""
    if place.suffix == ".txt":
        lines = (line.strip() for line in place.read_text(encoding="utf-8").splitlines())
        return [place.parent / line for line in lines if line and is_picture(Path(line))]
    return pictures_in(place)


def _class_names(root: Path) -> dict[int, str]:
    """Reads class names by number from a text file; empty if there is none."""
    for name in _NAME_FILES:
        if (root / name).is_file():
            lines = (root / name).read_text(encoding="utf-8").splitlines()
            return dict(enumerate(line.strip() for line in lines if line.strip()))
    return {}


def _split_of(folder: Path, root: Path) -> str:
    """Returns the split that a folder between the root of the data set and a picture names; "" for none."""
    inside = folder.relative_to(root).parts if folder.is_relative_to(root) else ()
    return next(filter(None, map(split_named, (*inside, root.name))), "")


def _rows(
    file: Path,
    size: tuple[int, int],
    classes: Mapping[int, str],
    names: Mapping[str, str],
    problems: list[str],
) -> list[FaceRow]:
    """Reads the label file of a picture of this width and height; empty if there is no such file."""
    if not file.is_file():
        return []
    rows: list[FaceRow] = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            key, *values = (float(value) for value in line.split())
            box = _corners(values, size)
            if not key.is_integer():
                raise ValueError("the class is no whole number")
        except (ValueError, OverflowError) as error:
            problems.append(f"{file}:{number}: not a YOLO label ({error})")
            continue
        state = state_of(classes.get(int(key), str(int(key))), names, f"{file}:{number}")
        rows.append((box, state, False))
    return rows


def _corners(values: Sequence[float], size: tuple[int, int]) -> Box:
    """Converts fractions to corners in pixels.

    Args:
        values: Centre x, centre y, width, height (and perhaps a score), or the points of a polygon.
        size: Width and height of the picture, pixels.

    Raises:
        ValueError: The values are no box in fractions.
    """
    width, height = size
    if not all(map(math.isfinite, values)):
        raise ValueError("a number that is not finite")
    if len(values) in (4, 5):
        x, y, w, h = values[:4]
        x1, y1, x2, y2 = x - w / 2, y - h / 2, x + w / 2, y + h / 2
    elif len(values) >= 6 and len(values) % 2 == 0:
        x1, x2, y1, y2 = min(values[::2]), max(values[::2]), min(values[1::2]), max(values[1::2])
    else:
        raise ValueError(f"{len(values)} numbers after the class")
    if x2 <= x1 or y2 <= y1:
        raise ValueError("a box without an area")
    if max(abs(v) for v in values) > 10:
        raise ValueError("pixels instead of fractions of the picture's size")
    return x1 * width, y1 * height, x2 * width, y2 * height
