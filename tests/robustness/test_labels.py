"""Damaged and hostile files: whatever they hold, the answer is a data set, or one clear line."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.robustness.fuzzing.mutation import mutated_text, mutated_values
from fakes import DETECTOR, scene, write_detector
from maskwatch.data.collection import Collection
from maskwatch.data.corrections import read_corrections
from maskwatch.data.dataset import read_dataset
from maskwatch.errors import MaskwatchError, ModelError, printable
from maskwatch.image_files import save_image
from maskwatch.models.metadata import parse, read_json
from maskwatch.models.runtime import open_model
from maskwatch.settings import load_settings

ROUNDS = 150

COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 320, "height": 240, "source": "x", "group": "g"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "iscrowd": 0}],
    "categories": [{"id": 1, "name": "with_mask", "supercategory": "none"}],
}
VOC = (
    '<?xml version="1.0" encoding="utf-8"?>\n<annotation><filename>a.png</filename><size><width>320</width>'
    "<height>240</height></size><object><name>with_mask</name><difficult>0</difficult><bndbox><xmin>1</xmin>"
    "<ymin>2</ymin><xmax>31</xmax><ymax>42</ymax></bndbox></object></annotation>"
)
ROWS = "0 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.2 0.2 0.45 0.45 2 0.55 0.55 2\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n"
YAML = "path: .\ntrain: images\nval: images\nnc: 1\nnames:\n  0: with_mask\nkpt_shape: [2, 3]\n"
LIST = "picture,box,state\na.png,0,with_mask\na.png,,ignore\n"
SETTINGS = "[detect]\nthreshold = 0.5\nsize = 640\n[sources]\ntimeout = 3.0\n[alerts]\nafter = 2\n"


def is_fine(run: Callable[[], object]) -> None:
    """Runs something that may only fail with one line."""
    try:
        run()
    except MaskwatchError as error:
        message = str(error)
        assert printable(message) == message, repr(message)


def check(path: Path) -> None:
    """Reads a data set, and checks that what comes out is sound."""

    def run() -> None:
        dataset = read_dataset(path, before_exif=False)
        for sample in dataset.samples:
            assert np.isfinite(sample.boxes).all()
            assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()
            assert printable(sample.source) == sample.source
        for line in (*dataset.problems, *dataset.notes):
            assert printable(line) == line, repr(line)

    is_fine(run)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    save_image(tmp_path / "images" / "a.png", scene({}))
    return tmp_path


@pytest.mark.filterwarnings("error")
def test_coco(folder: Path) -> None:
    chance = random.Random(0)
    path = folder / "labels.json"
    for number in range(2 * ROUNDS):
        if number % 2:
            path.write_text(_json(mutated_values(COCO, chance)), encoding="utf-8", errors="surrogatepass")
        else:
            path.write_bytes(mutated_text(json.dumps(COCO).encode(), chance))
        check(path)
        check(folder)
        is_fine(Collection(folder).counts)


@pytest.mark.parametrize(
    ("name", "text", "others"),
    [
        ("annotations/a.xml", VOC, {}),
        ("labels/a.txt", ROWS, {"classes.txt": "with_mask\n"}),
        ("classes.txt", "with_mask\nwithout_mask\n", {"labels/a.txt": ROWS}),
        ("data.yaml", YAML, {"labels/a.txt": ROWS}),
        ("list.txt", "images/a.png\nimages/b.png\n", {"data.yaml": "train: list.txt\nnames: [face]\n"}),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
@pytest.mark.filterwarnings("error")
def test_text(folder: Path, name: str, text: str, others: dict[str, str]) -> None:
    chance = random.Random(1)
    for other, content in {"labels/a.txt": ROWS, **others}.items() if not name.endswith("xml") else ():
        (folder / other).parent.mkdir(exist_ok=True)
        (folder / other).write_text(content)
    (folder / name).parent.mkdir(exist_ok=True)
    for _ in range(ROUNDS):
        (folder / name).write_bytes(mutated_text(text.encode(), chance))
        check(folder)


def test_lists_and_settings(folder: Path) -> None:
    chance = random.Random(2)
    path = folder / "file"
    for _ in range(ROUNDS):
        path.write_bytes(mutated_text(LIST.encode(), chance))
        is_fine(lambda: read_corrections(path))
        path.write_bytes(mutated_text(SETTINGS.encode(), chance))
        is_fine(lambda: load_settings(path))


def test_metadata_of_models() -> None:
    chance = random.Random(3)
    text = json.dumps(DETECTOR)
    for number in range(3 * ROUNDS):
        if number % 2:
            changed = _json(mutated_values(DETECTOR, chance))
        else:
            changed = mutated_text(text.encode(), chance).decode("latin-1")

        def run(changed: str = changed) -> None:
            entry = read_json(changed, "x.onnx")
            json.dumps(entry, allow_nan=False)
            parse(entry, "detector", "x.onnx")

        is_fine(run)


def test_files_of_models(tmp_path: Path) -> None:
    chance = random.Random(4)
    path = tmp_path / "a.onnx"
    data = write_detector(path).read_bytes()
    for _ in range(ROUNDS):
        path.write_bytes(mutated_text(data, chance))
        is_fine(lambda: open_model(path))
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError):
        open_model(path)


def _json(value: Any) -> str:
    """Returns JSON text, with the NaN and Infinity that other programs write."""
    return json.dumps(value, ensure_ascii=False)
