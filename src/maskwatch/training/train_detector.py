"""The training loop of the detector, top to bottom."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from maskwatch.data.sample import Sample
from maskwatch.errors import DataError
from maskwatch.training import checkpoint
from maskwatch.training.anchors import grid
from maskwatch.training.detector_data import CropRecipe, DetectorData
from maskwatch.training.pictures import Pictures
from maskwatch.training.ssd import SSD, multibox_loss
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
class DetectorRecipe:
    """Everything that decides how a detector comes out.

    Attributes:
        width: Multiplier of the trunk's channels.
        channels: Channels of the top-down path and the heads.
        steps: Optimiser steps.
        batch: Examples a step.
        rate: Highest learning rate; a short warm-up leads to it, half a cosine to zero.
        weight_decay: Of AdamW, for convolutions only.
        frozen_blocks: Blocks of the trunk whose weights stay as they came...
        frozen_until: ...until this share of the steps.
        negative_share: Share of examples without any face.
        hard_ratio: Hard negative anchors per positive one.
        box_weight: Weight of the localisation loss.
        average: Decay of the averaged weights.
        seed: Of everything random.
        incomplete: Sources in which many faces have no label.
        crops: How examples are cut.
    """

    width: float = 0.35
    channels: int = 64
    steps: int = 8000
    batch: int = 16
    rate: float = 2e-3
    weight_decay: float = 1e-2
    frozen_blocks: int = 4
    frozen_until: float = 0.6
    negative_share: float = 0.2
    hard_ratio: float = 3.0
    box_weight: float = 1.5
    average: float = 0.998
    seed: int = 0
    incomplete: tuple[str, ...] = ()
    crops: CropRecipe = field(default_factory=CropRecipe)


def train_detector(
    faces: Sequence[Sample],
    negatives: Sequence[Sample],
    pictures: Pictures,
    recipe: DetectorRecipe,
    folder: Path,
    start: Path | None = None,
    resume: bool = False,
    threads: int = 1,
    workers: int = 1,
    landmarks: Mapping[Path, NDArray[np.float32]] | None = None,
) -> Path:
    """Trains a detector and leaves `checkpoint.pt` in a folder.

    Args:
        faces: Pictures with true boxes.
        negatives: Pictures without a face.
        pictures: Their decoded pixels.
        recipe: How.
        folder: Of the run; made if absent.
        start: Trunk weights (safetensors or torchvision's), a checkpoint or an exported model (.onnx).
        resume: Go on where the folder's checkpoint stopped.
        threads: Of torch.
        workers: Processes that make examples; 0 makes them in this one.
        landmarks: Of bare faces, to paint masks on; see `DetectorData`.

    Returns:
        The checkpoint.

    Raises:
        DataError: Nothing to train on, or the run cannot be resumed.
    """
    if not any((~s.ignore).any() for s in faces):
        raise DataError("no picture has a face to learn from")
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / "checkpoint.pt"
    model = SSD(recipe.width, recipe.channels)
    hardness = torch.ones(len(negatives)).share_memory_()  # type: ignore[no-untyped-call]
    data = DetectorData(
        faces,
        negatives,
        pictures,
        recipe.crops,
        recipe.steps * recipe.batch,
        recipe.seed,
        recipe.negative_share,
        hardness,
        landmarks,
    )
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
        hardness.copy_(state["hardness"])
        done = state["step"]

    loader = DataLoader(
        torch.utils.data.Subset(data, range(done * recipe.batch, len(data))),
        recipe.batch,
        **loader_options(workers),
    )
    anchors = torch.from_numpy(grid(recipe.crops.size, recipe.crops.size))
    log, clock, shown = folder / "log.csv", time.perf_counter(), []
    for step, (planes, states, targets, which) in enumerate(loader, done):
        frozen = step < recipe.frozen_until * recipe.steps
        freeze(model, recipe.frozen_blocks if frozen else 0)
        for group in optimiser.param_groups:
            group["lr"] = schedule(step, recipe.steps, recipe.rate)
        logits, offsets = model(normalise(planes))
        classes, boxes = multibox_loss(logits, offsets, anchors, states, targets, recipe.hard_ratio)
        optimiser.zero_grad(set_to_none=True)
        (classes + recipe.box_weight * boxes).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        average.update(model)
        _remember(hardness, which, logits.detach())
        shown.append((classes.item(), boxes.item()))
        if (step + 1) % 50 == 0 or step + 1 == recipe.steps:
            means = torch.tensor(shown).mean(0)
            rate = len(shown) * recipe.batch / (time.perf_counter() - clock)
            line = f"{step + 1},{means[0]:.4f},{means[1]:.4f},{hardness.mean():.3f},{rate:.1f}"
            with log.open("a", encoding="utf-8") as out:
                out.write(line + "\n")
            clock, shown = time.perf_counter(), []
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == recipe.steps:
            checkpoint.save(
                saved,
                {
                    "kind": "detector",
                    "recipe": asdict(recipe),
                    "step": step + 1,
                    "model": model.state_dict(),
                    "average": average.state,
                    "optimiser": optimiser.state_dict(),
                    "hardness": hardness.clone(),
                },
            )
    return saved


def _remember(hardness: Tensor, which: Tensor, logits: Tensor) -> None:
    """Notes how sure the detector was of a face where there is none."""
    for i, score in zip(which.tolist(), logits.amax(1).sigmoid().tolist(), strict=True):
        if i >= 0:
            hardness[i] = 0.7 * hardness[i] + 0.3 * score
