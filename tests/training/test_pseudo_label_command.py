"""`maskwatch data pseudo-label`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import Cli, FakeModels
from fakes import BLUE, GREEN, box, scene
from labelled import Square, write_coco
from made.scenes import Place
from made.scenes import scene as made_scene
from maskwatch.data.formats.coco import read_coco
from maskwatch.detectors.ssd import SSD
from maskwatch.geometry import iou
from maskwatch.image_files import save_image
from maskwatch.training.data import auto_labeller
from maskwatch.training.data.label_cache import AutoLabel, Detect
from maskwatch.types import Image

YUNET = "face_detection_yunet_2026may.onnx"


@pytest.fixture
def options(fake_models: FakeModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fake detector is both models: YuNet's file format has no fake."""

    def load(model: Path) -> Detect:
        detector = SSD(model, 320)

        def detect(image: Image) -> AutoLabel:
            found = detector.detect(image)
            return AutoLabel(found.boxes, found.scores, np.zeros((len(found), 5, 2), np.float32))

        return detect

    monkeypatch.setattr(auto_labeller, "_load", load)
    models = ["--auto-labeller", str(fake_models.detector), "--detector", str(fake_models.detector)]
    return [*models, "--cache", str(tmp_path / "cache")]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Two pictures of two faces; one of the four is labelled."""
    faces = [Square((1, 1), 0, 0), Square((5, 3), 1, None)]
    others = [Square((2, 2), 1, None), Square((7, 5), 0, None)]
    return write_coco(tmp_path / "data", [faces, others], ["one", "two"])


def test_unlabelled_faces_are_added(cli: Cli, labels: Path, options: list[str], tmp_path: Path) -> None:
    before = labels.read_bytes()
    done = cli("data", "pseudo-label", labels, "--out", "new/pseudo.json", options)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == "new/pseudo.json: 3 faces added in 2 pictures"
    first, second = read_coco(tmp_path / "new" / "pseudo.json")
    assert first.states.tolist() == [0, -1]
    np.testing.assert_allclose(first.boxes, [box(1, 1), box(5, 3)], atol=2)
    np.testing.assert_allclose(sorted(second.boxes.tolist()), [box(2, 2), box(7, 5)], atol=2)
    assert labels.read_bytes() == before


def test_one_source_only(cli: Cli, labels: Path, options: list[str], tmp_path: Path) -> None:
    done = cli("data", "pseudo-label", labels, "--out", "p.json", "--source", "two", options)
    assert done.stderr.splitlines()[-1] == "p.json: 2 faces added in 1 pictures"


def test_a_folder_with_a_damaged_picture(cli: Cli, options: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "faces"
    save_image(folder / "a.png", scene({(3, 3): BLUE}))
    save_image(folder / "b.png", scene({(3, 3): GREEN}))
    whole = (folder / "b.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("no picture")
    done = cli("data", "pseudo-label", folder, "--out", "p.json", options)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert [name for name in ("cut.png", "text.jpg") if f"{name}: " not in done.stderr] == []
    assert len(json.loads((tmp_path / "p.json").read_text())["annotations"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.json", "--out", "p.json"], "missing.json: "),
        (["empty", "--out", "p.json"], "empty: no picture to label"),
        (["text.json", "--out", "p.json"], "text.json: not a readable JSON file"),
        (["other.json", "--out", "p.json"], "not a COCO file"),
        (["data/labels.json", "--out", "p.json", "--source", "three"], "no picture of three to label"),
        (["data/labels.json", "--out", "data/labels.json"], "this is the input itself"),
        (["data/labels.json", "--out", "data/0.png"], "choose another place"),
        (["broken", "--out", "p.json"], "no picture to label; broken/0.png: "),
        (["cut.json", "--out", "p.json"], "not one picture can be read; the first: "),
        (["data/labels.json", "--out", "p.json", "--detector", "nosuch"], "--detector takes shipped"),
        (["data/labels.json", "--out", "p.json", "--auto-labeller", "no"], "--auto-labeller takes yunet"),
        (["data/labels.json", "--out", "p.json", "--detector", "text.json"], "text.json"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_written(
    cli: Cli, labels: Path, options: list[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "0.png").write_text("no picture")
    content = json.loads(labels.read_text()) | {"images": [{"id": 0, "file_name": "broken/0.png"}]}
    (tmp_path / "cut.json").write_text(json.dumps(content))
    (tmp_path / "text.json").write_text("hello")
    (tmp_path / "other.json").write_text('{"images": []}')
    before = {path: path.read_bytes() for path in labels.parent.iterdir()}
    done = cli("data", "pseudo-label", options, arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("maskwatch: ")]) == 1
    assert {path: path.read_bytes() for path in labels.parent.iterdir()} == before
    assert not (tmp_path / "p.json").exists()


def test_two_real_detectors_agree_on_made_faces(cli: Cli, shared: Path, tmp_path: Path) -> None:
    made = made_scene([Place("none", x=180, y=200), Place("correct", x=440, y=220)])
    save_image(tmp_path / "faces" / "a.png", made.image)
    yunet = shared / "weights" / "others" / YUNET
    done = cli("data", "pseudo-label", "faces", "--out", "p.json", "--auto-labeller", yunet)
    assert done.stderr.splitlines()[-1] == "p.json: 2 faces added in 1 pictures"
    (sample,) = read_coco(tmp_path / "p.json")
    assert (iou(made.boxes, sample.boxes).max(1) > 0.5).all()
