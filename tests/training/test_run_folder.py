"""What a run leaves behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import FakeModels
from labelled import Square, write_coco, write_crops, write_negatives
from maskwatch.data.dataset import read_dataset
from maskwatch.data.negatives import read_negatives
from maskwatch.errors import DataError
from maskwatch.evaluation.inference import EvaluatedEngine, load_evaluated_engine
from maskwatch.training import run_folder
from maskwatch.training.classifier import ClassifierRecipe
from maskwatch.training.data.run_pictures import RunPictures, learnt_from
from maskwatch.training.data.training_set import TrainingSources, read_training_set
from maskwatch.training.run_folder import finish

FACES = [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 0, 2)]
RECORDS = {"recipe.toml", "data.json", "made_with.json", "curves.svg", "tensorboard", "model.onnx"}
FIGURES = {"figures.json", "report.html", "mistakes.html", "card.md", "card-reliability.svg"}


@pytest.fixture
def learnt(tmp_path: Path) -> RunPictures:
    train = read_dataset(write_coco(tmp_path / "street", [FACES] * 2)).samples
    held = read_dataset(write_coco(tmp_path / "held", [FACES, FACES[:1]])).samples
    portraits = read_dataset(write_crops(tmp_path / "people", [(0, 0), (1, 1)])).portraits
    negatives = read_negatives(write_negatives(tmp_path / "none", [True, False]))
    return RunPictures(train, [*held, *portraits], negatives)


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

    monkeypatch.setattr(run_folder, "export_classifier", export)
    monkeypatch.setattr(run_folder, "load_evaluated_engine", pair)
    return run


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_explains_itself(folder: Path, learnt: RunPictures) -> None:
    said: list[str] = []
    finish(folder, "classifier", ClassifierRecipe(steps=7), learnt, said.append)
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


def test_the_best_checkpoint_is_exported(folder: Path, learnt: RunPictures) -> None:
    finish(folder, "classifier", ClassifierRecipe(), RunPictures(learnt.train, ()), lambda text: None)
    assert (folder / "exported").read_text() == "checkpoint.pt"
    (folder / "best.pt").write_text("best")
    said: list[str] = []
    finish(folder, "classifier", ClassifierRecipe(), RunPictures(learnt.train, ()), said.append)
    assert (folder / "exported").read_text() == "best.pt"
    assert said[0] == "no figures: no picture was held out; give the data a split named val"
    assert not names(folder) & FIGURES


def test_what_cannot_be_made_is_left_out(
    folder: Path, learnt: RunPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DataError("no room")

    monkeypatch.setattr(run_folder, "draw_curves", fail)
    said: list[str] = []
    finish(folder, "classifier", ClassifierRecipe(), learnt, said.append)
    assert said[0] == "left out of the report: no room"
    assert names(folder) >= FIGURES


def test_of_several_processes_one_writes(
    folder: Path, learnt: RunPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    finish(folder, "classifier", ClassifierRecipe(), learnt, lambda text: None)
    assert names(folder) == {"checkpoint.pt", "log.csv"}


def test_pictures_are_told_apart_as_in_the_training(tmp_path: Path) -> None:
    portraits = tmp_path / "people"
    write_crops(portraits / "train", [(0, 0), (1, 1), (1, 1)])
    write_crops(portraits / "val", [(0, 0)])
    street = write_coco(tmp_path / "street", [FACES])
    (tmp_path / "wrong.csv").write_text("picture,box,state\nstreet/0.png,2,with_mask\n")
    none = write_negatives(tmp_path / "none", [False] * 12)
    found = learnt_from(
        TrainingSources([portraits, street], [none], corrections=tmp_path / "wrong.csv"), ["street"]
    )
    assert len(found.train) == 4  # undivided data is learnt from as a whole
    assert [item.path.parent.parent.name for item in found.held] == ["val"]
    assert found.train[0].states.tolist() == [0, 1, 0]  # type: ignore[union-attr]
    assert 0 < len(found.negatives) < 12
    assert found.partly_labelled == ["street"]


def test_the_share_that_the_training_held_out_is_measured_on(tmp_path: Path) -> None:
    portraits = write_crops(tmp_path / "people", [(i % 2, i % 2) for i in range(20)])
    material = TrainingSources([portraits], cache=tmp_path / "cache")
    found = learnt_from(material, hold_out=0.2, seed=3)
    read = read_training_set(material, 0.2, 3, lambda text: None)
    assert [item.path for item in found.held] == read.held.paths
    assert [item.path for item in found.train] == read.train.paths
    assert (len(found.train), len(found.held)) == (16, 4)
