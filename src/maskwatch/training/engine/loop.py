"""The training loop that detector and classifier share: steps, checkpoints, validation, early stopping."""

from __future__ import annotations

import copy
import csv
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from maskwatch.errors import DataError
from maskwatch.progress import StepBar
from maskwatch.training.engine import checkpoint, distributed
from maskwatch.training.engine.checkpoint import BEST, LAST
from maskwatch.training.engine.hardware import Hardware, choose_device, choose_precision
from maskwatch.training.engine.optimisation import channels_last, freeze, loader_options, parameter_groups
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD

SAVE_EVERY = 250
"""Steps between checkpoints."""

LOG_EVERY: Final = 50
"""Steps between lines of the log."""

LOG: Final = "log.csv"
"""How a run went, in its folder."""

Say = Callable[[str], None]


class Task(Protocol):
    """What is trained, and on what."""

    kind: str
    recipe: Any
    """A dataclass with, at least, what the loop heeds: steps, batch, rate, weight_decay, average, seed,
    evaluate_every and patience; see `ClassifierRecipe`."""
    fingerprint: str
    """Of the material: a run goes on with the same only."""
    figure: str
    """Name of the validation figure, higher is better."""
    clip: float
    """Largest norm of a step's gradients."""

    @property
    def model(self) -> SSD | MaskNet:
        """The network."""
        ...

    @property
    def data(self) -> Dataset[Any]:
        """Examples by number, `recipe.steps * recipe.batch` of them."""
        ...

    def plan(self, step: int) -> tuple[int, float]:
        """Blocks of the trunk that stay frozen at a step, and the learning rate."""
        ...

    def losses(self, batch: list[Tensor], device: torch.device) -> dict[str, Tensor]:
        """The loss to minimise, under "loss", and others to be logged."""
        ...

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        """The validation figure in [0, 1]; None where there is nothing to validate on."""
        ...

    def memory(self) -> dict[str, Tensor]:
        """What the task learns besides the weights: kept in checkpoints, and filled again in place."""
        ...


def fit(
    task: Task,
    folder: Path,
    resume: bool = False,
    hardware: Hardware | None = None,
    workers: int = 1,
    say: Say = lambda text: None,
) -> Path:
    """Trains and leaves `LAST`, `BEST` (with a validation figure) and `LOG` in a folder.

    Args:
        task: What.
        folder: Of the run; made if absent.
        resume: Go on where the folder's last checkpoint stopped.
        hardware: What it runs on; None is one thread of whatever there is.
        workers: Processes that make examples; 0 makes them in this one.
        say: Takes lines for people.

    Returns:
        The last checkpoint.

    Raises:
        DataError: The run cannot be resumed, memory or disk is full.
        ConfigError: The hardware is not there.
    """
    hardware = hardware or Hardware()
    with enough_memory(task.recipe.batch):
        return _Run(task, folder, hardware, distributed.by_first(say)).go(resume, workers)


class _Run:
    def __init__(self, task: Task, folder: Path, hardware: Hardware, say: Say) -> None:
        self.task, self.recipe, self.folder, self.say = task, task.recipe, folder, say
        self.device = choose_device(hardware.device, distributed.local_rank())
        self.precision = choose_precision(hardware.precision, self.device)
        self.model: nn.Module = task.model.to(self.device)
        channels_last(self.model)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.model, self.recipe.weight_decay), lr=self.recipe.rate
        )
        self.scaler = self.precision.scaler()
        self.average = checkpoint.Average(self.model, self.recipe.average)
        self.writes = distributed.rank() == 0
        self.done, self.best, self.waited = 0, -1.0, 0

    def go(self, resume: bool, workers: int) -> Path:
        saved = self.folder / LAST
        self.folder.mkdir(parents=True, exist_ok=True)
        if resume:
            self._restore(saved)
        else:
            if distributed.rank():
                torch.manual_seed(self.recipe.seed + distributed.rank())  # other dropout than the others'
            if self.writes:
                (self.folder / BEST).unlink(missing_ok=True)
        log = _Log(self.folder / LOG, self.done) if self.writes else None
        losses: list[dict[str, float]] = []
        figure: float | None = None
        clock = time.perf_counter()
        with StepBar(self.recipe.steps, self.done, f"training the {self.task.kind}", self.writes) as bar:
            for step, batch in enumerate(self._batches(workers), self.done):
                losses.append(self._step(step, batch))
                done, last = step + 1, step + 1 == self.recipe.steps
                spent = time.perf_counter() - clock
                evaluated = last or done % self.recipe.evaluate_every == 0
                if evaluated:
                    figure = self._evaluate(done)
                stop = evaluated and 0 < self.recipe.patience <= self.waited
                bar.show(done, self._note(losses, figure))
                if evaluated or done % LOG_EVERY == 0:
                    if log is not None:
                        means = {key: sum(x[key] for x in losses) / len(losses) for key in losses[0]}
                        speed = len(losses) * self.recipe.batch / max(spent, 1e-9)
                        log.write(done, means, figure if evaluated else None, speed)
                        if evaluated:
                            self.say(f"step {done}: {self._note(losses, figure)}, {speed:.0f} pictures/s")
                    losses, clock = [], time.perf_counter()
                if done % SAVE_EVERY == 0 or last or stop:
                    self._save(saved, done)
                if stop:
                    self.say(f"stopped: no better for {self.waited} evaluations")
                    break
        if self.best >= 0:
            self.say(f"best {self.task.figure}: {self.best:.2%}")
        return saved

    def _batches(self, workers: int) -> Iterator[list[Tensor]]:
        if 0 < self.recipe.patience <= self.waited:
            return iter(())  # resumed after it had stopped
        share = distributed.BatchShard(self.task.data, self.recipe.batch, self.done)
        return iter(DataLoader(share, share.own, **loader_options(workers)))

    def _step(self, step: int, batch: list[Tensor]) -> dict[str, float]:
        blocks, rate = self.task.plan(step)
        freeze(self.task.model, blocks)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with self.precision.autocast():
            losses = self.task.losses([part.to(self.device) for part in batch], self.device)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(losses["loss"]).backward()  # type: ignore[no-untyped-call]
        distributed.average([*(p.grad for p in self.model.parameters()), *self.model.buffers()])
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.task.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(self.model)
        return {key: value.item() for key, value in losses.items()}

    def _evaluate(self, done: int) -> float | None:
        """The figure of the averaged weights, which are kept if it is the best so far."""
        figure = None
        if self.writes:
            model = copy.deepcopy(self.model)
            model.load_state_dict(self.average.state)
            model.eval()
            with torch.no_grad(), self.precision.autocast():
                figure = self.task.validate(model, self.device)
        figure = distributed.agreed(figure)
        if figure is None:
            return None
        self.waited += 1
        if figure > self.best:
            self.best, self.waited = figure, 0
            if self.writes:
                content = {"step": done, "average": self.average.state, "figure": figure}
                checkpoint.save(self.folder / BEST, self._words() | content)
        return figure

    def _note(self, losses: list[dict[str, float]], figure: float | None) -> str:
        mean = sum(x["loss"] for x in losses[-LOG_EVERY:]) / len(losses[-LOG_EVERY:])
        return f"loss {mean:.3f}" + (f", {self.task.figure} {figure:.2%}" if figure is not None else "")

    def _words(self) -> dict[str, Any]:
        return {"kind": self.task.kind, "recipe": asdict(self.recipe), "data": self.task.fingerprint}

    def _save(self, saved: Path, done: int) -> None:
        if not self.writes:
            return
        state = {
            "step": done,
            "model": self.model.state_dict(),
            "average": self.average.state,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": torch.get_rng_state(),
            "best": self.best,
            "waited": self.waited,
            "memory": {key: value.clone() for key, value in self.task.memory().items()},
        }
        if self.device.type == "cuda":
            state["random_cuda"] = torch.cuda.get_rng_state(self.device)
        checkpoint.save(saved, self._words() | state)

    def _restore(self, saved: Path) -> None:
        state = _read_last(saved)
        refuse_another(saved, state, self._words())
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.scaler.is_enabled() and state.get("scaler"):
            self.scaler.load_state_dict(state["scaler"])
        self.average.state = {k: v.to(self.device) for k, v in state["average"].items()}
        self.average.steps = self.done = state["step"]
        self.best, self.waited = state.get("best", -1.0), state.get("waited", 0)
        for key, value in self.task.memory().items():
            value.copy_(state.get("memory", state)[key])
        if "random" in state:
            torch.set_rng_state(state["random"])  # dropout goes on where it stopped
        if "random_cuda" in state and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"], self.device)


def recipe_of(folder: Path) -> dict[str, Any]:
    """The recipe of the run in a folder.

    Raises:
        DataError: There is no checkpoint in it.
    """
    return dict(_read_last(folder / LAST).get("recipe", {}))


def _read_last(saved: Path) -> dict[str, Any]:
    if not saved.is_file():
        raise DataError(f"{saved}: no such checkpoint; leave --resume away to start a new run")
    return checkpoint.read(saved)


def refuse_another(saved: Path, state: Mapping[str, Any], words: Mapping[str, Any]) -> None:
    """Refuses to go on with a checkpoint of another recipe or other data.

    Settings that did not exist when it was written may be anything.

    Raises:
        DataError: The first difference, in one line.
    """
    if state.get("kind") != words["kind"]:
        raise DataError(f"{saved}: holds a {state.get('kind', 'foreign checkpoint')}, not a {words['kind']}")
    for key, old, new in _changes(state.get("recipe", {}), words["recipe"], ""):
        raise DataError(
            f"{saved} was made by another recipe ({key} was {old!r}, is {new!r}); start a new run or give"
            " it the same one"
        )
    if state.get("data", words["data"]) != words["data"]:
        raise DataError(
            f"{saved} was trained on other pictures or labels, or imitated another model; start a new run"
            f" (with --start {saved} to keep what it learnt), or give it the same ones"
        )


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any, Any]]:
    for key in old:
        was, now = old[key], new.get(key)
        if isinstance(was, Mapping) and isinstance(now, Mapping) and where == "":
            yield from _changes(was, now, f"{key}.")
        elif was != now:
            yield where + key, was, now


@contextmanager
def enough_memory(batch: int) -> Iterator[None]:
    """Turns a lack of memory, however it is reported, into one line.

    Raises:
        DataError: Memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        text = str(error).lower()
        signs = ("out of memory", "not enough memory", "allocate memory", "killed by signal: killed")
        if not isinstance(error, MemoryError) and not any(sign in text for sign in signs):
            raise
        raise DataError(
            f"out of memory with {batch} examples a step; try --set batch={max(1, batch // 2)}"
        ) from error


class _Log:
    """log.csv: one line every `LOG_EVERY` steps and at each evaluation, below a line of names."""

    def __init__(self, path: Path, done: int) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8") if done and path.is_file() else ""
        rows = list(csv.reader(text.splitlines()))
        # A run that was cut may have written lines beyond its last checkpoint.
        kept = [row for row in rows[1:] if row and row[0].isdigit() and int(row[0]) <= done]
        self._begun = bool(rows) and rows[0][:1] == ["step"]
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([rows[0], *kept] if self._begun else [])

    def write(self, step: int, losses: Mapping[str, float], figure: float | None, speed: float) -> None:
        """Adds a line; the figure is blank where none was measured."""
        with self._path.open("a", encoding="utf-8", newline="") as out:
            rows = csv.writer(out, lineterminator="\n")
            if not self._begun:
                rows.writerow(["step", *losses, "val", "pictures_per_second"])
                self._begun = True
            val = "" if figure is None else f"{figure:.4f}"
            rows.writerow([step, *(f"{value:.4f}" for value in losses.values()), val, f"{speed:.1f}"])
