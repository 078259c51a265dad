"""The loop around a network of one number that is to become 1."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from maskwatch.errors import DataError
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.loop import enough_memory, fit
from maskwatch.training.engine.resume import recipe_of
from maskwatch.training.nets.mask_net import MaskNet


@dataclass(frozen=True)
class Recipe:
    steps: int = 12
    batch: int = 2
    rate: float = 0.05
    weight_decay: float = 0.0
    ema_decay: float = 0.5
    seed: int = 0
    evaluate_every: int = 2
    patience: int = 0
    echo: int = 1


class Task:
    """Validates with the figures that it is given, one after another."""

    kind, metric, clip = "classifier", "share", 10.0

    def __init__(self, recipe: Recipe, figures: list[float] | None = None, fingerprint: str = "a") -> None:
        self.recipe, self.fingerprint, self.figures = recipe, fingerprint, figures
        self.model = MaskNet(0.35)
        self.data: Dataset[tuple[Tensor, ...]] = TensorDataset(torch.zeros(recipe.steps * recipe.batch, 1))
        self.noted = torch.zeros(1)
        self.turns: list[int] = []

    def echoed(self, batch: list[Tensor], turn: int) -> list[Tensor]:
        self.turns.append(turn)
        return batch

    def plan(self, step: int) -> tuple[int, float]:
        return len(self.model.trunk.features), self.recipe.rate

    def losses(self, batch: list[Tensor], device: torch.device) -> dict[str, Tensor]:
        self.noted += 1
        return {"loss": (self.model.dense.bias - 1).square().sum(), "other": torch.tensor(2.0)}

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        assert not model.training
        return self.figures.pop(0) if self.figures else None

    def memory(self) -> dict[str, Tensor]:
        return {"noted": self.noted}


def run(task: Task, folder: Path, resume: bool = False) -> list[str]:
    said: list[str] = []
    fit(task, folder, resume, Hardware("cpu", workers=0), say=said.append)
    return said


def test_the_log_has_a_line_of_names_and_the_figure_where_it_was_measured(tmp_path: Path) -> None:
    run(Task(Recipe(steps=60, evaluate_every=30), [0.5, 0.75]), tmp_path)
    names, *rows = [line.split(",") for line in (tmp_path / "log.csv").read_text().splitlines()]
    assert names == ["step", "loss", "other", "val", "pictures_per_second"]
    assert [(row[0], row[3]) for row in rows] == [("30", "0.5000"), ("50", ""), ("60", "0.7500")]


def test_the_best_averaged_weights_are_kept(tmp_path: Path) -> None:
    said = run(Task(Recipe(), [0.3, 0.9, 0.5, 0.5, 0.5, 0.5]), tmp_path)
    best, last = (checkpoint.read(tmp_path / name) for name in ("best.pt", "checkpoint.pt"))
    assert (best["step"], best["figure"], last["step"]) == (4, 0.9, 12)
    assert not torch.equal(best["average"]["dense.bias"], last["average"]["dense.bias"])
    assert checkpoint.of_run(tmp_path) == tmp_path / "best.pt"
    assert said[-1] == "best share: 90.00%"


def test_without_validation_the_last_weights_are_exported(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"of an older run")
    run(Task(Recipe()), tmp_path)
    assert checkpoint.of_run(tmp_path) == tmp_path / "checkpoint.pt"


def test_stops_when_nothing_gets_better_and_stays_stopped(tmp_path: Path) -> None:
    recipe = Recipe(patience=2)
    said = run(Task(recipe, [0.3, 0.9, 0.9, 0.8, 0.95]), tmp_path)
    assert "stopped: no better for 2 evaluations" in said
    assert checkpoint.read(tmp_path / "checkpoint.pt")["step"] == 8
    run(Task(recipe, [1.0]), tmp_path, resume=True)
    assert checkpoint.read(tmp_path / "checkpoint.pt")["step"] == 8


def test_a_resumed_run_remembers_what_was_best_and_mends_its_log(tmp_path: Path) -> None:
    figures = [0.3, 0.9, 0.5, 0.5, 0.5, 0.5]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maskwatch.training.engine.loop.SAVE_EVERY", 4)
        cut = _cut_after(Task(Recipe(), list(figures)), 7)
        with pytest.raises(KeyboardInterrupt):
            run(cut, tmp_path)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 4  # names, 2, 4 and 6, not saved
    task = Task(Recipe(), figures[2:])
    run(task, tmp_path, resume=True)
    rows = [line.split(",")[0] for line in (tmp_path / "log.csv").read_text().splitlines()]
    assert rows == ["step", "2", "4", "6", "8", "10", "12"]
    assert task.noted.item() == 12
    assert checkpoint.read(tmp_path / "best.pt")["step"] == 4


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Task(Recipe(rate=0.1)), r"made by another recipe \(rate was 0.05, is 0.1\)"),
        (Task(Recipe(), fingerprint="b"), "trained on other pictures or labels"),
    ],
)
def test_a_resume_with_something_else_is_refused(task: Task, message: str, tmp_path: Path) -> None:
    run(Task(Recipe(steps=2)), tmp_path)
    content = checkpoint.read(tmp_path / "checkpoint.pt")
    del content["recipe"]["steps"]  # a setting that did not exist when it was written
    checkpoint.save(tmp_path / "checkpoint.pt", content)
    with pytest.raises(DataError, match=message):
        run(task, tmp_path, resume=True)
    assert recipe_of(tmp_path)["rate"] == 0.05


def test_nothing_to_resume_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such checkpoint; leave --resume away"):
        run(Task(Recipe()), tmp_path, resume=True)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed."),
    ],
)
def test_a_lack_of_memory_says_what_to_change(error: Exception) -> None:
    with (
        pytest.raises(DataError, match="out of memory with 32 examples a step; try --set batch=16"),
        enough_memory(32),
    ):
        raise error


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"), enough_memory(32):
        raise RuntimeError("shapes differ")


def test_each_batch_serves_as_many_steps_as_the_recipe_says(tmp_path: Path) -> None:
    """Cut in the middle of a batch, a run goes on with the rest of its turns."""
    recipe = Recipe(steps=5, echo=3, evaluate_every=9)
    whole = Task(recipe)
    run(whole, tmp_path / "whole")
    assert whole.turns == [1, 2, 1]
    with pytest.raises(KeyboardInterrupt):
        run(_cut_after(Task(recipe), 2), tmp_path / "cut")
    assert not (tmp_path / "cut" / "checkpoint.pt").exists()  # saved every 250 steps


def test_a_resumed_run_takes_the_turns_that_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.training.engine.loop.SAVE_EVERY", 2)
    recipe = Recipe(steps=5, echo=3, evaluate_every=9)
    with pytest.raises(KeyboardInterrupt):
        run(_cut_after(Task(recipe), 2), tmp_path)
    rest = Task(recipe)
    run(rest, tmp_path, resume=True)
    assert rest.turns == [2, 1]
    assert rest.noted.item() == 5


def _cut_after(task: Task, steps: int) -> Task:
    plan = task.plan

    def until(step: int) -> tuple[int, float]:
        if step == steps:
            raise KeyboardInterrupt
        return plan(step)

    task.plan = until  # type: ignore[method-assign]
    return task
