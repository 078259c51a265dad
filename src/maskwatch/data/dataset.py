"""Reads a data set of any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from maskwatch.data.exif_labels import turn_sample
from maskwatch.data.formats.class_folders import class_folders, read_portraits
from maskwatch.data.formats.class_names import split_named
from maskwatch.data.formats.coco import is_coco, read_coco
from maskwatch.data.formats.voc import read_voc, voc_files
from maskwatch.data.formats.yolo import find_yaml, label_file, read_yolo
from maskwatch.data.picture_files import is_picture
from maskwatch.data.sample import Dataset, PortraitSample, Sample
from maskwatch.data.text_files import read_json
from maskwatch.errors import DataError, printable


def read_dataset(path: Path, names: Mapping[str, str] | None = None, before_exif: bool = False) -> Dataset:
    """Reads a data set and finds out its format.

    A file is COCO (`*.json`) or YOLO (`*.yaml`). For a folder, the first of these that fits is taken: YOLO
    with a YAML file; COCO (JSON files in it, in its `annotations/` or in its split folders); Pascal VOC (XML
    files); YOLO with text files only; folders named after the states.

    Args:
        path: File or folder.
        names: Class name in the data set -> one of `maskwatch.data.formats.class_names.MEANINGS`.
        before_exif: Whether boxes were drawn on the stored pictures, before the turn that their EXIF
            orientation asks for. The boxes are turned like the pictures.

    Returns:
        The pictures, each with a `source` (the name of the folder if the data set gives none). Entries that
        cannot be used are left out and listed in `problems`.

    Raises:
        DataError: The path does not exist or cannot be read, the format is not recognised, a class has no
            known meaning, or there is no usable picture.
    """
    problems: list[str] = []
    unusable: set[Path] = set()
    notes: list[str] = []
    try:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder")
        form, samples, portraits = _read(path, names, problems, notes, unusable, before_exif)
    except OSError as error:
        where = path if error.filename is None else error.filename
        raise DataError(f"{where}: cannot be read ({error.strerror or error})") from error
    # Their faces are unknown, and so they are no pictures without faces.
    samples = [sample for sample in samples if sample.path not in unusable]
    if before_exif:
        samples = [turn_sample(sample) for sample in samples]
    if not samples and not portraits:
        first = f"; the first of {len(problems)} problems: {problems[0]}" if problems else ""
        raise DataError(f"{path}: {form} data without a single usable picture{first}")
    source = printable(source_name(path))
    return Dataset(
        form,
        tuple(sample if sample.source else replace(sample, source=source) for sample in samples),
        tuple(portrait if portrait.source else replace(portrait, source=source) for portrait in portraits),
        tuple(map(printable, problems)),
        tuple(map(printable, notes)),
    )


def source_name(path: Path) -> str:
    """Returns the name of a data set: that of its folder, or of the folder above if it only names a split."""
    folder = (path if path.is_dir() else path.parent).resolve()
    return folder.parent.name if split_named(folder.name) else folder.name


def _read(
    path: Path,
    names: Mapping[str, str] | None,
    problems: list[str],
    notes: list[str],
    unusable: set[Path],
    before_exif: bool,
) -> tuple[str, list[Sample], list[PortraitSample]]:
    def yolo() -> tuple[str, list[Sample], list[PortraitSample]]:
        return (
            "YOLO",
            read_yolo(path, names, problems, notes=notes, unusable=unusable, before_exif=before_exif),
            [],
        )

    if not path.is_dir():
        if path.is_file() and path.suffix.lower() == ".json":
            return (
                "COCO",
                read_coco(path, names=names, problems=problems, unusable=unusable, before_exif=before_exif),
                [],
            )
        if path.is_file() and path.suffix.lower() in (".yaml", ".yml"):
            return yolo()
        raise DataError(f"{path}: a data set is a folder, a COCO file (*.json) or a YOLO file (*.yaml)")
    if find_yaml(path):
        return yolo()
    files = coco_files(path)
    if files:
        samples = [
            s
            for file in files
            for s in read_coco(
                file, names=names, problems=problems, unusable=unusable, before_exif=before_exif
            )
        ]
        return "COCO", samples, []
    if voc_files(path):
        return "Pascal VOC", read_voc(path, names, problems, unusable=unusable, before_exif=before_exif), []
    if _has_yolo_labels(path):
        return yolo()
    if class_folders(path, names):
        return "class folders", [], read_portraits(path, names)
    for file in sorted(path.glob("*.json")):
        read_json(file)  # a damaged file is the more likely reason
    raise DataError(
        f"{path}: no data set recognised; looked for COCO (*.json), YOLO (data.yaml or labels/*.txt), Pascal"
        " VOC (*.xml) and folders named with_mask, without_mask, mask_worn_incorrectly (other names:"
        ' --names "theirs=with_mask,...")'
    )


def coco_files(folder: Path) -> list[Path]:
    """Lists the COCO files of a folder: in it and in its `annotations/`, else in its split folders."""
    files = (*sorted(folder.glob("*.json")), *sorted(folder.glob("annotations/*.json")))
    files = files or tuple(sorted(folder.glob("*/*.coco.json")))
    return [file for file in files if is_coco(file)]


def _has_yolo_labels(folder: Path) -> bool:
    """Returns whether any picture in the folder or its subfolders has a label file."""
    return any(is_picture(path) and label_file(path).is_file() for path in folder.rglob("*"))
