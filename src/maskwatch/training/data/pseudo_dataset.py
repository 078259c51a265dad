"""Adds pseudo-labels to the pictures of a COCO file, or makes one of a folder of pictures."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.data.formats.coco import Key, corners_of, id_of, load_coco, picture_folders
from maskwatch.data.picture_files import find_picture, is_folder, picture_size, pictures_in
from maskwatch.data.sample import Box
from maskwatch.errors import DataError
from maskwatch.training.data.agreement import PseudoLabels, agreed_faces, without_labelled
from maskwatch.training.data.auto_labeller import auto_label
from maskwatch.training.data.mirrored_search import search_pictures
from maskwatch.training.data.picture_cache import cache as decode
from maskwatch.training.data.pseudo_labels import DetectedFaces

FACE: Final = "face"
"""Category of a face whose state nobody knows."""

Rows = list[dict[str, Any]]
"""One of the lists of a COCO file."""


@dataclass(frozen=True)
class Listing:
    """Pictures, with the labels that they have.

    Attributes:
        content: What a COCO file holds.
        files: Picture of each entry of `content["images"]` that was found, by its id.
        wanted: Ids of the pictures that are to be labelled.
        problems: One line for each picture of a folder that is damaged, or for all that were not found.
    """

    content: dict[str, Any]
    files: dict[Key, Path]
    wanted: frozenset[Key]
    problems: list[str] = field(default_factory=list)

    @property
    def pictures(self) -> list[Path]:
        """The pictures that are to be labelled."""
        return [file for key, file in self.files.items() if key in self.wanted]


@dataclass(frozen=True, slots=True)
class PseudoDataset:
    """Pictures with labels and pseudo-labels.

    Attributes:
        content: What a COCO file holds; doubtful faces have `ignore` 1.
        added: Number of faces that were added, the doubtful ones not counted.
        problems: One line for each thing that was left out.
    """

    content: dict[str, Any]
    added: int
    problems: list[str]


def pseudo_label(
    listing: Listing, auto_labeller: Path, detector: Path, cache: Path, folder: Path, anew: bool = False
) -> PseudoDataset:
    """Labels the faces on which YuNet and a detector of maskwatch agree.

    Args:
        listing: Pictures and their labels.
        auto_labeller: ONNX file of YuNet.
        detector: ONNX file of the other one.
        cache: Folder that keeps decoded pictures and detections.
        folder: See `add_pseudo_labels`.
        anew: See there.

    Raises:
        DataError: Not one picture can be read.
        ModelError: One of the models cannot be used.
    """
    paths = listing.pictures
    pictures, unreadable = decode(paths, cache)
    if len(unreadable) == len(paths):
        raise DataError(f"not one picture can be read; the first: {unreadable[0]}")
    first = auto_label(paths, pictures, auto_labeller, cache)
    second = search_pictures(paths, pictures, detector, cache)
    content, added = add_pseudo_labels(listing, first, second, folder, anew)
    return PseudoDataset(content, added, [*listing.problems, *unreadable])


def read_listing(path: Path, sources: Sequence[str] = ()) -> Listing:
    """Reads a COCO file, or lists the pictures of a folder that holds none.

    Args:
        path: The file or folder.
        sources: Pictures of these sources are to be labelled; none means all.

    Raises:
        DataError: Not such a file, no such folder, or nothing in it.
    """
    content, files, problems = _list_folder(path) if is_folder(path) else _list_coco(path)
    chosen = {id_of(e.get("id")) for e in content["images"] if not sources or e.get("source") in sources}
    wanted = frozenset(key for key in files if key in chosen)
    if not wanted:
        of_sources = f" of {', '.join(sources)}" if sources else ""
        why = f"; {problems[0]}" if problems else ""
        raise DataError(f"{path}: no picture{of_sources} to label{why}")
    return Listing(content, files, wanted, problems)


def add_pseudo_labels(
    listing: Listing,
    first: Mapping[Path, DetectedFaces],
    second: Mapping[Path, DetectedFaces],
    folder: Path,
    anew: bool = False,
) -> tuple[dict[str, Any], int]:
    """Adds the faces on which two detectors agree.

    The key `heads` of a picture's entry, [[x, y, width, height], ...], bounds them; see `agreement`.

    Args:
        listing: Pictures and their labels; labels stay as they are, those of pictures not found are left out.
        first: Detections of one detector.
        second: Of the other.
        folder: Of the file that is to be written: the pictures' names become relative to it.
        anew: Whether the labels that have a `score`, which machines gave, are replaced; only in the pictures
            that are to be labelled.

    Returns:
        What a COCO file holds, and the number of added faces. Doubtful ones have `ignore` 1.
    """
    looked_at = {key for key in listing.wanted if _in_both(listing.files[key], first, second)}
    annotations, labelled = [], defaultdict(list)
    for row in listing.content["annotations"]:
        key = id_of(row.get("image_id"))
        if key not in listing.files or (anew and "score" in row and key in looked_at):
            continue
        annotations.append(row)
        if (box := corners_of(row.get("bbox"))) is not None:
            labelled[key].append(box)
    categories = list(listing.content["categories"])
    category = _category_of_faces(categories)
    number = _largest_id(annotations)
    images, added = [], 0
    for entry in listing.content["images"]:
        key = id_of(entry.get("id"))
        if key not in listing.files:
            continue
        file = listing.files[key]
        images.append(entry | {"file_name": os.path.relpath(file, folder)})
        if key in looked_at:
            labels = agreed_faces(first[file], second[file], _heads(entry))
            labels = without_labelled(labels, _array(labelled[key]))
            rows = _rows(labels, entry["id"], category, number)
            annotations += rows
            number += len(rows)
            added += int((~labels.doubtful).sum())
    lists = {"images": images, "annotations": annotations, "categories": categories}
    return listing.content | lists, added


def _list_folder(path: Path) -> tuple[dict[str, Any], dict[Key, Path], list[str]]:
    """Returns the content of a COCO file without labels, the pictures, and what is wrong with some."""
    images: list[dict[str, Any]] = []
    files: dict[int | str, Path] = {}
    problems: list[str] = []
    for number, picture in enumerate(pictures_in(path), 1):
        try:
            width, height = picture_size(picture)
        except DataError as error:
            problems.append(str(error))
            continue
        entry = {"id": number, "file_name": str(picture), "width": width, "height": height}
        images.append(entry | {"source": path.resolve().name})
        files[number] = picture
    return {"images": images, "annotations": [], "categories": []}, files, problems


def _list_coco(path: Path) -> tuple[dict[str, Any], dict[Key, Path], list[str]]:
    """Returns the content of a COCO file, its pictures, and how many of them are not there."""
    content, folders = load_coco(path), picture_folders(path)
    files, absent = {}, 0
    for entry in content["images"]:
        key = id_of(entry.get("id"))
        file = find_picture(str(entry.get("file_name")), folders)
        if key is None or file is None:
            absent += 1
        else:
            files[key] = file
    return content, files, [f"{path}: {absent} pictures were not found; left out"] if absent else []


def _in_both(file: Path, first: Mapping[Path, DetectedFaces], second: Mapping[Path, DetectedFaces]) -> bool:
    return file in first and file in second


def _heads(entry: Mapping[str, Any]) -> NDArray[np.float32] | None:
    """Returns the boxes (k, 4) of all heads in a picture; None where nobody drew them."""
    drawn = entry.get("heads")
    if not isinstance(drawn, list) or not drawn:
        return None
    return _array([box for box in map(corners_of, drawn) if box is not None])


def _array(boxes: Sequence[Box]) -> NDArray[np.float32]:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _rows(labels: PseudoLabels, picture: object, category: Key, number: int) -> Rows:
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


def _category_of_faces(categories: Rows) -> Key:
    """Returns the id of the category of faces without a state; adds it where it is missing."""
    for row in categories:
        key = id_of(row["id"])
        if row["name"] == FACE and key is not None:
            return key
    number = 1 + _largest_id(categories)
    categories.append({"id": number, "name": FACE})
    return number


def _largest_id(rows: Rows) -> int:
    """Returns the largest number among the ids; 0 where there is none."""
    return max((key for row in rows if isinstance(key := id_of(row.get("id")), int)), default=0)
