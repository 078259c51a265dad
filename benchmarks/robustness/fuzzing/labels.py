"""Label files: COCO, Pascal VOC, YOLO, lists of corrections, class names."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.robustness.fuzzing.kind import Kind
from benchmarks.robustness.fuzzing.mutation import mutated_text, mutated_values
from maskwatch.data.check import check_dataset
from maskwatch.data.corrections import apply_corrections, read_corrections
from maskwatch.data.dataset import read_dataset
from maskwatch.data.formats.class_names import MEANINGS, parse_names
from maskwatch.errors import printable
from maskwatch.image_files import save_image

COCO: Final[dict[str, Any]] = {
    "images": [{"id": 1, "file_name": "a.png", "width": 320, "height": 240, "source": "x", "group": "g"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "iscrowd": 0}],
    "categories": [{"id": 1, "name": "with_mask", "supercategory": "none"}],
}
VOC: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n<annotation><filename>a.png</filename><size><width>320</width>'
    "<height>240</height></size><object><name>with_mask</name><difficult>0</difficult><bndbox><xmin>1</xmin>"
    "<ymin>2</ymin><xmax>31</xmax><ymax>42</ymax></bndbox></object></annotation>"
)
ROWS: Final = (
    "0 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.2 0.2 0.45 0.45 2 0.55 0.55 2\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n"
)
YAML: Final = "path: .\ntrain: images\nval: images\nnc: 1\nnames:\n  0: with_mask\nkpt_shape: [2, 3]\n"
LIST: Final = "picture,box,state\na.png,0,with_mask\na.png,,ignore\n"

_BOUNDARY: Final = b"\x00\x01two files\x01\x00"


def _text_mutations(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return mutated_text(data, chance)


def _json_mutations(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Damages the values of a JSON file, or, as often, its bytes."""
    if chance.random() < 0.5:
        return mutated_text(data, chance)
    return json.dumps(mutated_values(json.loads(data), chance)).encode("ascii", "backslashreplace")


def _folder(folder: Path, files: dict[str, bytes]) -> Path:
    """Makes a data set of these files and a picture."""
    place = folder / "set"
    picture = folder / "a.png"
    if not picture.is_file():
        save_image(picture, np.full((24, 32, 3), 127, np.uint8))
    shutil.rmtree(place, ignore_errors=True)
    for name, data in {"a.png": picture.read_bytes(), **files}.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return place


def check_sound(path: Path) -> None:
    """Reads a data set, and checks that what comes out is sound."""
    dataset = read_dataset(path)
    for sample in dataset.samples:
        assert np.isfinite(sample.boxes).all()
        assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()
        assert printable(sample.source) == sample.source
    for line in (*dataset.problems, *dataset.notes):
        assert printable(line) == line, f"not one printable line: {line!r}"
    check_dataset(dataset)
    read_dataset(path, before_exif=True)


def _coco(data: bytes, folder: Path) -> None:
    check_sound(_folder(folder, {"labels.json": data}))


def _voc(data: bytes, folder: Path) -> None:
    check_sound(_folder(folder, {"a.xml": data}))


def _yolo(data: bytes, folder: Path) -> None:
    yaml, _, rows = data.partition(_BOUNDARY)
    moved = _folder(folder, {"images/a.png": b"", "labels/a.txt": rows, "data.yaml": yaml})
    shutil.copyfile(folder / "a.png", moved / "images" / "a.png")
    check_sound(moved)


def _lists(data: bytes, folder: Path) -> None:
    place = _folder(folder, {"labels.json": json.dumps(COCO).encode(), "list.csv": data})
    corrections = read_corrections(place / "list.csv")
    dataset = read_dataset(place)
    apply_corrections(dataset.samples, dataset.portraits, corrections)


def _class_names(data: bytes, folder: Path) -> None:
    for ours in parse_names(data.decode("utf-8", "replace")).values():
        assert ours in MEANINGS


def _seeds(*texts: str | bytes) -> Callable[[Path], Sequence[bytes]]:
    return lambda folder: [text.encode() if isinstance(text, str) else text for text in texts]


LABELS: Final = (
    Kind("labels-coco", _seeds(json.dumps(COCO)), _json_mutations, _coco),
    Kind("labels-voc", _seeds(VOC), _text_mutations, _voc),
    Kind("labels-yolo", _seeds(YAML.encode() + _BOUNDARY + ROWS.encode()), _text_mutations, _yolo),
    Kind("labels-corrections", _seeds(LIST, LIST.replace(",", ";")), _text_mutations, _lists),
    Kind("class-names", _seeds("masked=with_mask,bare=without_mask"), _text_mutations, _class_names, 0.3),
)
"""Files of labels, and the option that says what their classes mean."""
