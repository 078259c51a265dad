"""Reads Pascal VOC: one XML file for each picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from maskwatch.data.formats.class_names import split_named, state_of
from maskwatch.data.picture_files import is_picture
from maskwatch.data.sample import Box, Sample, make_sample
from maskwatch.errors import DataError

_LABEL_FOLDERS: Final = ("Annotations", "annotations", "labels", "xmls", ".")
_PICTURE_FOLDERS: Final = ("JPEGImages", "images", "Images", ".")


def read_voc(
    path: Path, names: Mapping[str, str] | None = None, problems: list[str] | None = None
) -> list[Sample]:
    """Reads a folder of Pascal VOC annotations.

    Args:
        path: The folder. The XML files lie in `Annotations/` (or `annotations/`, `labels/`, `xmls/`, or
            the folder itself), the pictures in `JPEGImages/` (or `images/`, or beside the XML files).
        names: Class name in the files -> one of `maskwatch.data.formats.class_names.MEANINGS`.
        problems: Gets a line for each file or box that is left out because it cannot be used.

    Returns:
        One sample for each XML file, sorted by name. Boxes marked `difficult` are ignored. Splits are read
        from `ImageSets/Main/{train,val,test}.txt`, else from the name of the folder. Coordinates are not
        changed: some tools count pixels from 0, others from 1.

    Raises:
        DataError: No XML file is found, or a class has an unknown meaning.
    """
    problems = [] if problems is None else problems
    files = voc_files(path)
    if not files:
        raise DataError(f"{path}: no Pascal VOC annotations (*.xml) found")
    pictures = _pictures(path)
    splits = _splits(path)
    samples = []
    for file in files:
        try:
            root = ElementTree.parse(file).getroot()
        except (OSError, ElementTree.ParseError) as error:
            problems.append(f"{file}: not readable ({error})")
            continue
        picture = pictures.get((root.findtext("filename") or "").strip()) or pictures.get(file.stem)
        if picture is None:
            problems.append(f"{file}: its picture was not found")
            continue
        rows = []
        for item in root.iter("object"):
            box = _box(item)
            if box is None:
                problems.append(f"{file}: a box without an area or with unreadable corners")
                continue
            state = state_of((item.findtext("name") or "").strip(), names or {}, str(file))
            rows.append((box, state, (item.findtext("difficult") or "").strip() == "1"))
        split = splits.get(file.stem) or split_named(path.name)
        samples.append(make_sample(picture, rows, split=split))
    return samples


def voc_files(path: Path) -> list[Path]:
    """Lists the annotation files of a data set, from the first folder that contains any."""
    for name in _LABEL_FOLDERS:
        files = sorted((path / name).glob("*.xml"))
        if files:
            return files
    return []


def _pictures(path: Path) -> dict[str, Path]:
    """Lists the pictures, by file name and by stem."""
    pictures: dict[str, Path] = {}
    for name in (*_PICTURE_FOLDERS, *_LABEL_FOLDERS):
        folder = path / name
        for picture in sorted(folder.iterdir()) if folder.is_dir() else ():
            if is_picture(picture):
                pictures.setdefault(picture.name, picture)
                pictures.setdefault(picture.stem, picture)
    return pictures


def _splits(path: Path) -> dict[str, str]:
    """Reads the split of each picture, by its stem, from `ImageSets/Main`."""
    splits = {}
    for split in ("train", "val", "test"):
        listing = path / "ImageSets" / "Main" / f"{split}.txt"
        if listing.is_file():
            for line in listing.read_text(encoding="utf-8").split("\n"):
                if line.strip():
                    name = line.split()[0]
                    splits[Path(name).stem if is_picture(Path(name)) else name] = split
    return splits


def _box(item: ElementTree.Element) -> Box | None:
    """Reads the box of an object; None if it has no area or its corners cannot be read."""
    try:
        x1, y1, x2, y2 = (
            float(item.findtext(f"bndbox/{key}") or "") for key in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError:
        return None
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or x2 <= x1 or y2 <= y1:
        return None
    return x1, y1, x2, y2
