"""From a folder of pictures to a model that `maskwatch` uses, by the commands that a user types."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

from labelled import write_crops
from maskwatch.cli import program
from maskwatch.data.sample import Sample
from maskwatch.errors import MaskwatchError
from maskwatch.factory import load
from maskwatch.models.runtime import open_session
from maskwatch.sources.images import read_image
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.optimisation import loader_options
from maskwatch.training.recipes.load import load_recipe
from maskwatch.types import LABELS, ModelKind

World = tuple[list[Sample], list[Sample], PictureCache]
TINY = ["--set", "steps=2", "--set", "batch=2", "--set", "width=0.35"]


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(program, [str(a) for a in arguments], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


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
    run("export", out, tmp_path / "own.onnx", "--blend", out / "checkpoint.pt")
    named = {kind: str(tmp_path / "own.onnx")}
    engine = load(**named, live=True)  # type: ignore[arg-type]
    faces = engine.detect(read_image(world[0][0].path))
    assert faces.boxes.shape == (len(faces), 4)


def test_the_usual_start_is_the_shipped_model_and_a_resume_needs_no_options(
    tmp_path: Path,
) -> None:
    """Without --set: width and size are the shipped file's; a resume takes what the run was begun with."""
    data, out = write_crops(tmp_path / "data", [(i % 2, i % 2) for i in range(12)]), tmp_path / "run"
    command = ["train", "classifier", data, "--out", out, "--cache", tmp_path / "cache", "--device", "cpu"]
    said = run(*command, "--recipe", "classic", "--set", "steps=2", "--set", "copies=1")
    assert said.stdout == ""
    assert "warning: only" in said.stderr
    assert f"next: maskwatch export {out} mask.onnx" in said.stderr
    assert checkpoint.read(out / "best.pt")["recipe"]["faces"]["size"] == 112
    assert "not calibrated: 2 labelled faces were held out" in said.stderr
    # Settings of the export are no settings of the checkpoint; they are not forgotten either.
    assert "not calibrated: 2 labelled faces were held out" in run(*command, "--resume").stderr
    with pytest.raises(MaskwatchError, match="made by another recipe"):
        run(*command, "--resume", "--set", "batch=5")
    (data / "with_mask" / "new.png").write_bytes((data / "with_mask" / "0.png").read_bytes())
    with pytest.raises(MaskwatchError, match="trained on other pictures or labels"):
        run(*command, "--resume")


def test_a_run_of_before_goes_on(tmp_path: Path) -> None:
    """Its folder holds a checkpoint with the keys of then, and nothing else that tells of its recipe."""
    data, out = write_crops(tmp_path / "data", [(i % 2, i % 2) for i in range(12)]), tmp_path / "run"
    command = ["train", "classifier", data, "--out", out, "--cache", tmp_path / "cache", "--device", "cpu"]
    (tmp_path / "old.toml").write_text(
        "steps = 2\nbatch = 2\nwidth = 0.35\nfrozen = 0.5\n[faces]\nspoilt = 0.5\n"
    )
    run(*command, "--recipe", tmp_path / "old.toml", "--start", "none", "--no-report")
    content = checkpoint.read(out / "checkpoint.pt")
    assert (content["recipe"]["frozen_share"], content["recipe"]["faces"]["degraded"]) == (0.5, 0.5)
    content["recipe"]["frozen"] = content["recipe"].pop("frozen_share")
    content["recipe"]["faces"]["spoilt"] = content["recipe"]["faces"].pop("degraded")
    checkpoint.save(out / "checkpoint.pt", content)
    assert not (out / "recipe.toml").exists()
    run(*command, "--resume", "--no-report")
    run(*command, "--resume", "--no-report", "--recipe", tmp_path / "old.toml")
    with pytest.raises(MaskwatchError, match=r"made by another recipe \(frozen_share was 0\.5, is 0\.25\)"):
        run(*command, "--resume", "--set", "frozen=0.25")


STAGES = """
[[stages]]
name = "first"
start = "none"
[[stages]]
name = "second"
start = "previous"
[[stages]]
name = "third"
start = ["first", "second"]
teacher = "previous"
distillation = 0.5
[model_soup]
first = 1.0
third = 2.0
[metadata]
name = "made in stages"
licence = "Apache-2.0"
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("kind", "extra"),
    [("detector", ["channels=16", "crops.size=64"]), ("classifier", ["faces.size=32"])],
)
def test_a_recipe_runs_all_its_stages_and_goes_on_where_it_was_cut(
    kind: ModelKind,
    extra: list[str],
    coco: Path,
    tmp_path: Path,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Examples are made in this process: a process for each stage takes longer than all of them.
    monkeypatch.setattr("maskwatch.training.engine.loop.loader_options", lambda workers: loader_options(0))
    out, recipe = tmp_path / "run", tmp_path / "stages.toml"
    recipe.write_text(STAGES)
    command: list[object] = ["train", kind, coco, "--out", out, "--cache", tmp_path / "cache"]
    options: list[object] = ["--recipe", recipe, *TINY, *(part for x in extra for part in ("--set", x))]
    names = [stage.name for stage in load_recipe(kind, recipe).stages]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maskwatch.training.engine.loop.SAVE_EVERY", 1)
        patch.setattr("maskwatch.training.engine.loop.nn.utils.clip_grad_norm_", after(3))
        with pytest.raises(Cut):
            run(*command, *options)
    assert checkpoint.read(out / names[1] / "checkpoint.pt")["step"] == 1
    first = (out / names[0] / "checkpoint.pt").stat().st_mtime_ns
    said = run(*command, "--resume").stderr
    assert f"{names[0]} is finished already" in said
    assert (out / names[0] / "checkpoint.pt").stat().st_mtime_ns == first
    assert [(out / name / "curves.svg").is_file() for name in names] == [True] * len(names)
    chosen = load_recipe(kind, out / "recipe.toml")
    states = [checkpoint.read(out / name / "checkpoint.pt")["average"] for name in chosen.soup]
    weights = list(chosen.soup.values())
    for key, value in checkpoint.read(out / "best.pt")["average"].items():
        mean = sum(w * state[key] for w, state in zip(weights, states, strict=True)) / sum(weights)
        assert not value.is_floating_point() or torch.allclose(value, mean, atol=1e-4)
    metadata = open_session(out / "model.onnx", kind).metadata
    assert metadata["name"] == chosen.metadata["name"]
    assert metadata["licence"] == "Apache-2.0"
    engine = load(**{kind: str(out / "model.onnx")}, live=True)  # type: ignore[arg-type]
    faces = engine.detect(read_image(world[0][0].path))
    assert faces.boxes.shape == (len(faces), 4)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("kind", "recipe", "extra"),
    [
        ("detector", "detector", ["channels=16", "crops.size=64"]),
        ("classifier", "classifier", ["faces.size=32"]),
    ],
)
def test_a_shipped_recipe_makes_a_model_that_says_its_name(
    kind: ModelKind,
    recipe: str,
    extra: list[str],
    coco: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("maskwatch.training.engine.loop.loader_options", lambda workers: loader_options(0))
    out = tmp_path / "run"
    options: list[object] = ["--recipe", recipe, *TINY, *(part for x in extra for part in ("--set", x))]
    run("train", kind, coco, "--out", out, "--cache", tmp_path / "cache", "--start", "none", *options)
    metadata = open_session(out / "model.onnx", kind).metadata
    assert metadata["name"] == load_recipe(kind, recipe).metadata["name"]
    assert metadata["licence"] == "Apache-2.0"


@pytest.mark.parametrize(("options", "workers"), [([], 1), (["--workers", "0"], 0)])
def test_as_many_processes_make_examples_as_asked(
    options: list[str], workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def options_for(workers: int) -> dict[str, Any]:
        asked.append(workers)
        return loader_options(0)

    monkeypatch.setattr("maskwatch.training.engine.loop.loader_options", options_for)
    data = write_crops(tmp_path / "data", [(i % 2, i % 2) for i in range(12)])
    command = ["train", "classifier", data, "--out", tmp_path / "run", "--cache", tmp_path / "cache"]
    run(
        *command,
        "--device",
        "cpu",
        "--start",
        "none",
        "--no-report",
        "--set",
        "faces.size=32",
        *TINY,
        *options,
    )
    assert asked == [workers]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--device", "tpu"], "no device 'tpu'"),
        (["--precision", "16", "--device", "cpu"], "use --precision bf16 or 32"),
        (["--set", "width=0.5"], "is the recipe's width the file's"),
        (["--start", "nosuch.pt"], r"nosuch\.pt: no such file; --start takes"),
        (["--resume"], "leave --resume away"),
    ],
)
def test_what_cannot_be_is_one_clear_line(options: list[str], message: str, tmp_path: Path) -> None:
    data = write_crops(tmp_path / "data", [(0, 0), (1, 1)])
    with pytest.raises(MaskwatchError, match=message) as caught:
        run("train", "classifier", data, "--out", tmp_path / "run", "--cache", tmp_path / "cache", *options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["torch", "onnx"])
def test_without_the_extra_its_name_is_told(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MaskwatchError, match=rf"training needs {missing}: pip install 'maskwatch\[train\]'"):
        run("train", "classifier", tmp_path)


def test_an_empty_run_folder_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(MaskwatchError, match=r"holds no checkpoint\.pt"):
        run("export", tmp_path, tmp_path / "a.onnx")


def test_a_calibration_for_a_detector_is_refused(tmp_path: Path, coco: Path) -> None:
    checkpoint.save(tmp_path / "c.pt", {"kind": "detector"})
    with pytest.raises(MaskwatchError, match="--calibrate is for classifiers"):
        run("export", tmp_path / "c.pt", tmp_path / "d.onnx", "--calibrate", coco)


@pytest.mark.parametrize("option", ["--auto-labeller", "--teacher"])
def test_an_absent_model_is_one_clear_line(option: str, tmp_path: Path, coco: Path) -> None:
    with pytest.raises(MaskwatchError, match=rf"nosuch\.onnx: no such file; {option} takes"):
        run("train", "detector", coco, option, "nosuch.onnx", "--out", tmp_path)


@pytest.mark.parametrize("kind", ["detector", "classifier"])
def test_the_auto_labeller_is_no_teacher(kind: str, tmp_path: Path, coco: Path) -> None:
    with pytest.raises(MaskwatchError, match="give --auto-labeller yunet") as caught:
        run("train", kind, coco, "--teacher", "yunet", "--out", tmp_path)
    assert "\n" not in str(caught.value)


def test_a_recipe_of_the_other_kind_is_one_clear_line(tmp_path: Path, coco: Path) -> None:
    with pytest.raises(
        MaskwatchError, match="detector: a recipe for a detector; use maskwatch train detector"
    ):
        run("train", "classifier", coco, "--recipe", "detector", "--out", tmp_path)


class Cut(Exception):
    pass


def after(calls: int) -> object:
    """Stands in for a step of the training; after some calls the power fails."""
    left, original = calls, torch.nn.utils.clip_grad_norm_

    def step(*args: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cut
        return original(*args)

    return step
