"""What a run leaves behind."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import FakeModels
from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.data.dataset import read_dataset
from maskwatch.data.negatives import read_negatives
from maskwatch.errors import DataError
from maskwatch.evaluation.inference import EvaluatedEngine, load_evaluated_engine
from maskwatch.training import run_export, run_folder
from maskwatch.training.data.picture_cache import cache
from maskwatch.training.data.training_set import (
    LabelledPictures,
    TrainingSet,
    TrainingSources,
    read_training_set,
)
from maskwatch.training.engine import checkpoint
from maskwatch.training.export.calibrated_export import CalibrationTargets
from maskwatch.training.recipes.load import load_recipe
from maskwatch.training.recipes.schema import Recipe
from maskwatch.training.run_export import held_out
from maskwatch.training.run_folder import finish

FACES = [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 0, 2)]
RECORDS = {"recipe.toml", "data.json", "made_with.json", "curves.svg", "tensorboard", "model.onnx"}
FIGURES = {"figures.json", "report.html", "mistakes.html", "card.md", "card-reliability.svg"}


@pytest.fixture
def training_set(tmp_path: Path) -> TrainingSet:
    train = read_dataset(write_coco(tmp_path / "street", [FACES] * 2)).samples
    held = read_dataset(write_coco(tmp_path / "held", [FACES, FACES[:1]])).samples
    portraits = read_dataset(write_crops(tmp_path / "people", [(0, 0), (1, 1)])).portraits
    negatives = read_negatives(write_negatives(tmp_path / "none", [True, False]))
    pictures, _ = cache([], tmp_path / "cache")
    parts = (LabelledPictures(list(train), []), LabelledPictures(list(held), list(portraits)))
    return TrainingSet(*parts, [], list(negatives), [], pictures, {}, [])


@pytest.fixture
def folder(tmp_path: Path, fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a run whose exported model is that of `fakes`."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoint.pt").write_text("last")
    (run / "log.csv").write_text("step,loss,val,pictures_per_second\n50,1,0.5,9\n100,0.5,0.75,9\n")

    def export(saved: Path, out: Path, metadata: dict[str, Any]) -> None:
        assert metadata["licence"] == "not stated"
        (out.parent / "exported").write_text(saved.name)
        shutil.copy(fake_models.classifier, out)

    def pair(detector: str, classifier: str) -> EvaluatedEngine:
        assert detector == "ssd"
        return load_evaluated_engine(str(fake_models.detector), classifier, 320)

    monkeypatch.setattr(run_export, "export_classifier", export)
    monkeypatch.setattr(run_folder, "load_evaluated_engine", pair)
    return run


def recipe(*changes: str) -> Recipe:
    return load_recipe("classifier", None, changes)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_explains_itself(folder: Path, training_set: TrainingSet) -> None:
    said: list[str] = []
    finish(folder, folder / "checkpoint.pt", recipe("steps=7"), training_set, said.append)
    assert names(folder) == RECORDS | FIGURES | {"checkpoint.pt", "log.csv", "exported"}
    assert len(said) == 1
    assert "steps = 7\n" in (folder / "recipe.toml").read_text()
    assert json.loads((folder / "data.json").read_text())["val"]["pictures"] == 4
    content = json.loads((folder / "figures.json").read_text())
    assert content["figures"]["labels"]["all"]["confusion"] == [[2, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert content["figures"]["negatives"]["false_faces"] == 1
    # The page that shows faces is another than the one that is shown around.
    assert "<img" not in (folder / "report.html").read_text()
    mistakes = (folder / "mistakes.html").read_text()
    assert "with_mask" in mistakes
    assert mistakes.count("<img") == 2
    assert (folder / "card.md").read_text().startswith("# Model card: fake classifier\n")
    for plot in ("Precision over recall, IoU 0.5", "Reliability: 15 bins"):
        assert f'aria-label="{plot}' in (folder / "report.html").read_text()
    assert "<polyline" in (folder / "curves.svg").read_text()


def test_the_best_checkpoint_is_exported(folder: Path, training_set: TrainingSet) -> None:
    train_only = replace(training_set, held_out=LabelledPictures([], []))
    finish(folder, checkpoint.of_run(folder), recipe(), train_only, lambda text: None)
    assert (folder / "exported").read_text() == "checkpoint.pt"
    (folder / "best.pt").write_text("best")
    said: list[str] = []
    finish(folder, checkpoint.of_run(folder), recipe(), train_only, said.append)
    assert (folder / "exported").read_text() == "best.pt"
    assert said[0] == "no figures: no picture was held out; give the data a split named val"
    assert not names(folder) & FIGURES


def test_too_few_faces_to_calibrate_on_are_said_in_one_line(folder: Path, training_set: TrainingSet) -> None:
    asked: list[tuple[object, ...]] = []

    def few(saved: Path, out: Path, metadata: object, pictures: object, *rest: object) -> None:
        asked.append((pictures, *rest))
        raise DataError("only 3 labelled faces were found; 50 are needed to calibrate")

    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_export, "export_calibrated", few)
        finish(folder, folder / "checkpoint.pt", recipe("export.calibrate=true"), training_set, said.append)
        assert said.pop(0) == "not calibrated: 6 labelled faces were held out, 50 are needed"
        assert asked == []
        said.clear()
        patch.setattr(run_export, "_LEAST_FACES", 6)
        chosen = recipe("export.calibrate=true", "export.certain=0.9", 'partly_labelled=["street"]')
        finish(folder, folder / "checkpoint.pt", chosen, training_set, said.append)
    assert said[0] == "not calibrated: only 3 labelled faces were found; 50 are needed to calibrate"
    assert asked == [(held_out(training_set), "ssd", CalibrationTargets(0.9, 1.0, ("street",)))]
    assert (folder / "exported").read_text() == "checkpoint.pt"
    assert names(folder) >= FIGURES


def test_what_cannot_be_made_is_left_out(
    folder: Path, training_set: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DataError("no room")

    monkeypatch.setattr(run_folder, "draw_curves", fail)
    said: list[str] = []
    finish(folder, folder / "checkpoint.pt", recipe(), training_set, said.append)
    assert said[0] == "left out of the report: no room"
    assert names(folder) >= FIGURES


def test_of_several_processes_one_writes(
    folder: Path, training_set: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    finish(folder, folder / "checkpoint.pt", recipe(), training_set, lambda text: None)
    assert names(folder) == {"checkpoint.pt", "log.csv"}


def test_the_share_that_the_training_held_out_is_measured_on(tmp_path: Path) -> None:
    portraits = write_crops(tmp_path / "people", [(i % 2, i % 2) for i in range(20)])
    sources = TrainingSources([portraits], cache=tmp_path / "cache")
    read = read_training_set(sources, 0.2, 3, lambda text: None)
    measured = held_out(read)
    assert [item.path for item in measured.portraits] == read.held_out.paths
    assert not set(read.held_out.paths) & set(read.train.paths)
    assert (len(read.train.paths), len(read.held_out.paths)) == (16, 4)
