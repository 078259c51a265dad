"""The training loop of the mask classifier: transfer learning, first the dense layer, then all of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from maskwatch.errors import DataError
from maskwatch.training import checkpoint
from maskwatch.training.classifier_data import ClassifierData, FaceExample, FaceRecipe
from maskwatch.training.mask_net import MaskNet, binary_loss
from maskwatch.training.pictures import Pictures
from maskwatch.training.steps import (
    channels_last,
    freeze,
    load_start,
    loader_options,
    normalise,
    parameter_groups,
    schedule,
    some_pictures,
)

SAVE_EVERY = 250
"""Steps between checkpoints."""


@dataclass(frozen=True)
class ClassifierRecipe:
    """Everything that decides how a classifier comes out.

    Attributes:
        width: Multiplier of the trunk's channels.
        dropout: Before the dense layer.
        steps: Optimiser steps.
        batch: Examples a step.
        rate: Highest learning rate of Adam; a short warm-up leads to it, half a cosine to zero.
        weight_decay: For convolutions and the dense layer only.
        frozen: Share of the steps that train the dense layer alone, the trunk as it came.
        frozen_blocks: Blocks of the trunk that are never trained.
        smoothing: Of the labels.
        average: Decay of the averaged weights.
        seed: Of everything random.
        incomplete: Sources in which many faces have no label: no background is taken from them.
        faces: How examples are cut.
    """

    width: float = 1.0
    dropout: float = 0.2
    steps: int = 5000
    batch: int = 32
    rate: float = 6e-4
    weight_decay: float = 1e-2
    frozen: float = 0.05
    frozen_blocks: int = 0
    smoothing: float = 0.02
    average: float = 0.998
    seed: int = 0
    incomplete: tuple[str, ...] = ()
    faces: FaceRecipe = field(default_factory=FaceRecipe)


def train_classifier(
    examples: Sequence[FaceExample],
    pictures: Pictures,
    recipe: ClassifierRecipe,
    folder: Path,
    start: Path | None = None,
    resume: bool = False,
    threads: int = 1,
    workers: int = 1,
) -> Path:
    """Trains a classifier and leaves `checkpoint.pt` in a folder.

    Args:
        examples: Faces, and things that are none.
        pictures: Their decoded pixels.
        recipe: How.
        folder: Of the run; made if absent.
        start: Trunk weights (safetensors or torchvision's), a checkpoint or an exported model (.onnx).
        resume: Go on where the folder's checkpoint stopped.
        threads: Of torch.
        workers: Processes that make examples; 0 makes them in this one.

    Returns:
        The checkpoint.

    Raises:
        DataError: Nothing to train on, or the run cannot be resumed.
    """
    if len({e.state for e in examples}) < 2:
        raise DataError(
            "a classifier needs faces of at least two kinds, for example with_mask and without_mask"
        )
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / "checkpoint.pt"
    model = MaskNet(recipe.width, recipe.dropout)
    data = ClassifierData(examples, pictures, recipe.faces, recipe.steps * recipe.batch, recipe.seed)
    if start is not None and not resume:
        load_start(model, start, some_pictures(data, recipe.batch))
    channels_last(model)
    optimiser = torch.optim.AdamW(parameter_groups(model, recipe.weight_decay), lr=recipe.rate)
    average = checkpoint.Average(model, recipe.average)
    done = 0
    if resume:
        state = checkpoint.read(saved)
        if state["recipe"] != asdict(recipe):
            raise DataError(f"{saved} was made by another recipe; start a new run or give it the same one")
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.state, average.steps = state["average"], state["step"]
        torch.set_rng_state(state["random"])  # dropout goes on where it stopped
        done = state["step"]

    loader = DataLoader(
        Subset(data, range(done * recipe.batch, len(data))),
        recipe.batch,
        **loader_options(workers),
    )
    frozen_steps = int(recipe.frozen * recipe.steps)
    log, clock, losses = folder / "log.csv", time.perf_counter(), []
    for step, (planes, targets, weights) in enumerate(loader, done):
        head_only = step < frozen_steps
        freeze(model, len(model.trunk.features) if head_only else recipe.frozen_blocks)
        rate = 1e-3 if head_only else schedule(step - frozen_steps, recipe.steps - frozen_steps, recipe.rate)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = binary_loss(model(normalise(planes)), targets, weights, recipe.smoothing)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update(model)
        losses.append(loss.item())
        if (step + 1) % 50 == 0 or step + 1 == recipe.steps:
            speed = len(losses) * recipe.batch / (time.perf_counter() - clock)
            with log.open("a", encoding="utf-8") as out:
                out.write(f"{step + 1},{sum(losses) / len(losses):.4f},{speed:.1f}\n")
            clock, losses = time.perf_counter(), []
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == recipe.steps:
            checkpoint.save(
                saved,
                {
                    "kind": "classifier",
                    "recipe": asdict(recipe),
                    "step": step + 1,
                    "model": model.state_dict(),
                    "average": average.state,
                    "optimiser": optimiser.state_dict(),
                    "random": torch.get_rng_state(),
                },
            )
    return saved
