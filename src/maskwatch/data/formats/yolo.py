"""Reads YOLO: a text file for each picture, one line for each box, in fractions of the picture's size."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from maskwatch.data.formats.class_names import MEANINGS, meaning_of, split_named, state_of
from maskwatch.data.formats.yolo_rows import RowForms, RowKind, describe_forms, row_forms, to_box
from maskwatch.data.picture_files import find_picture, is_file, is_picture, pictures_in, read_header
from maskwatch.data.sample import FaceRow, Sample, make_sample
from maskwatch.data.text_files import lines_of, read_text, read_yaml
from maskwatch.errors import DataError, one_line

_NAME_FILES: Final = ("classes.txt", "obj.names", "_darknet.labels", "labels.txt", "labels/classes.txt")
_MAX_LINES_NAMED: Final = 3  # bad lines of a file that are named one by one


@dataclass(frozen=True, slots=True)
class _Description:
    """What the YAML file or its replacement says.

    Attributes:
        classes: Class names by number.
        places: Folders or lists of pictures by split.
        kpt_shape: Number of key points and of numbers for each; None if it is not given.
    """

    classes: dict[int, str]
    places: dict[str, list[Path]]
    kpt_shape: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a label file: where it is, its class and the numbers behind it."""

    where: str
    key: int
    values: tuple[float, ...]


def read_yolo(
    path: Path,
    names: Mapping[str, str] | None = None,
    problems: list[str] | None = None,
    *,
    notes: list[str] | None = None,
    unusable: set[Path] | None = None,
    before_exif: bool = False,
) -> list[Sample]:
    """Reads a YOLO data set.

    Args:
        path: A `data.yaml`, or a folder with one, or a folder with pictures and label files. The path of a
            label file has `labels/` in place of `images/`, or it is beside the picture.
        names: Class name -> one of `maskwatch.data.formats.class_names.MEANINGS`. A class without a name is
            given by its number: {"0": "with_mask"}.
        problems: Gets a line for each file or box that is left out because it cannot be used.
        notes: Gets a line for each unusual kind of rows, with the number of files.
        unusable: Gets the pictures none of whose lines can be used: their faces are unknown.
        before_exif: Whether the fractions are of the stored picture, before the EXIF turn. Boxes are then in
            pixels of the stored picture.

    Returns:
        One sample for each picture. In YOLO, a picture without a label file has no faces.
        `maskwatch.data.formats.yolo_rows` says which rows are understood.

    Raises:
        DataError: No picture or label is found, or a class has an unknown meaning.
    """
    problems = [] if problems is None else problems
    root = path.parent if path.is_file() else path
    listing = path if path.is_file() else find_yaml(path)
    about = _read_description(listing) if listing else _Description({}, {"": [root]})
    pictures = {
        picture: split
        for split, places in about.places.items()
        for place in places
        for picture in _pictures_at(place)
    }
    files = {picture: file for picture in pictures if is_file(file := label_file(picture))}
    if not files:
        raise DataError(f"{path}: {len(pictures)} pictures, but no YOLO label file (*.txt) for any of them")
    lines = {picture: _read_lines(file, problems) for picture, file in files.items()}
    forms = row_forms((line.values for entry in lines.values() for line in entry[0]), about.kpt_shape)
    problems += [f"{path}: {problem}" for problem in forms.problems]
    classes = about.classes or _class_names(root, names or {})
    local: dict[Path, dict[int, str]] = {}
    kinds: Counter[RowKind] = Counter()
    samples = []
    for picture, split in pictures.items():
        try:
            header = read_header(picture)
        except DataError as error:
            problems.append(str(error))
            continue
        known = classes
        if not known and picture in lines:
            if picture.parent not in local:
                local[picture.parent] = _class_names(picture.parent, names or {})
            known = local[picture.parent]
        read, bad = lines.get(picture, ([], 0))
        rows = _rows(
            read, header.stored if before_exif else header.upright, known, names or {}, forms, problems
        )
        if not rows and (read or bad) and unusable is not None:
            unusable.add(picture)
        kinds.update({forms.kinds[len(line.values)] for line in read if len(line.values) in forms.kinds})
        samples.append(make_sample(picture, rows, split=split or _split_of(picture.parent, root)))
    problems += _without_picture(files)
    if notes is not None:
        notes += [f"{path}: {note}" for note in describe_forms(kinds)]
    return samples


def find_yaml(folder: Path) -> Path | None:
    """Returns the YAML file of a YOLO data set: the first in the folder with class names, or None."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in (".yaml", ".yml")]
    for file in sorted(files, key=lambda file: file.suffix.lower() == ".yml"):
        if is_file(file) and "names" in read_yaml(file):
            return file
    return None


def label_file(picture: Path) -> Path:
    """Returns the label file of a picture: `labels/` in place of the last `images/`, else beside it.

    The name is that of the picture with the suffix `.txt` or `.TXT`, in place of its own or behind it.
    """
    parts = picture.parts
    folders = [picture.parent]
    for i in range(len(parts) - 2, -1, -1):
        if parts[i].lower() == "images":
            named = {"images": "labels", "IMAGES": "LABELS"}.get(parts[i], "Labels")
            folders = [
                Path(*parts[:i], name, *parts[i + 1 : -1]) for name in dict.fromkeys((named, "labels"))
            ]
            folders.append(picture.parent)
            break
    for folder in folders:
        for name in (
            f"{picture.stem}.txt",
            f"{picture.stem}.TXT",
            f"{picture.name}.txt",
            f"{picture.name}.TXT",
        ):
            if is_file(folder / name):
                return folder / name
    return picture.with_suffix(".txt")


def _read_description(file: Path) -> _Description:
    """Reads class names, places of the pictures and key points from a YAML file."""
    content = read_yaml(file)
    names = content.get("names")
    if not isinstance(names, dict | list | None):
        raise DataError(f"{file}: `names` must be a list of class names")
    try:
        pairs = names.items() if isinstance(names, dict) else enumerate(names or ())
        classes = {int(number): str(name) for number, name in pairs}
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(f"{file}: `names` must be a list of class names") from error
    base = file.parent / str(content.get("path") or "")
    if not _exists(base):  # `path` is often that of another machine
        base = file.parent
    places: dict[str, list[Path]] = {}
    for split, keys in (("train", ("train",)), ("val", ("val", "valid")), ("test", ("test",))):
        entries = next((content[key] for key in keys if content.get(key)), None)
        for entry in entries if isinstance(entries, list) else [entries] if entries else []:
            places.setdefault(split, []).append(_place(base, str(entry).replace("\\", "/")))
    return _Description(classes, places or {"": [base]}, _kpt_shape(content.get("kpt_shape"), file))


def _kpt_shape(value: object, file: Path) -> tuple[int, int] | None:
    """Checks `kpt_shape` of a YAML file."""
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2:
        points, numbers = value
        if isinstance(points, int) and 0 < points <= 1000 and numbers in (2, 3):
            return points, int(numbers)
    raise DataError(f"{file}: `kpt_shape` must be [number of key points, 2 or 3]")


def _exists(path: Path) -> bool:
    """Returns whether a path exists; no error for a name that nothing can have."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _place(base: Path, entry: str) -> Path:
    """Returns the folder or list of pictures that an entry of the YAML file means."""
    # Exports of Roboflow write "../train/images" but mean a folder beside the file.
    trimmed = entry
    while trimmed.startswith("../"):
        trimmed = trimmed[3:]
    for place in (base / entry, base / trimmed):
        if _exists(place):
            return place
    raise DataError(f"{base / entry}: no such folder, named in the data set's YAML file")


def _pictures_at(place: Path) -> list[Path]:
    """Lists the pictures of a folder, or those that a text file lists, each once."""
    if place.suffix.lower() != ".txt":
        return pictures_in(place)
    folders = (place.parent, place.parent.parent)

    def entries(text: str) -> list[str]:
        return [line.strip() for line in lines_of(text) if line.strip() and is_picture(Path(line.strip()))]

    text = read_text(place, lambda text: any(find_picture(entry, folders) for entry in entries(text)))
    return [find_picture(entry, folders) or place.parent / entry for entry in entries(text)]


def _class_names(folder: Path, names: Mapping[str, str]) -> dict[int, str]:
    """Reads class names by number from a text file; empty if there is none."""
    for name in _NAME_FILES:
        if is_file(folder / name):

            def entries(text: str) -> list[str]:
                return [line.strip() for line in lines_of(text) if line.strip()]

            def known(text: str) -> bool:
                return all(meaning_of(entry, names) in MEANINGS for entry in entries(text))

            return dict(enumerate(entries(read_text(folder / name, known))))
    return {}


def _split_of(folder: Path, root: Path) -> str:
    """Returns the split that a folder between the root of the data set and a picture names; "" for none."""
    inside = folder.relative_to(root).parts if folder.is_relative_to(root) else ()
    return next(filter(None, map(split_named, (*inside, root.name))), "")


def _read_lines(file: Path, problems: list[str]) -> tuple[list[_Line], int]:
    """Reads the lines of a label file, and counts those that cannot be read."""
    try:
        text = read_text(file)
    except DataError as error:
        problems.append(str(error))
        return [], 1
    lines, bad = [], []
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            continue
        try:
            key, *values = (float(value) for value in line.split())
            if not all(map(math.isfinite, values)):
                raise ValueError("a number that is not finite")
            if not key.is_integer():
                raise ValueError("the class is no whole number")
            lines.append(_Line(f"{file}:{number}", int(key), tuple(values)))
        except (ValueError, OverflowError) as error:
            bad.append(f"{file}:{number}: not a YOLO label ({one_line(error)})")
    if len(bad) > _MAX_LINES_NAMED:
        problems.append(f"{file}: {len(bad)} lines are no YOLO labels; the first: {bad[0]}")
    else:
        problems += bad
    return lines, len(bad)


def _rows(
    lines: Sequence[_Line],
    size: tuple[int, int],
    classes: Mapping[int, str],
    names: Mapping[str, str],
    forms: RowForms,
    problems: list[str],
) -> list[FaceRow]:
    """Makes faces of the lines of a picture of this width and height."""
    width, height = size
    rows: list[FaceRow] = []
    for line in lines:
        try:
            x1, y1, x2, y2 = to_box(line.values, forms)
        except ValueError as error:
            problems.append(f"{line.where}: not a YOLO label ({error})")
            continue
        state = state_of(classes.get(line.key, str(line.key)), names, line.where)
        rows.append(((x1 * width, y1 * height, x2 * width, y2 * height), state, False))
    return rows


def _without_picture(files: Mapping[Path, Path]) -> list[str]:
    """Returns a line for each folder with label files that belong to no picture.

    Args:
        files: Label file of each picture.
    """
    pictures: dict[Path, set[Path]] = {}
    for picture, file in files.items():
        pictures.setdefault(file.parent, set()).add(picture.parent)
    problems = []
    for folder, parents in sorted(pictures.items()):
        known = {
            name for parent in parents for p in parent.iterdir() if is_picture(p) for name in (p.stem, p.name)
        }
        rest = [
            file
            for file in sorted(folder.iterdir())
            if file.suffix.lower() == ".txt" and file.stem not in known and _has_boxes(file)
        ]
        if rest:
            problems.append(
                f"{folder}: {len(rest)} label files belong to no picture; the first: {rest[0].name}"
            )
    return problems


def _has_boxes(file: Path) -> bool:
    """Returns whether a text file begins with a box: five numbers."""
    try:
        first = lines_of(read_text(file))[0].split()
        return len(first) > 4 and all(math.isfinite(float(value)) for value in first)
    except (ValueError, DataError):
        return False
