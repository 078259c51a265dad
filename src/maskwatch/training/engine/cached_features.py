"""Features of a frozen trunk, computed once: the dense layers on top are then trained in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from maskwatch.progress import StepBar
from maskwatch.training.engine import checkpoint, distributed
from maskwatch.training.engine.hardware import Hardware, choose_device, choose_precision
from maskwatch.training.engine.loop import Say
from maskwatch.training.engine.optimisation import channels_last, loader_options, normalise
from maskwatch.training.engine.validation import HeldOutFaces
from maskwatch.training.nets.mask_net import MaskNet

FEATURES: Final = "features.pt"


class CachedFeatures(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """`steps * batch` examples: all features in random order, over and over.

    Args:
        features: (n, c) float32.
        targets: (n, 3), as `binary_loss` takes them.
        weights: (n, 3), likewise.
        held_out: (m, c) features of the validation faces.
        length: Number of examples.
        seed: Of the order.
    """

    def __init__(
        self, features: Tensor, targets: Tensor, weights: Tensor, held_out: Tensor, length: int, seed: int
    ) -> None:
        self.features, self.targets, self.weights, self.held_out = features, targets, weights, held_out
        self._length, self._seed = length, seed
        self._epoch, self._order = -1, np.zeros(0, np.int64)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        epoch, place = divmod(index, len(self.features))
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng((self._seed, epoch)).permutation(len(self.features))
        row = self._order[place]
        return self.features[row], self.targets[row], self.weights[row]


def features_of(
    model: MaskNet,
    data: Dataset[tuple[Tensor, Tensor, Tensor]],
    held_out: HeldOutFaces,
    steps: int,
    batch: int,
    seed: int,
    hardware: Hardware,
    folder: Path,
    resume: bool,
    say: Say,
) -> CachedFeatures:
    """Computes the trunk's features of every example once, and keeps them in the run's folder.

    Args:
        model: The network; its trunk stays as it is.
        data: The examples.
        held_out: Validation faces; they are not augmented.
        steps: Of the head's training.
        batch: Examples a step.
        seed: Of their order.
        hardware: What it runs on.
        folder: Of the run.
        resume: Take the features that a run before left there.
        say: Takes lines for people.
    """
    file = folder / FEATURES
    with distributed.first_goes_first():
        if (resume or distributed.rank()) and file.is_file():
            saved = checkpoint.read(file)
        else:
            saved = _compute(model, data, held_out, batch, hardware)
            folder.mkdir(parents=True, exist_ok=True)
            checkpoint.save(file, saved)
    features, targets, weights, validation = (
        saved[key] for key in ("features", "targets", "weights", "held")
    )
    distributed.by_first(say)(f"features of {len(targets)} examples; the head is trained on them")
    return CachedFeatures(features, targets, weights, validation, steps * batch, seed)


@torch.no_grad()
def _compute(
    model: MaskNet,
    data: Dataset[tuple[Tensor, Tensor, Tensor]],
    held_out: HeldOutFaces,
    batch: int,
    hardware: Hardware,
) -> dict[str, Any]:
    device = choose_device(hardware.device, distributed.local_rank())
    precision = choose_precision(hardware.precision, device)
    model.to(device).eval()
    channels_last(model)

    def features(planes: Tensor) -> Tensor:
        with precision.autocast():
            return model.features(normalise(planes.to(device))).float().cpu()

    outputs: list[Tensor] = []
    rest: list[tuple[Tensor, Tensor]] = []
    total = len(data)  # type: ignore[arg-type]
    with StepBar(total, 0, "computing features") as bar:
        for planes, targets, weights in DataLoader(data, batch, **loader_options(hardware.workers)):
            outputs.append(features(planes))
            rest.append((targets, weights))
            bar.show(min(total, len(outputs) * batch), "")
    of_held_out = [features(planes) for planes in held_out.batches()]
    return {
        "features": torch.cat(outputs),
        "targets": torch.cat([targets for targets, _ in rest]),
        "weights": torch.cat([weights for _, weights in rest]),
        "held": torch.cat(of_held_out) if of_held_out else torch.zeros(0, model.trunk.outputs),
    }
