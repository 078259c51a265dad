from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes import scene
from maskwatch.data.dataset import read_dataset
from maskwatch.errors import DataError
from maskwatch.image_files import save_image

COCO = {
    "images": [{"id": 1, "file_name": "a.png"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}],
    "categories": [{"id": 1, "name": "with_mask"}],
}
VOC = (
    "<annotation><object><name>with_mask</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31</xmax>"
    "<ymax>42</ymax></bndbox></object></annotation>"
)


def put(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        save_image(path, scene({}))
    else:
        path.write_text(text)


LAYOUTS: dict[str, tuple[str, dict[str, str]]] = {
    "coco beside": ("COCO", {"a.png": "", "labels.json": json.dumps(COCO), "other.json": "[]"}),
    "coco annotations": ("COCO", {"images/a.png": "", "annotations/instances.json": json.dumps(COCO)}),
    "coco roboflow": ("COCO", {"train/a.png": "", "train/_annotations.coco.json": json.dumps(COCO)}),
    "voc": ("Pascal VOC", {"images/a.png": "", "annotations/a.xml": VOC}),
    "yolo yaml": (
        "YOLO",
        {
            "images/train/a.png": "",
            "labels/train/a.txt": "0 0.05 0.0917 0.09375 0.16667",
            "data.yaml": "train: images/train\nnames: [with_mask]",
        },
    ),
    "yolo plain": (
        "YOLO",
        {"images/a.png": "", "labels/a.txt": "0 .05 .0917 .0938 .1667", "classes.txt": "mask"},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_boxed_forms_are_recognised(tmp_path: Path, layout: str) -> None:
    form, files = LAYOUTS[layout]
    for name, text in files.items():
        put(tmp_path / "street" / name, text)
    dataset = read_dataset(tmp_path / "street")
    assert dataset.form == form
    assert not dataset.problems
    (sample,) = dataset.samples
    assert sample.path.name == "a.png"
    assert sample.boxes[0].tolist() == pytest.approx([1, 2, 31, 42], abs=0.1)
    assert sample.states.tolist() == [0]
    assert sample.source == "street"
    assert len(dataset) == 1


def test_class_folders_are_recognised_and_divided(tmp_path: Path) -> None:
    for name in ("train/with_mask/a.png", "val/with_mask/b.png", "val/without_mask/c.png"):
        put(tmp_path / "people" / name)
    dataset = read_dataset(tmp_path / "people")
    assert dataset.form == "class folders"
    assert dataset.splits == ["train", "val"]
    assert {portrait.path.name for portrait in dataset.part("val").portraits} == {"b.png", "c.png"}
    # A folder that only names a split lends no name.
    assert {portrait.source for portrait in read_dataset(tmp_path / "people" / "val").portraits} == {"people"}


def test_a_file(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    put(tmp_path / "labels.json", json.dumps(COCO))
    assert read_dataset(tmp_path / "labels.json").form == "COCO"
    with pytest.raises(DataError, match="a data set is a folder, a COCO file"):
        read_dataset(tmp_path / "a.png")


def test_what_is_not_recognised_says_what_was_looked_for(tmp_path: Path) -> None:
    put(tmp_path / "holidays" / "a.png")
    with pytest.raises(
        DataError, match=r"no data set recognised; looked for COCO.*YOLO.*Pascal VOC.*with_mask"
    ):
        read_dataset(tmp_path)
    with pytest.raises(DataError, match="no such file or folder"):
        read_dataset(tmp_path / "absent")


def test_labels_without_pictures(tmp_path: Path) -> None:
    put(tmp_path / "labels.json", json.dumps(COCO))
    with pytest.raises(
        DataError, match=r"COCO data without a single usable picture; .*a\.png: no such picture"
    ):
        read_dataset(tmp_path)


def test_problems_are_kept(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    more = {"id": 2, "file_name": "gone.png"}
    put(tmp_path / "labels.json", json.dumps({**COCO, "images": [*COCO["images"], more]}))
    dataset = read_dataset(tmp_path)
    assert len(dataset.samples) == 1
    assert len(dataset.problems) == 1
