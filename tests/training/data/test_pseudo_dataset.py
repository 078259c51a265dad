"""Pseudo-labels join the labels of a COCO file: what is there stays, what is odd does no harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import scene
from maskwatch.data.formats.coco import read_coco
from maskwatch.errors import DataError
from maskwatch.image_files import save_image
from maskwatch.training.data.pseudo_dataset import Listing, add_pseudo_labels, read_listing
from maskwatch.types import Faces

Row = tuple[float, float, float, float, float]


def faces(*rows: Row) -> Faces:
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Faces(table[:, :4], table[:, 4])


def write(folder: Path, images: list[dict[str, Any]], annotations: list[dict[str, Any]], **more: Any) -> Path:
    for name in ("a", "b"):
        save_image(folder / f"{name}.png", scene({}))
    file = folder / "labels.json"
    categories = more.pop("categories", [{"id": 1, "name": "with_mask"}, {"id": 4, "name": "face"}])
    file.write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories, **more})
    )
    return file


A, B = {"id": 1, "file_name": "a.png", "source": "one"}, {"id": "b", "file_name": "b.png", "source": "two"}
BOX = {"id": 7, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20]}
SURE, DOUBTFUL = (100.0, 100.0, 140.0, 150.0, 0.95), (200.0, 100.0, 240.0, 150.0, 0.5)


def add(listing: Listing, folder: Path, *rows: Row, anew: bool = False) -> tuple[dict[str, Any], int]:
    """Both detectors find these faces in every picture."""
    found = dict.fromkeys(listing.files.values(), faces(*rows))
    return add_pseudo_labels(listing, found, found, folder, anew)


def test_faces_are_added_and_read_again(tmp_path: Path) -> None:
    listing = read_listing(write(tmp_path, [A, B], [BOX], info={"year": 2020}))
    content, added = add(listing, tmp_path / "out", SURE, DOUBTFUL, (11, 11, 29, 31, 0.99))
    assert added == 3
    assert content["info"] == {"year": 2020}
    assert [row["id"] for row in content["annotations"]] == [7, 8, 9, 10, 11, 12]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "new.json").write_text(json.dumps(content))
    first, second = read_coco(tmp_path / "out" / "new.json")
    assert first.path.samefile(tmp_path / "a.png")
    assert first.states.tolist() == [0, -1, -1]
    assert first.ignore.tolist() == [False, False, True]
    assert first.boxes[1].tolist() == [100, 100, 140, 150]
    assert second.ignore.tolist() == [False, True, False]  # nobody labelled that face there
    assert [row.get("score") for row in content["annotations"]] == [None, 0.95, 0.5, 0.95, 0.5, 0.99]


def test_only_pictures_of_the_named_sources_are_labelled(tmp_path: Path) -> None:
    listing = read_listing(write(tmp_path, [A, B], [BOX]), ["two"])
    assert listing.pictures == [tmp_path / "b.png"]
    content, added = add(listing, tmp_path, SURE)
    assert (added, len(content["images"])) == (1, 2)
    assert content["annotations"][0] == BOX
    assert content["annotations"][1]["image_id"] == "b"


def test_labels_of_machines_are_replaced_if_asked_in_those_pictures_only(tmp_path: Path) -> None:
    by_machine = {"id": 8, "image_id": 1, "category_id": 4, "bbox": [60, 60, 20, 20], "score": 0.4}
    other = by_machine | {"id": 9, "image_id": "b"}
    file = write(tmp_path, [A, B], [BOX, by_machine, other])
    kept, _ = add(read_listing(file), tmp_path)
    assert [row["id"] for row in kept["annotations"]] == [7, 8, 9]
    anew, _ = add(read_listing(file, ["one"]), tmp_path, SURE, anew=True)
    assert [row["id"] for row in anew["annotations"]] == [7, 9, 10]


def test_pictures_at_which_nobody_could_look_stay_as_they_are(tmp_path: Path) -> None:
    listing = read_listing(write(tmp_path, [A, B], [BOX | {"score": 1}]))
    content, added = add_pseudo_labels(listing, {}, {}, tmp_path, anew=True)
    assert added == 0
    assert content["annotations"] == [BOX | {"score": 1}]


def test_heads_bound_the_faces(tmp_path: Path) -> None:
    heads = [[95, 95, 60, 60], [300, 100, 15, 20], "no box", [1, 2, 3]]
    listing = read_listing(write(tmp_path, [A | {"heads": heads}], []))
    content, added = add(listing, tmp_path, SURE, DOUBTFUL)
    assert added == 1
    rows = [(row["bbox"], row["ignore"]) for row in content["annotations"]]
    assert rows == [([100, 100, 40, 50], 0), ([200, 100, 40, 50], 1), ([300, 100, 15, 20], 1)]


def test_a_file_without_the_category_gets_it(tmp_path: Path) -> None:
    categories = [{"id": "x", "name": "with_mask"}, {"id": 3, "name": "without_mask"}]
    content, _ = add(read_listing(write(tmp_path, [A], [], categories=categories)), tmp_path, SURE)
    assert content["categories"][-1] == {"id": 4, "name": "face"}
    assert content["annotations"][0]["category_id"] == 4


def test_odd_entries_do_no_harm(tmp_path: Path) -> None:
    """Ids that are texts or missing, boxes that are none, pictures that are not there."""
    images: list[dict[str, Any]] = [A, {"file_name": "b.png"}, {"id": 3, "file_name": "gone.png"}]
    annotations: list[dict[str, Any]] = [
        *({"id": "seven", "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20]}, {"image_id": 1}),
        *({"id": 2, "image_id": 1, "bbox": [1, 2]}, {"id": 5, "image_id": 3, "bbox": [0, 0, 9, 9]}),
    ]
    listing = read_listing(write(tmp_path, images, annotations))
    assert listing.problems == [f"{tmp_path / 'labels.json'}: 2 pictures were not found; left out"]
    content, added = add(listing, tmp_path, SURE, (10, 10, 30, 30, 0.99))
    assert added == 1
    assert content["annotations"][:3] == annotations[:3]
    assert [row["id"] for row in content["annotations"][3:]] == [3]
    assert content["images"] == [A]


def test_a_folder_of_pictures_needs_no_labels(tmp_path: Path) -> None:
    write(tmp_path / "faces", [], [])
    (tmp_path / "faces" / "c.png").write_text("no picture")
    listing = read_listing(tmp_path / "faces", ["faces"])
    assert listing.pictures == [tmp_path / "faces" / "a.png", tmp_path / "faces" / "b.png"]
    assert len(listing.problems) == 1
    assert "c.png" in listing.problems[0]
    content, added = add(listing, tmp_path, SURE)
    assert added == 2
    assert [image["file_name"] for image in content["images"]] == ["faces/a.png", "faces/b.png"]
    assert content["images"][0] | {"id": 1} == {
        "id": 1,
        "file_name": "faces/a.png",
        "width": 320,
        "height": 240,
        "source": "faces",
    }


def test_nothing_to_label_is_one_clear_line(tmp_path: Path) -> None:
    file = write(tmp_path, [A], [])
    with pytest.raises(DataError, match=r"labels\.json: no picture of three, four to label"):
        read_listing(file, ["three", "four"])
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match=r"no picture to label; .*1 pictures were not found"):
        read_listing(file)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: no picture to label"):
        read_listing(tmp_path / "empty")
