"""What the training loops of detector and classifier share."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD

_PRELOADED: Final = (
    "maskwatch.training.data.detector_dataset",
    "maskwatch.training.data.classifier_dataset",
)
"""Modules that make examples."""


def normalise(planes: Tensor) -> Tensor:
    """(n, 3, h, w) uint8 -> float, -1 to 1, channels last."""
    return (planes.to(torch.float32) / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def channels_last(model: nn.Module) -> None:
    """Lays the weights out as CPUs and GPUs convolve fastest."""
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def schedule(step: int, steps: int, rate: float) -> float:
    """The learning rate of a step: linear warm-up over the first 300 (or 5 %), then half a cosine."""
    warm = min(300, max(1, steps // 20))
    if step < warm:
        return rate * (step + 1) / warm
    return rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def parameter_groups(model: nn.Module, decay: float) -> list[dict[str, object]]:
    """Decays convolutions, not biases and batch normalisation."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]


def some_pictures(data: Dataset[Any], batch: int, batches: int = 12) -> Iterator[Tensor]:
    """The first examples of a data set, in batches (n, 3, h, w) uint8."""
    for first in range(0, batch * batches, batch):
        yield torch.stack([data[i][0] for i in range(first, first + batch)])


def freeze(model: SSD | MaskNet, blocks: int) -> None:
    """Sets the model to training, all but the trunk's first blocks, which stay as they are."""
    model.train()
    for i, block in enumerate(model.trunk.features):
        block.requires_grad_(i >= blocks)
        block.train(i >= blocks)


def loader_options(workers: int) -> dict[str, Any]:
    """How a `DataLoader` is to make its examples.

    Workers are forked from a fresh process that has imported what they need: a forked copy of one in which
    OpenCV or torch has begun threads may hang. Where there is no such thing, on Windows, they are spawned.
    """
    # A generator of its own: the loader must not draw from the one that dropout draws from, or a resumed
    # run would differ.
    own: dict[str, Any] = {"generator": torch.Generator()}
    if workers == 0:
        return own
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload(list(_PRELOADED))
    return own | {
        "num_workers": workers,
        "prefetch_factor": 8,
        "worker_init_fn": _one_thread,
        "multiprocessing_context": context,
    }


def _one_thread(_: int) -> None:
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
