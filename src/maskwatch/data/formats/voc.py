"""Reads Pascal VOC: one XML file for each picture."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from maskwatch.data.exif_labels import SizeCheck
from maskwatch.data.formats.class_names import meaning_of, split_named, state_of
from maskwatch.data.picture_files import is_file, is_picture
from maskwatch.data.sample import Box, FaceRow, Sample, make_sample
from maskwatch.data.text_files import decode, read_text
from maskwatch.errors import DataError, one_line

_LABEL_FOLDERS: Final = ("Annotations", "annotations", "labels", "xmls", ".")
_PICTURE_FOLDERS: Final = ("JPEGImages", "images", "Images", ".")
_MAX_PIXEL: Final = 1e6  # coordinates beyond this are no pixels
_DECLARATION: Final = re.compile(r"^\s*<\?xml(?P<rest>[^>]*)\?>")
_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def read_voc(
    path: Path,
    names: Mapping[str, str] | None = None,
    problems: list[str] | None = None,
    *,
    unusable: set[Path] | None = None,
    before_exif: bool = False,
) -> list[Sample]:
    """Reads a folder of Pascal VOC annotations.

    Args:
        path: The folder. The XML files lie in `Annotations/` (or `annotations/`, `labels/`, `xmls/`, or
            the folder itself), the pictures in `JPEGImages/` (or `images/`, or beside the XML files). All
            this may be in `train/`, `valid/` and `test/`, as Roboflow exports it.
        names: Class name in the files -> one of `maskwatch.data.formats.class_names.MEANINGS`.
        problems: Gets a line for each file or box that is left out because it cannot be used, and a line for
            sizes that contradict the pictures.
        unusable: Gets the pictures none of whose boxes can be used: their faces are unknown.
        before_exif: Whether the boxes were drawn before the EXIF turn; they are not changed here.

    Returns:
        One sample for each XML file, sorted by name. Boxes marked `difficult` are ignored. Splits are read
        from `ImageSets/Main/{train,val,test}.txt`, else from the name of the folder. Coordinates are not
        changed: some tools count pixels from 0, others from 1.

    Raises:
        DataError: No XML file is found, or a class has an unknown meaning.
    """
    problems = [] if problems is None else problems
    sizes = SizeCheck(before_exif)
    samples: list[Sample] = []
    places = [folder for folder in (path, *split_folders(path)) if _files_in(folder)]
    if not places:
        raise DataError(f"{path}: no Pascal VOC annotations (*.xml) found")
    for place in places:
        samples += _read_place(place, names or {}, problems, sizes, set() if unusable is None else unusable)
    problems += sizes.problems(path)
    return samples


def voc_files(path: Path) -> list[Path]:
    """Lists the annotation files of a data set: of the folder, and of its split folders."""
    return [file for folder in (path, *split_folders(path)) for file in _files_in(folder)]


def split_folders(path: Path) -> list[Path]:
    """Lists the folders inside that are named after splits."""
    return [folder for folder in sorted(path.iterdir()) if split_named(folder.name) and folder.is_dir()]


def _files_in(path: Path) -> list[Path]:
    """Lists the annotation files of a folder, from the first of its usual subfolders that contains any."""
    for name in _LABEL_FOLDERS:
        folder = path / name
        files = sorted(file for file in folder.glob("*") if file.suffix.lower() == ".xml" and is_file(file))
        if files:
            return files
    return []


def _read_place(
    path: Path, names: Mapping[str, str], problems: list[str], sizes: SizeCheck, unusable: set[Path]
) -> list[Sample]:
    """Reads the annotation files of one folder."""
    pictures = _pictures(path)
    splits = _splits(path)
    samples = []
    for file in _files_in(path):
        try:
            root = _parse(file, pictures, names)
        except (OSError, ValueError, LookupError, RecursionError, ElementTree.ParseError) as error:
            problems.append(f"{file}: not readable ({one_line(error)})")
            continue
        picture = pictures.get(_file_name(root)) or pictures.get(file.stem) or pictures.get(file.stem.lower())
        if picture is None:
            problems.append(f"{file}: its picture was not found")
            continue
        rows: list[FaceRow] = []
        bad = 0
        for item in root.iter("object"):
            box = _box(item)
            if box is None:
                bad += 1
                problems.append(f"{file}: a box without an area or with unreadable corners")
                continue
            state = state_of((item.findtext("name") or "").strip(), names, str(file))
            rows.append((box, state, (item.findtext("difficult") or "").strip() == "1"))
        if bad and not rows:
            unusable.add(picture)
        sizes.add(picture, _size(root))
        split = splits.get(file.stem) or split_named(path.name)
        samples.append(make_sample(picture, rows, split=split))
    return samples


def _parse(file: Path, pictures: Mapping[str, Path], names: Mapping[str, str]) -> ElementTree.Element:
    """Parses a file in the encoding that it declares, else in the first in which its names make sense.

    Raises:
        OSError: The file cannot be read.
        ValueError: Its declared encoding is not that of its bytes.
        LookupError: Its declared encoding is unknown.
        ElementTree.ParseError: It is no XML.
    """
    data = file.read_bytes()

    def accept(text: str) -> bool:
        try:
            root = ElementTree.fromstring(_without_declaration(text))
        except (ValueError, RecursionError, ElementTree.ParseError):
            return False
        known = (meaning_of((item.findtext("name") or "").strip(), names) for item in root.iter("object"))
        name = _file_name(root)
        return None not in known and (name.isascii() or name in pictures)

    declared = _ENCODING.match(data)
    encoding = declared[1].decode("ascii") if declared else ""
    # Many tools declare UTF-8 and write something else.
    if encoding and encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-16", "unicode"):
        wider = {"gb2312": "gb18030", "gbk": "gb18030", "shift-jis": "cp932", "iso-8859-1": "cp1252"}
        try:
            text = data.decode(wider.get(encoding.lower().replace("_", "-"), encoding))
        except UnicodeDecodeError:
            text = decode(data, accept)
    else:
        text = decode(data, accept)
    return ElementTree.fromstring(_without_declaration(text))


def _without_declaration(text: str) -> str:
    """Takes the XML declaration away: the encoding in it is not that of decoded text."""
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).lstrip()


def _file_name(root: ElementTree.Element) -> str:
    """Returns the name of the picture that an annotation gives, without folders."""
    return (root.findtext("filename") or "").strip().replace("\\", "/").rpartition("/")[2]


def _pictures(path: Path) -> dict[str, Path]:
    """Lists the pictures, by file name, by stem, and by stem in lower case."""
    pictures: dict[str, Path] = {}
    for name in (*_PICTURE_FOLDERS, *_LABEL_FOLDERS):
        folder = path / name
        for picture in sorted(folder.iterdir()) if folder.is_dir() else ():
            if is_picture(picture):
                for key in (picture.name, picture.stem, picture.stem.lower()):
                    pictures.setdefault(key, picture)
    return pictures


def _splits(path: Path) -> dict[str, str]:
    """Reads the split of each picture, by its stem, from `ImageSets/Main`."""
    splits = {}
    for split in ("train", "val", "test"):
        listing = path / "ImageSets" / "Main" / f"{split}.txt"
        if is_file(listing):
            for line in read_text(listing).splitlines():
                if line.strip():
                    name = line.split()[0]
                    splits[Path(name).stem if is_picture(Path(name)) else name] = split
    return splits


def _size(root: ElementTree.Element) -> tuple[float, float] | None:
    """Reads width and height that an annotation gives for its picture; None if it gives none."""
    try:
        width, height = (float(root.findtext(f"size/{key}") or "") for key in ("width", "height"))
    except ValueError:
        return None
    return (width, height) if math.isfinite(width) and math.isfinite(height) else None


def _box(item: ElementTree.Element) -> Box | None:
    """Reads the box of an object; None if it has no area or its corners cannot be read."""
    try:
        x1, y1, x2, y2 = (
            float(item.findtext(f"bndbox/{key}") or "") for key in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError:
        return None
    numbers = (x1, y1, x2, y2)
    if not all(map(math.isfinite, numbers)) or max(map(abs, numbers)) > _MAX_PIXEL or x2 <= x1 or y2 <= y1:
        return None
    return numbers
