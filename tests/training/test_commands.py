"""From a folder of pictures to a model that `maskwatch` uses, by the commands that a user types."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maskwatch.build import load
from maskwatch.cli import program
from maskwatch.data.sample import Sample
from maskwatch.errors import MaskwatchError
from maskwatch.sources.images import read_image
from maskwatch.training.pictures import Pictures
from maskwatch.types import LABELS

World = tuple[list[Sample], list[Sample], Pictures]
TINY = ["--set", "steps=2", "--set", "batch=2", "--set", "width=0.35"]


def run(*arguments: object) -> None:
    result = CliRunner().invoke(program, [str(a) for a in arguments], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


@pytest.fixture
def coco(world: World, tmp_path: Path) -> Path:
    pictures: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, sample in enumerate(world[0]):
        pictures.append({"id": number, "file_name": str(sample.path), "width": 160, "height": 128})
        for (x1, y1, x2, y2), state in zip(sample.boxes.tolist(), sample.states.tolist(), strict=True):
            row = {"id": len(annotations), "image_id": number, "category_id": state, "iscrowd": 0}
            annotations.append(row | {"bbox": [x1, y1, x2 - x1, y2 - y1]})
    categories = [{"id": number, "name": label} for number, label in enumerate(LABELS)]
    file = tmp_path / "boxes.json"
    file.write_text(json.dumps({"images": pictures, "annotations": annotations, "categories": categories}))
    return file


@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        ("detector", ["--set", "channels=16", "--set", "crops.size=64", "--no-report"]),
        ("classifier", ["--set", "faces.size=32"]),
    ],
)
def test_train_and_export_make_a_model_that_load_takes(
    kind: str, extra: list[str], coco: Path, tmp_path: Path, world: World
) -> None:
    out = tmp_path / "run"
    run("train", kind, coco, "--out", out, "--start", "none", "--cache", tmp_path / "cache", *TINY, *extra)
    assert (out / "model.onnx").is_file() == (out / "recipe.toml").is_file() == (kind == "classifier")
    run("export", out, tmp_path / "own.onnx")
    named = {kind: str(tmp_path / "own.onnx")}
    engine = load(**named, live=True)  # type: ignore[arg-type]
    faces = engine.detect(read_image(world[0][0].path))
    assert faces.boxes.shape == (len(faces), 4)


def test_a_calibration_for_a_detector_is_refused(tmp_path: Path, coco: Path) -> None:
    from maskwatch.training import checkpoint

    checkpoint.save(tmp_path / "c.pt", {"kind": "detector"})
    with pytest.raises(MaskwatchError, match="--calibrate is for classifiers"):
        run("export", tmp_path / "c.pt", tmp_path / "d.onnx", "--calibrate", coco)


def test_an_absent_teacher_is_one_clear_line(tmp_path: Path, coco: Path) -> None:
    with pytest.raises(MaskwatchError, match=r"nosuch\.onnx: no such file"):
        run("train", "detector", coco, "--teacher", "nosuch.onnx", "--out", tmp_path)
