from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fakes import scene
from labelled import Square, write_coco
from maskwatch.data.protect import refuse_data_folder, refuse_inputs
from maskwatch.errors import SinkError
from maskwatch.image_files import save_image


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    write_coco(folder, [[Square((1, 1), 0, 0)]])
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("0 0.5 0.5 0.1 0.1")
    (folder / "figures.json").write_text("{}")
    (folder / "page.html").write_text("")
    save_image(tmp_path / "else.png", scene({}))
    (tmp_path / "model.onnx").write_text("")
    (tmp_path / "list.csv").write_text("picture")
    os.symlink(folder / "labels.json", tmp_path / "link.json")
    return folder


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("set/labels.json", "holds labels"),
        ("set/labels/a.txt", "belongs to the data"),
        ("set/../set/labels/a.txt", "belongs to the data"),
        ("set/0.png", "a picture or a model"),
        ("else.png", "a picture or a model"),
        ("model.onnx", "a picture or a model"),
        ("list.csv", "this is the input itself"),
        ("link.json", "holds labels"),
    ],
)
def test_what_is_read_is_never_written_over(data: Path, name: str, reason: str) -> None:
    path = data.parent / name
    with pytest.raises(SinkError, match=reason):
        refuse_inputs([None, path], [data], [data.parent / "list.csv", "ssd", None, ""])
    with pytest.raises(SinkError):
        refuse_inputs([path], [data / "labels.json"], [data.parent / "list.csv"])


def test_other_results_may_lie_anywhere(data: Path) -> None:
    outputs = [
        data / "figures.json",
        data / "page.html",
        data / "new.txt",
        data.parent / "new.json",
        Path("-"),
    ]
    refuse_inputs(outputs, [data], [data.parent / "model.onnx"])


def test_one_file_for_two_results(data: Path) -> None:
    with pytest.raises(SinkError, match="named for two results"):
        refuse_inputs([data / "new.json", data / "x" / ".." / "new.json"], [data])


def test_pictures_and_models_may_replace_older_ones(data: Path) -> None:
    refuse_inputs([data.parent / "else.png", data.parent / "model.onnx"], [], [], any_kind=True)
    for inputs in ([data], []):
        with pytest.raises(SinkError):
            refuse_inputs([data / "0.png"], inputs, [data / "0.png"], any_kind=True)


def test_a_data_set_is_no_folder_for_a_run(data: Path) -> None:
    refuse_data_folder(data.parent / "runs", [data, None])
    with pytest.raises(SinkError, match="this is the data that is read"):
        refuse_data_folder(data.parent / "set", [None, data])


def test_a_name_that_no_file_can_have(data: Path) -> None:
    refuse_inputs([Path("x" * 5000), Path("a\0b")], [data, Path("y" * 5000)], ["a\0b"])


def test_labels_are_told_from_other_json(data: Path) -> None:
    (data / "figures.json").write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    with pytest.raises(SinkError, match="holds labels"):
        refuse_inputs([data / "figures.json"], [])
