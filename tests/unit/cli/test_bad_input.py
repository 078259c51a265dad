"""What goes wrong is answered by one clear line; the rest goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image as PIL

from clips import huge_png, write_clip
from conftest import Cli, FakeModels
from fakes import BLUE, box, scene, write_detector
from maskwatch.image_files import encode_image, save_image


def undecodable(path: Path) -> None:
    data = bytearray(write_clip(path, [scene({})] * 5).read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[start:end] = b"\xff" * (end - start)
    path.write_bytes(data)


NOISE = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)

BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing.jpg": (lambda path: None, "no such file or folder"),
    "empty.jpg": (lambda path: path.touch(), "the file is empty"),
    "truncated.jpg": (lambda path: path.write_bytes(encode_image(NOISE)[:9000]), "damaged picture"),
    "text.jpg": (lambda path: path.write_text("hello " * 99), "not a picture"),
    "huge.png": (
        lambda path: path.write_bytes(huge_png()),
        "20000 x 20000 pixels are more than",
    ),
    "empty.mp4": (lambda path: path.touch(), "the file is empty"),
    "text.mp4": (lambda path: path.write_text("hello " * 99), "not a video"),
    "noise.mp4": (undecodable, "no frame of this video can be decoded"),
    "folder": (lambda path: path.mkdir(), "no pictures or videos in this folder"),
    "*.tiff": (lambda path: None, "no picture or video matches"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_is_told_and_the_rest_goes_on(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, name: str
) -> None:
    make, message = BROKEN[name]
    make(tmp_path / name)
    save_image(tmp_path / "good.png", scene({(2, 1): BLUE}))
    done = cli("detect", name, "good.png", "--save", "out", fake_models.options)
    assert done.returncode == 1
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["good.png"]
    lines = done.stderr.splitlines()
    assert lines[0] == "1 picture, 1 face: 1 masked, 0 unmasked, 0 worn wrongly, 0 uncertain"
    assert lines[-2] == "1 failed:"
    assert lines[-1].startswith(f"  {name}: ")
    assert message in lines[-1]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.png"]


def test_all_at_once_are_listed(process: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    for name, (make, _) in BROKEN.items():
        make(tmp_path / name)
    done = process("detect", *BROKEN, fake_models.options)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{len(BROKEN)} failed:" in done.stderr
    assert all(f"  {name}: " in done.stderr for name in BROKEN)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "save",
    [
        lambda path: PIL.fromarray(scene({(2, 1): BLUE})[..., ::-1]).convert("L").save(path),
        lambda path: PIL.fromarray(scene({(2, 1): BLUE})[..., 0].astype(np.uint16) * 257).save(path),
        lambda path: PIL.fromarray(scene({(2, 1): BLUE})[..., ::-1]).convert("RGBA").save(path),
    ],
    ids=["grey", "16 bit", "alpha"],
)
def test_unusual_pictures_are_read(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, save: Callable[[Path], None]
) -> None:
    save(tmp_path / "a.png")
    done = cli("detect", "a.png", fake_models.options)
    assert done.returncode == 0
    line = json.loads(done.stdout)
    assert (line["width"], line["height"]) == (320, 240)
    with PIL.open(tmp_path / "a.png") as picture:
        colourful = picture.mode == "RGBA"
    assert [face["box"] for face in line["faces"]] == ([box(2, 1)] if colourful else [])


def foreign(path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--detector", "sdd"], "unknown detector 'sdd': did you mean ssd?"),
        (["--classifier", "mobile"], "unknown classifier 'mobile': did you mean mobilenet?"),
        (["--detector", "nowhere.onnx"], "nowhere.onnx: no such model file"),
        (["--detector", "damaged.onnx"], "damaged.onnx: damaged, or no ONNX model"),
        (["--detector", "foreign.onnx"], "foreign.onnx: an ONNX model, but none of maskwatch"),
        (["--classifier", "detector.onnx"], "detector.onnx: a detector, where a classifier is needed"),
        (["--detector", "yunet=foreign.onnx"], "foreign.onnx: OpenCV cannot use it as YuNet"),
        (["--detector", "yunet"], "MASKWATCH_OFFLINE forbids fetching it"),
        (["--output", "taken/out.jsonl"], "out.jsonl: cannot be written"),
    ],
)
def test_models_and_places_of_no_use(cli: Cli, tmp_path: Path, arguments: list[str], message: str) -> None:
    save_image(tmp_path / "a.png", scene({}))
    write_detector(tmp_path / "detector.onnx")
    (tmp_path / "damaged.onnx").write_bytes((tmp_path / "detector.onnx").read_bytes()[:300])
    foreign(tmp_path / "foreign.onnx")
    (tmp_path / "taken").touch()
    done = cli("detect", "a.png", arguments, MASKWATCH_OFFLINE="1", MASKWATCH_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("maskwatch: ")
    assert message in line


@pytest.mark.parametrize(
    ("text", "message"),
    [("[detect]\ntypo = 1", "unknown setting detect.typo"), ("[detect", "not a readable TOML file")],
)
def test_settings_of_no_sense(cli: Cli, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "maskwatch.toml").write_text(text)
    done = cli("detect", "a.png")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["detect"],
        ["detect", "a.png", "--threshold", "2"],
        ["detect", "a.png", "--format", "xml"],
        ["detect", "a.png", "--size", "3"],
        ["watch"],
        ["unheard-of"],
        [],
    ],
)
def test_wrong_usage(cli: Cli, arguments: list[str]) -> None:
    done = cli(arguments)
    assert done.returncode == 2
    assert "Usage: " in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_unwritable_folder_fails_each_file(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", scene({(2, 1): BLUE}))
    (tmp_path / "taken").touch()
    done = cli("detect", "a.png", "--save", "taken/out", fake_models.options)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_file_name_in_no_encoding(process: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    name = os.fsdecode(b"odd\xff.png")
    try:
        save_image(tmp_path / name, scene({(2, 1): BLUE}))
    except OSError:
        pytest.skip("this file system takes only names in an encoding")
    done = process("detect", name, "gone" + name, fake_models.options)
    assert done.returncode == 1
    assert json.loads(done.stdout)["source"] == name
    assert "no such file" in done.stderr
