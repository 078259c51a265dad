"""Adds pseudo-labels to the pictures of a COCO file, or makes one of a folder of pictures."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.formats.coco import id_of, load_coco, picture_folders
from maskwatch.data.picture_files import find_picture, is_folder, picture_size, pictures_in
from maskwatch.errors import DataError
from maskwatch.training.data.agreement import PseudoLabels, agreed_faces, without_labelled
from maskwatch.training.data.auto_labeller import AutoLabels

FACE: Final = "face"
"""Category of a face whose state nobody knows."""


@dataclass(frozen=True)
class Listing:
    """Pictures, with the labels that they have.

    Attributes:
        content: The lists of a COCO file.
        files: Picture of each entry of `content["images"]` that was found, by its id.
        wanted: Ids of the pictures that are to be labelled.
    """

    content: dict[str, list[dict[str, Any]]]
    files: dict[int | str, Path]
    wanted: frozenset[int | str]

    @property
    def pictures(self) -> list[Path]:
        """The pictures that are to be labelled."""
        return [file for key, file in self.files.items() if key in self.wanted]


def read_listing(path: Path, sources: Sequence[str] = ()) -> Listing:
    """Reads a COCO file, or lists the pictures of a folder that holds none.

    Args:
        path: The file or folder.
        sources: Pictures of these sources are to be labelled; none means all.

    Raises:
        DataError: Not such a file, no such folder, or nothing in it.
    """
    if is_folder(path):
        pictures = pictures_in(path)
        sizes = [picture_size(picture) for picture in pictures]
        entries = [
            {"id": number, "file_name": str(picture), "width": width, "height": height, "source": path.name}
            for number, (picture, (width, height)) in enumerate(zip(pictures, sizes, strict=True), 1)
        ]
        content: dict[str, list[dict[str, Any]]] = {"images": entries, "annotations": [], "categories": []}
        files: dict[int | str, Path] = dict(enumerate(pictures, 1))
    else:
        content = load_coco(path)
        folders = picture_folders(path)
        found = {
            id_of(e.get("id")): find_picture(str(e.get("file_name")), folders) for e in content["images"]
        }
        files = {key: file for key, file in found.items() if key is not None and file is not None}
        content["annotations"] = [a for a in content["annotations"] if id_of(a.get("image_id")) in files]
    wanted = {id_of(e["id"]) for e in content["images"] if not sources or e.get("source") in sources}
    listing = Listing(content, files, frozenset(key for key in files if key in wanted))
    if not listing.wanted:
        raise DataError(f"{path}: no picture to label" + (f" of {', '.join(sources)}" if sources else ""))
    return listing


def add_pseudo_labels(
    listing: Listing, first: AutoLabels, second: AutoLabels, folder: Path, anew: bool = False
) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """Adds the faces on which two detectors agree.

    The key `heads` of a picture's entry, [[x, y, width, height], ...], bounds them; see `agreement`.

    Args:
        listing: Pictures and their labels; labels stay as they are.
        first: Detections of one detector.
        second: Of the other.
        folder: Of the file that is to be written: the pictures' names become relative to it.
        anew: Whether the labels that have a `score`, which machines gave, are replaced.

    Returns:
        The lists of a COCO file, and the number of added faces. Doubtful ones have `ignore` 1.
    """
    content = {key: [dict(row) for row in rows] for key, rows in listing.content.items()}
    if anew:
        content["annotations"] = [a for a in content["annotations"] if "score" not in a]
    category = _category(content["categories"])
    labelled: dict[int | str | None, list[NDArray[np.float32]]] = defaultdict(list)
    for row in content["annotations"]:
        labelled[id_of(row.get("image_id"))].append(_corners(np.array([row["bbox"]], np.float32))[0])
    number = max([int(row.get("id", 0)) for row in content["annotations"]], default=0)
    images, added = [], 0
    for entry in content["images"]:
        key = id_of(entry.get("id"))
        file = listing.files.get(key) if key is not None else None
        if file is None:
            continue
        images.append(entry | {"file_name": os.path.relpath(file, folder)})
        if key not in listing.wanted or file not in first or file not in second:
            continue
        heads = _corners(np.array(entry["heads"], np.float32)) if entry.get("heads") else None
        labels = agreed_faces(first[file], second[file], heads)
        labels = without_labelled(labels, np.array(labelled[key], np.float32).reshape(-1, 4))
        rows = _rows(labels, entry["id"], category, number)
        content["annotations"] += rows
        number += len(rows)
        added += int((~labels.doubtful).sum())
    return content | {"images": images}, added


def _rows(labels: PseudoLabels, picture: object, category: int, number: int) -> list[dict[str, Any]]:
    """Makes COCO annotations, numbered from the next number on."""
    rows = []
    triples = zip(labels.boxes.tolist(), labels.scores.tolist(), labels.doubtful.tolist(), strict=True)
    for (x1, y1, x2, y2), score, doubtful in triples:
        number += 1
        box = [round(value, 1) for value in (x1, y1, x2 - x1, y2 - y1)]
        rows.append(
            {
                "id": number,
                "image_id": picture,
                "category_id": category,
                "bbox": box,
                "area": round(box[2] * box[3], 1),
                "iscrowd": 0,
                "ignore": int(doubtful),
                "score": round(score, 3),
            }
        )
    return rows


def _category(categories: list[dict[str, Any]]) -> int:
    """Returns the id of the category of faces without a state; adds it where it is missing."""
    for row in categories:
        if row.get("name") == FACE:
            return int(row["id"])
    number = 1 + max([int(row["id"]) for row in categories], default=0)
    categories.append({"id": number, "name": FACE})
    return number


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """x, y, width, height -> x1, y1, x2, y2, both (n, 4)."""
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]], 1)
