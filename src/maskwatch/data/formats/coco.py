"""Reads COCO JSON: one file with `images`, `annotations` and `categories`."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from maskwatch.data.exif_labels import SizeCheck
from maskwatch.data.formats.class_names import split_named, state_of
from maskwatch.data.picture_files import find_picture
from maskwatch.data.sample import Box, FaceRow, Sample, make_sample
from maskwatch.data.text_files import read_json
from maskwatch.errors import DataError, printable

_LISTS: Final = ("images", "annotations", "categories")
_MAX_PIXEL: Final = 1e6  # coordinates beyond this are no pixels
_TRUE: Final = (True, 1, "1", "true", "True")
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}")
Key = int | str
"""An id as it is compared: a number, or a text that is none."""


def read_coco(
    path: Path,
    images: Path | None = None,
    names: Mapping[str, str] | None = None,
    problems: list[str] | None = None,
    *,
    unusable: set[Path] | None = None,
    before_exif: bool = False,
) -> list[Sample]:
    """Reads a COCO file.

    Args:
        path: The JSON file.
        images: Folder of the pictures; None tries `images/` beside the file or one level up, the folder of
            the file and the one above, and in each of them the folder of the split (`train2017/`).
        names: Category name in the file -> one of `maskwatch.data.formats.class_names.MEANINGS`. Known
            spellings of these need no entry.
        problems: Gets a line for each box or picture that is left out because it cannot be used, and a line
            for sizes that contradict the pictures.
        unusable: Gets the pictures none of whose boxes can be used: their faces are unknown.
        before_exif: Whether the boxes were drawn before the EXIF turn; they are not changed here.

    Returns:
        One sample for each picture, in the order of the file. `iscrowd` and `ignore` boxes are ignored.
        `source`, `group` and `split` are those of the entry of the picture. A missing split is taken from the
        name of the file or its folder. Pictures that share an id are left out.

    Raises:
        DataError: The file cannot be read, is no COCO file, or has a used category of unknown meaning.
    """
    problems = [] if problems is None else problems
    content = load_coco(path)
    states = _states(path, content, names or {})
    by_picture: dict[Key | None, list[dict[str, Any]]] = defaultdict(list)
    for annotation in content["annotations"]:
        by_picture[id_of(annotation.get("image_id"))].append(annotation)

    split = _split_of(path)
    folders = [images] if images else picture_folders(path)
    sizes = SizeCheck(before_exif)
    pictures = _unique_pictures(path, content["images"], problems)
    samples = []
    files: dict[Path, Key | None] = {}
    for picture in pictures:
        key = id_of(picture.get("id"))
        boxes = by_picture.get(key, []) if key is not None else []
        name = _text(picture.get("file_name"))
        file = find_picture(name, folders)
        if file is None:
            problems.append(f"{folders[0] / name}: no such picture, named in {path.name}")
            continue
        if file in files:
            problems.append(f"{file}: named by more than one entry of {path.name}; only the first is used")
            continue
        files[file] = key
        rows = _rows(boxes, states, file, path.name, problems)
        if boxes and not rows and unusable is not None:
            unusable.add(file)
        sizes.add(file, _size(picture))
        samples.append(
            make_sample(
                file,
                rows,
                source=printable(_text(picture.get("source"))),
                group=_text(picture.get("group")),
                split=_text(picture.get("split")) or split,
            )
        )
    known = {id_of(picture.get("id")) for picture in content["images"]} - {None}
    if count := sum(len(rows) for key, rows in by_picture.items() if key not in known):
        problems.append(f"{path}: {count} boxes belong to no picture of the file")
    problems += sizes.problems(path)
    return samples


def is_coco(path: Path) -> bool:
    """Returns whether a JSON file looks like COCO: an object with its three lists."""
    try:
        content = read_json(path)
    except DataError:
        return False
    return isinstance(content, dict) and set(_LISTS) <= content.keys()


def load_coco(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Loads the three lists of a COCO file.

    Raises:
        DataError: The file cannot be read, or is no COCO file.
    """
    content = read_json(path)
    if not isinstance(content, dict) or any(not isinstance(content.get(key), list) for key in _LISTS):
        raise DataError(f"{path}: not a COCO file; it needs the lists {', '.join(_LISTS)}")
    if not all(isinstance(entry, dict) for key in _LISTS for entry in content[key]):
        raise DataError(f"{path}: not a COCO file; its lists must hold objects")
    if any("id" not in c or "name" not in c for c in content["categories"]):
        raise DataError(f"{path}: a category without id or name")
    for category in content["categories"]:
        if id_of(category["id"]) is None or not isinstance(category["name"], str | int):
            raise DataError(f"{path}: a category whose id or name is neither a number nor a text")
    return content


def id_of(value: object) -> Key | None:
    """Returns an id as it is compared, so that 7, 7.0 and "7" are the same; None for what is no id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else value
    return None


def corners_of(bbox: object) -> Box | None:
    """Converts x, y, width, height to x1, y1, x2, y2; None if it is no box with an area."""
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    x, y, width, height = map(_number, bbox)
    if x is None or y is None or width is None or height is None or width <= 0 or height <= 0:
        return None
    return x, y, x + width, y + height


def _states(
    path: Path, content: dict[str, list[dict[str, Any]]], names: Mapping[str, str]
) -> dict[Key, int | None]:
    """Returns the state of each category that a box uses; the others need no known meaning."""
    used = {id_of(annotation.get("category_id")) for annotation in content["annotations"]}
    states: dict[Key, int | None] = {}
    first: dict[Key, str] = {}
    for category in content["categories"]:
        key, name = id_of(category["id"]), str(category["name"])
        if key is None or key not in used:
            continue
        state = state_of(name, names, str(path))
        if key in states and states[key] != state:
            raise DataError(f"{path}: the category id {key!r} is given twice, to {first[key]!r} and {name!r}")
        states[key] = state
        first.setdefault(key, name)
    return states


def _unique_pictures(path: Path, entries: list[dict[str, Any]], problems: list[str]) -> list[dict[str, Any]]:
    """Leaves out the pictures that share an id with another picture: their boxes cannot be told apart."""
    by_id: dict[Key, dict[str, dict[str, Any]]] = defaultdict(dict)
    for entry in entries:
        key = id_of(entry.get("id"))
        if key is not None:
            by_id[key].setdefault(_text(entry.get("file_name")), entry)
    pictures = []
    for entry in entries:
        key = id_of(entry.get("id"))
        if key is None:
            problems.append(f"{path}: the picture {_text(entry.get('file_name'))} has no id")
        elif len(by_id[key]) == 1 and by_id[key][_text(entry.get("file_name"))] is entry:
            pictures.append(entry)
    shared = [(key, same) for key, same in by_id.items() if len(same) > 1]
    if shared:
        key, same = shared[0]
        problems.append(
            f"{path}: {sum(len(same) for _, same in shared)} pictures share an id with another one and are"
            " left out,"
            f" because nobody can tell whose the boxes are; the first: id {key!r} of"
            f" {' and '.join(list(same)[:2])}"
        )
    return pictures


def _rows(
    boxes: list[dict[str, Any]],
    states: Mapping[Key, int | None],
    picture: Path,
    listing: str,
    problems: list[str],
) -> list[FaceRow]:
    """Makes faces of the annotations of a picture, which the file `listing` gives."""
    rows: list[FaceRow] = []
    for row in boxes:
        box, category = corners_of(row.get("bbox")), id_of(row.get("category_id"))
        if box is None or category is None or category not in states:
            what = "box" if box is None else "category"
            problems.append(f"{picture}: annotation {_short(row.get('id'))} in {listing} has no valid {what}")
            continue
        ignored = any(row.get(key) in _TRUE for key in ("ignore", "iscrowd"))
        rows.append((box, states[category], ignored))
    return rows


def picture_folders(path: Path) -> list[Path]:
    """Returns the folders in which the pictures of a COCO file may be, the most likely first."""
    split = _split_of(path)
    parent, above = path.parent, path.parent.parent
    bases = [folder for folder in (parent / "images", above / "images") if folder.is_dir()]
    bases += [parent, above] if path.parent.name.lower().startswith("annotation") else [parent]
    inner = []
    for base in bases:
        for folder in sorted(base.iterdir()):
            named = split_named(folder.name)
            if named and named == (split or named) and folder.is_dir():
                inner.append(folder)
    # "instances_train2017" is "train2017", where there is train2014 as well.
    inner.sort(key=lambda folder: not path.stem.endswith(folder.name))
    nested = [folder / "images" for folder in inner if (folder / "images").is_dir()]
    return [*bases, *inner, *nested]


def _split_of(path: Path) -> str:
    """Returns the split that the name of a COCO file, or of its folder, says."""
    return split_named(path.stem, anywhere=True) or split_named(path.parent.name)


def _short(value: object) -> str:
    """Returns an id for a message: at most 40 characters."""
    try:
        return repr(value)[:40]
    except (ValueError, RecursionError):  # thousands of digits
        return "?"


def _text(value: object) -> str:
    """Returns a text or a number as text; "" for everything else."""
    try:
        return str(value) if isinstance(value, str | int | float) else ""
    except ValueError:  # an integer of thousands of digits
        return ""


def _size(picture: dict[str, Any]) -> tuple[float, float] | None:
    """Returns width and height of an entry; None if it gives none."""
    numbers = [_number(picture.get(key)) for key in ("width", "height")]
    return None if None in numbers else (numbers[0] or 0.0, numbers[1] or 0.0)


def _number(value: object) -> float | None:
    """Returns a finite number of at most a million, given as number or text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= _MAX_PIXEL else None
