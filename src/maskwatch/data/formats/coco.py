"""Reads COCO JSON: one file with `images`, `annotations` and `categories`."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maskwatch.data.formats.class_names import split_named, state_of
from maskwatch.data.sample import Box, Sample, make_sample
from maskwatch.errors import DataError


def read_coco(
    path: Path,
    images: Path | None = None,
    names: Mapping[str, str] | None = None,
    problems: list[str] | None = None,
) -> list[Sample]:
    """Reads a COCO file.

    Args:
        path: The JSON file.
        images: Folder of the pictures; None tries `images/` beside the file or one level up, then the
            folder of the file.
        names: Category name in the file -> one of `maskwatch.data.formats.class_names.MEANINGS`. Known
            spellings of these need no entry.
        problems: Gets a line for each box or picture that is left out because it cannot be used.

    Returns:
        One sample for each picture, in the order of the file. `iscrowd` and `ignore` boxes are ignored.
        `source`, `group` and `split` are those of the entry of the picture. A missing split is taken from the
        name of the file or its folder.

    Raises:
        DataError: The file cannot be read, is no COCO file, or has a category of unknown meaning.
    """
    problems = [] if problems is None else problems
    content = load_coco(path)
    states = {
        category["id"]: state_of(str(category["name"]), names or {}, str(path))
        for category in content["categories"]
    }
    by_picture: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for annotation in content["annotations"]:
        by_picture[annotation.get("image_id")].append(annotation)

    folder = images or _picture_folder(path)
    samples = []
    for picture in content["images"]:
        file = folder / str(picture.get("file_name", ""))
        boxes = by_picture.pop(picture.get("id"), [])
        if not file.is_file():
            problems.append(f"{file}: no such picture, named in {path.name}")
            continue
        rows = []
        for row in boxes:
            box = _corners(row.get("bbox"))
            if box is None or row.get("category_id") not in states:
                what = "box" if box is None else "category"
                problems.append(f"{file}: annotation {row.get('id')} in {path.name} has no valid {what}")
                continue
            ignored = bool(row.get("ignore")) or bool(row.get("iscrowd"))
            rows.append((box, states[row["category_id"]], ignored))
        samples.append(
            make_sample(
                file,
                rows,
                source=str(picture.get("source", "")),
                group=str(picture.get("group", "")),
                split=str(picture.get("split", ""))
                or split_named(path.stem, anywhere=True)
                or split_named(path.parent.name),
            )
        )
    if by_picture:
        count = sum(map(len, by_picture.values()))
        problems.append(f"{path}: {count} boxes belong to no picture of the file")
    return samples


def is_coco(path: Path) -> bool:
    """Returns whether a JSON file looks like COCO: an object with its three lists."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"images", "annotations", "categories"} <= content.keys()


def load_coco(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Loads the three lists of a COCO file.

    Raises:
        DataError: The file cannot be read, or is no COCO file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable JSON file ({error})") from error
    keys = ("images", "annotations", "categories")
    if not isinstance(content, dict) or any(not isinstance(content.get(key), list) for key in keys):
        raise DataError(f"{path}: not a COCO file; it needs the lists {', '.join(keys)}")
    if not all(isinstance(entry, dict) for key in keys for entry in content[key]):
        raise DataError(f"{path}: not a COCO file; its lists must hold objects")
    if any("id" not in c or "name" not in c for c in content["categories"]):
        raise DataError(f"{path}: a category without id or name")
    return content


def _picture_folder(path: Path) -> Path:
    """Returns the folder of the pictures of a COCO file."""
    for folder in (path.parent / "images", path.parent.parent / "images"):
        if folder.is_dir():
            return folder
    return path.parent


def _corners(bbox: object) -> Box | None:
    """Converts x, y, width, height to x1, y1, x2, y2; None if it is no box with an area."""
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    try:
        x, y, width, height = (float(value) for value in bbox)
    except (TypeError, ValueError):
        return None
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        return None
    return x, y, x + width, y + height
