"""The stages of a recipe: in their order, resumed where they were cut, averaged in the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from maskwatch.errors import DataError
from maskwatch.training.engine import checkpoint
from maskwatch.training.recipes.load import load_recipe
from maskwatch.training.recipes.schema import Recipe
from maskwatch.training.stages import StageRun, begin_run, has_stages, run_stages

TEXT = """
start = "none"
patience = 0
[[stages]]
name = "one"
rate = 1.0
[[stages]]
name = "two"
rate = 2.0
[[stages]]
name = "three"
rate = 6.0
start = ["one", "two"]
teacher = "previous"
[model_soup]
two = 1.0
three = 3.0
"""


def recipe(folder: Path, *changes: str, text: str = TEXT) -> Recipe:
    (folder / "mine.toml").write_text(text)
    return load_recipe("classifier", folder / "mine.toml", changes)


def value(path: Path) -> float:
    return float(checkpoint.read(path)["average"]["w"])


class Training:
    """Stands in for a training: the only weight becomes that of the start and the rate."""

    def __init__(self, cut_in: str = "", cut_before: str = "") -> None:
        self.cut_in, self.cut_before = cut_in, cut_before
        self.runs: list[tuple[str, bool]] = []
        self.starts: list[float] = []
        self.teachers: list[float | None] = []

    def __call__(self, run: StageRun) -> Path:
        self.runs.append((run.stage.name, run.resume))
        self.starts.append(value(run.start) if run.start else 0.0)
        self.teachers.append(value(run.teacher) if run.teacher else None)
        if run.stage.name == self.cut_before:
            raise KeyboardInterrupt
        weight = torch.tensor(self.starts[-1] + run.stage.settings.rate)
        content = {"kind": "classifier", "recipe": {}, "average": {"w": weight}}
        checkpoint.save(run.folder / "checkpoint.pt", content)
        if run.stage.name == self.cut_in:
            raise KeyboardInterrupt
        return run.folder / "checkpoint.pt"


def run(chosen: Recipe, folder: Path, training: Training, resume: bool = False, data: str = "data") -> Path:
    if not resume:
        begin_run(chosen, folder, keep_recipe=False)
    return run_stages(chosen, folder, resume, data, training, lambda text: None)


def test_stages_run_in_their_order_and_are_averaged(tmp_path: Path) -> None:
    training, folder = Training(), tmp_path / "run"
    saved = run(recipe(tmp_path), folder, training)
    assert training.runs == [("one", False), ("two", False), ("three", False)]
    assert training.starts == [0.0, 1.0, 2.0]  # nothing, one, the mean of one (1) and two (3)
    assert training.teachers == [None, None, 3.0]
    assert saved == checkpoint.of_run(folder) == folder / "best.pt"
    assert value(saved) == pytest.approx((3.0 + 3 * 8.0) / 4)
    assert has_stages(folder)
    assert load_recipe("classifier", folder / "recipe.toml") == recipe(tmp_path)


@pytest.mark.parametrize(("cut_in", "begun"), [("two", ["two", "three"]), ("three", ["three"])])
def test_a_run_goes_on_in_the_stage_that_was_cut(cut_in: str, begun: list[str], tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(chosen, folder, Training(cut_in))
    training = Training()
    saved = run(chosen, folder, training, resume=True)
    assert training.runs == [(name, name == cut_in) for name in begun]
    assert value(saved) == pytest.approx(6.75)


def test_a_finished_stage_is_not_run_again(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    saved = run(chosen, folder, Training())
    saved.unlink()
    training = Training()
    assert value(run(chosen, folder, training, resume=True)) == pytest.approx(6.75)
    assert training.runs == []


def test_a_stage_that_is_made_again_is_not_what_the_next_one_was_trained_with(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    run(chosen, folder, Training())
    (folder / "two" / "checkpoint.pt").unlink()

    def otherwise(run: StageRun) -> Path:
        content = {"kind": "classifier", "average": {"w": torch.tensor(9.0)}}
        checkpoint.save(run.folder / "checkpoint.pt", content)
        return run.folder / "checkpoint.pt"

    with pytest.raises(DataError, match="stage three had another teacher"):
        run_stages(chosen, folder, True, "data", otherwise, lambda text: None)


def test_a_new_run_in_the_same_folder_begins_anew(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    run(chosen, folder, Training())
    with pytest.raises(KeyboardInterrupt):
        run(chosen, folder, Training("one"))
    training = Training()
    run(chosen, folder, training, resume=True)
    assert training.runs == [("one", True), ("two", False), ("three", False)]


def test_a_checkpoint_of_an_older_run_is_not_gone_on_with(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    run(chosen, folder, Training())
    with pytest.raises(KeyboardInterrupt):
        run(chosen, folder, Training(cut_before="two"))
    training = Training()
    run(chosen, folder, training, resume=True)
    assert training.runs == [("two", False), ("three", False)]


def test_a_damaged_recipe_of_a_run_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("stages = = 3")
    with pytest.raises(DataError, match=r"recipe\.toml: not readable"):
        has_stages(tmp_path)


def test_a_stage_is_not_mixed_with_another_recipe_or_other_data(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(chosen, folder, Training("two"))
    with pytest.raises(DataError, match=r"stage one was made by another recipe \(rate was 1.0, is 5.0\)"):
        run(recipe(tmp_path, "stages.one.rate=5"), folder, Training(), resume=True)
    with pytest.raises(DataError, match=r"stage two .* \(batch was 32, is 8\)"):
        run(recipe(tmp_path, "stages.two.batch=8"), folder, Training(), resume=True)
    with pytest.raises(DataError, match="stage one was trained on other pictures or labels"):
        run(chosen, folder, Training(), resume=True, data="other")
    (tmp_path / "trunk.pth").write_bytes(b"weights")
    other = chosen.with_sources(str(tmp_path / "trunk.pth"), None)
    with pytest.raises(DataError, match="stage one began with other weights"):
        run(other, folder, Training(), resume=True)
    training = Training()
    run(chosen, folder, training, resume=True)
    assert training.runs == [("two", True), ("three", False)]


def test_a_damaged_record_is_one_clear_line(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    run(chosen, folder, Training())
    (folder / "one" / "stage.json").write_text("{")
    with pytest.raises(DataError, match=r"stage\.json: not readable"):
        run(chosen, folder, Training(), resume=True)


def test_settings_of_a_stage_under_former_keys_are_understood(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(chosen, folder, Training("one"))
    file = folder / "one" / "stage.json"
    record = json.loads(file.read_text())
    record["settings"]["frozen"] = record["settings"].pop("frozen_share")
    file.write_text(json.dumps(record))
    training = Training()
    run(chosen, folder, training, resume=True)
    assert training.runs[0] == ("one", True)


def test_a_recipe_of_one_stage_is_trained_in_the_folder_itself(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path, text='start = "none"'), tmp_path / "run"
    for resume in (False, True):
        training = Training()
        assert run(chosen, folder, training, resume) == folder / "checkpoint.pt"
        assert training.runs == [("stage1", resume)]
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint.pt"]


def test_with_early_stopping_the_best_weights_are_passed_on(tmp_path: Path) -> None:
    chosen, folder = recipe(tmp_path, "stages.one.patience=3"), tmp_path / "run"

    class Validated(Training):
        def __call__(self, run: StageRun) -> Path:
            saved = super().__call__(run)
            content = {"kind": "classifier", "average": {"w": torch.tensor(100.0)}}
            checkpoint.save(run.folder / "best.pt", content)
            return saved

    training = Validated()
    run(chosen, folder, training)
    assert training.starts == [0.0, 100.0, pytest.approx((100 + 102) / 2)]
