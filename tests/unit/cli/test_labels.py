"""Labels and the command line: what is read stays, and what is wrong with it is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image as PIL

from conftest import Cli, FakeModels
from fakes import BLUE, CELL, scene
from labelled import Square, write_coco
from maskwatch.image_files import save_image


@pytest.fixture
def street(tmp_path: Path) -> Path:
    write_coco(tmp_path / "street", [[Square((1, 1), 0, 0)], [Square((2, 1), 1, 1)]])
    return tmp_path / "street"


@pytest.mark.parametrize(
    "arguments",
    [
        ("evaluate", "street", "--json", "street/labels.json"),
        ("evaluate", "street/labels.json", "--json", "street/labels.json"),
        ("evaluate", "street", "--report", "street/0.png"),
        ("evaluate", "street", "--report", "photo.jpg"),
        ("evaluate", "street", "--report", "same", "--json", "same"),
        ("compare", "ssd", "ssd-fast", "--data", "street", "--json", "street/labels.json"),
        ("compare", "ssd", "ssd-fast", "--data", "street", "--report", "photo.jpg"),
        ("data", "check", "street", "--sheet", "street/labels.json"),
        ("data", "audit", "street", "--out", "street/labels.json"),
        ("data", "audit", "street", "--corrections", "list.csv", "--out", "list.csv"),
        ("explain", "photo.jpg", "--out", "photo.jpg"),
        ("card", "ssd", "--figures", "figures.json", "--out", "figures.json"),
        ("export", "model.onnx", "model.onnx", "--openvino"),
        ("train", "detector", "street", "--out", "street"),
    ],
    ids=" ".join,
)
def test_no_result_replaces_what_is_read(
    cli: Cli, street: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    save_image(tmp_path / "photo.jpg", scene({}))
    (tmp_path / "list.csv").write_text("picture,box,state\n0.png,0,face\n")
    (tmp_path / "figures.json").write_text("{}")
    (tmp_path / "model.onnx").write_text("a model")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = cli(*arguments)
    assert done.returncode == 1
    assert "choose another" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "path",
    ["/dev/null", "x" * 5000, "street/0.png", "street/0.png/more", "absent"],
    ids=lambda path: path[:20],
)
@pytest.mark.parametrize(
    "arguments",
    [("evaluate",), ("data", "check"), ("data", "audit"), ("compare", "ssd", "ssd", "--data")],
    ids=" ".join,
)
def test_what_is_no_data_set_is_one_line(
    cli: Cli, street: Path, fake_models: FakeModels, arguments: tuple[str, ...], path: str
) -> None:
    done = cli(*arguments, path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("maskwatch: ")


def test_boxes_before_the_exif_turn(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    image = PIL.fromarray(scene({(2, 1): BLUE})[..., ::-1]).transpose(PIL.Transpose.ROTATE_90)
    exif = PIL.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    x, y, w, h = CELL, 320 - 3 * CELL, CELL, CELL  # where the square is in the stored picture
    picture = {"id": 1, "file_name": "a.png", "width": image.width, "height": image.height}
    content = {
        "images": [picture],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [x, y, w, h]}],
        "categories": [{"id": 1, "name": "with_mask"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(content))
    found = []
    for options in ((), ("--labels-before-exif",)):
        done = cli("evaluate", "labels.json", "--json", "-", *options, fake_models.options)
        assert ("--labels-before-exif" in done.stderr) == (not options)
        (figures,) = json.loads(done.stdout)["figures"]["detection"].values()
        found.append(figures["recall"]["value"])
        assert cli("data", "check", "labels.json", *options).returncode == (not options)
    assert found == [0, 1]


def test_json_is_valid_where_a_class_is_absent(cli: Cli, street: Path, fake_models: FakeModels) -> None:
    done = cli("evaluate", street, "--json", "-", fake_models.options)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(done.stdout, parse_constant=refuse)


def test_names_with_control_characters_are_escaped(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "set\x1b[31m\nname"
    write_coco(folder, [[Square((1, 1), 0, 0)]])
    (folder / "1.png").write_text("no picture")
    content = json.loads((folder / "labels.json").read_text())
    content["images"].append({"id": 1, "file_name": "1.png"})
    content["images"].append({"id": 2, "file_name": "gone\r\x1b[2J.png"})
    (folder / "labels.json").write_text(json.dumps(content))
    done = cli("data", "check", folder)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert "gone\\r\\x1b[2J.png" in done.stderr
    assert len(done.stderr.splitlines()) == 2
