"""The training loop that detector and classifier share: steps, checkpoints, validation, early stopping."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
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
from maskwatch.training.engine.log import LOG, TrainingLog
from maskwatch.training.engine.optimisation import channels_last, freeze, loader_options, parameter_groups
from maskwatch.training.engine.resume import read_last, refuse_another
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD

SAVE_EVERY = 250
"""Steps between checkpoints."""

LOG_EVERY: Final = 50
"""Steps between lines of the log."""

Say = Callable[[str], None]


class Task(Protocol):
    """What is trained, and on what."""

    kind: str
    recipe: Any
    """A dataclass with, at least, what the loop reads: steps, batch, rate, weight_decay, ema_decay, seed,
    evaluate_every, patience and echo; see `ClassifierRecipe`."""
    fingerprint: str
    """Of the data: a run goes on with the same only."""
    metric: str
    """Name of the validation metric, higher is better."""
    clip: float
    """Largest norm of a step's gradients."""

    @property
    def model(self) -> SSD | MaskNet:
        """The network."""
        ...

    @property
    def data(self) -> Dataset[Any]:
        """Examples by number, `recipe.batch` of them for every `recipe.echo` steps."""
        ...

    def echoed(self, batch: list[Tensor], turn: int) -> list[Tensor]:
        """The batch, on its device, as it is used for the turn-th time, from 1 on; see `echo`."""
        ...

    def plan(self, step: int) -> tuple[int, float]:
        """Blocks of the trunk that stay frozen at a step, and the learning rate."""
        ...

    def losses(self, batch: list[Tensor], device: torch.device) -> dict[str, Tensor]:
        """The loss to minimise, under "loss", and others to be logged."""
        ...

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        """The validation metric in [0, 1]; None where there is nothing to validate on."""
        ...

    def memory(self) -> dict[str, Tensor]:
        """State of the task besides the weights: saved in checkpoints, and restored in place."""
        ...


def fit(
    task: Task,
    folder: Path,
    resume: bool = False,
    hardware: Hardware | None = None,
    say: Say = lambda text: None,
) -> Path:
    """Trains and leaves `LAST`, `BEST` (where there is a validation metric) and `LOG` in a folder.

    Args:
        task: What is trained.
        folder: Of the run; made if absent.
        resume: Go on where the folder's last checkpoint stopped.
        hardware: What it runs on; None is one thread of whatever there is.
        say: Takes lines for people.

    Returns:
        The last checkpoint.

    Raises:
        DataError: The run cannot be resumed, memory or disk is full.
        ConfigError: The hardware is not there.
    """
    hardware = hardware or Hardware()
    with enough_memory(task.recipe.batch):
        return _Run(task, folder, hardware, distributed.by_first(say)).go(resume)


class _Run:
    def __init__(self, task: Task, folder: Path, hardware: Hardware, say: Say) -> None:
        self.task, self.recipe, self.folder, self.say = task, task.recipe, folder, say
        self.device = choose_device(hardware.device, distributed.local_rank())
        self.workers = hardware.workers
        self.precision = choose_precision(hardware.precision, self.device)
        self.model: nn.Module = task.model.to(self.device)
        channels_last(self.model)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.model, self.recipe.weight_decay), lr=self.recipe.rate
        )
        self.scaler = self.precision.scaler()
        self.average = checkpoint.Average(self.model, self.recipe.ema_decay)
        self.writes = distributed.rank() == 0
        self.done, self.best, self.waited = 0, -1.0, 0

    def go(self, resume: bool) -> Path:
        saved = self.folder / LAST
        self.folder.mkdir(parents=True, exist_ok=True)
        if resume:
            self._restore(saved)
        else:
            if distributed.rank():
                torch.manual_seed(self.recipe.seed + distributed.rank())  # other dropout than the others'
            if self.writes:
                (self.folder / BEST).unlink(missing_ok=True)
        log = TrainingLog(self.folder / LOG, self.done) if self.writes else None
        losses: list[dict[str, float]] = []
        metric: float | None = None
        clock = time.perf_counter()
        with StepBar(self.recipe.steps, self.done, f"training the {self.task.kind}", self.writes) as bar:
            for step, batch in enumerate(self._batches(), self.done):
                losses.append(self._step(step, batch))
                done, last = step + 1, step + 1 == self.recipe.steps
                spent = time.perf_counter() - clock
                evaluated = last or done % self.recipe.evaluate_every == 0
                if evaluated:
                    metric = self._evaluate(done)
                stop = evaluated and 0 < self.recipe.patience <= self.waited
                bar.show(done, self._summary(losses, metric))
                if evaluated or done % LOG_EVERY == 0:
                    if log is not None:
                        means = {key: sum(x[key] for x in losses) / len(losses) for key in losses[0]}
                        speed = len(losses) * self.recipe.batch / max(spent, 1e-9)
                        log.write(done, means, metric if evaluated else None, speed)
                        if evaluated:
                            self.say(f"step {done}: {self._summary(losses, metric)}, {speed:.0f} pictures/s")
                    losses, clock = [], time.perf_counter()
                if done % SAVE_EVERY == 0 or last or stop:
                    self._save(saved, done)
                if stop:
                    self.say(f"stopped: no better for {self.waited} evaluations")
                    break
        if self.best >= 0:
            self.say(f"best {self.task.metric}: {self.best:.2%}")
        return saved

    def _batches(self) -> Iterator[list[Tensor]]:
        if 0 < self.recipe.patience <= self.waited:
            return iter(())  # resumed after it had stopped
        return islice(self._echoed(), self.recipe.steps - self.done)

    def _echoed(self) -> Iterator[list[Tensor]]:
        """Yields each batch as often as the recipe says, on the device."""
        batches, turn = divmod(self.done, self.recipe.echo)
        share = distributed.BatchShard(self.task.data, self.recipe.batch, batches)
        for loaded in DataLoader(share, share.own, **loader_options(self.workers)):
            batch = [part.to(self.device) for part in loaded]
            for number in range(turn, self.recipe.echo):
                yield self.task.echoed(batch, number) if number else batch
            turn = 0

    def _step(self, step: int, batch: list[Tensor]) -> dict[str, float]:
        blocks, rate = self.task.plan(step)
        freeze(self.task.model, blocks)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with self.precision.autocast():
            losses = self.task.losses(batch, self.device)
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
        """The metric of the averaged weights, which are saved if it is the best so far."""
        metric = None
        if self.writes:
            model = copy.deepcopy(self.model)
            model.load_state_dict(self.average.state)
            model.eval()
            with torch.no_grad(), self.precision.autocast():
                metric = self.task.validate(model, self.device)
        metric = distributed.agreed(metric)
        if metric is None:
            return None
        self.waited += 1
        if metric > self.best:
            self.best, self.waited = metric, 0
            if self.writes:
                content = {"step": done, "average": self.average.state, "figure": metric}
                checkpoint.save(self.folder / BEST, self._identity() | content)
        return metric

    def _summary(self, losses: list[dict[str, float]], metric: float | None) -> str:
        mean = sum(x["loss"] for x in losses[-LOG_EVERY:]) / len(losses[-LOG_EVERY:])
        return f"loss {mean:.3f}" + (f", {self.task.metric} {metric:.2%}" if metric is not None else "")

    def _identity(self) -> dict[str, Any]:
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
        checkpoint.save(saved, self._identity() | state)

    def _restore(self, saved: Path) -> None:
        state = read_last(saved)
        refuse_another(saved, state, self._identity())
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
