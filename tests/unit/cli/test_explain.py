"""`maskwatch explain` on a made picture, with the model that maskwatch ships."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from conftest import Cli, FakeModels
from fakes import BLUE, GREEN
from fakes import scene as squares
from made.scenes import Place, scene
from maskwatch.image_files import save_image


@pytest.mark.slow
def test_a_mask_below_the_nose_is_told_by_the_nose(cli: Cli, tmp_path: Path) -> None:
    save_image(tmp_path / "one.png", scene([Place("nose_out", x=320, y=220, face=140)]).image)
    done = cli("explain", "one.png", "--out", "map.png")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["model"] == "mask_mobilenet.onnx"
    assert "occlusion map" in told["method"]
    (face,) = told["faces"]
    assert face["label"] == "mask_worn_incorrectly"
    assert "nose" in face["parts"]
    assert face["fall"] > 0.2
    assert "The answer rests on" in done.stderr
    drawn = cv2.imread(str(tmp_path / "map.png"))
    assert drawn is not None
    assert (drawn == 255).all(axis=2).any(), "the legend"


def test_one_face_of_several(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    save_image(tmp_path / "two.png", squares({(1, 1): BLUE, (5, 4): GREEN}))
    everyone = json.loads(cli("explain", "two.png", fake_models.options).stdout)["faces"]
    second = json.loads(cli("explain", "two.png", "--face", "2", fake_models.options).stdout)["faces"]
    assert [face["face"] for face in everyone] == [1, 2]
    assert second == [everyone[1]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--face", "2"], "--face 2"),
        (["--classifier", "none"], "no answer to explain"),
        (["--out", "map.gif"], ".png or .jpg"),
        (["--out", "one.png"], "the input itself"),
    ],
)
def test_mistakes_are_told_in_one_line(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, options: list[str], said: str
) -> None:
    save_image(tmp_path / "one.png", squares({(1, 1): BLUE}))
    done = cli("explain", "one.png", fake_models.options, options)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_picture_without_faces_is_no_failure(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    save_image(tmp_path / "none.png", squares({}))
    done = cli("explain", "none.png", fake_models.options)
    assert done.returncode == 0
    assert json.loads(done.stdout)["faces"] == []
    assert "nothing to explain" in done.stderr
