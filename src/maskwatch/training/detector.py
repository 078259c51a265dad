"""Trains the detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from maskwatch.data.sample import Sample
from maskwatch.errors import DataError
from maskwatch.training.data.detector_dataset import CropRecipe, DetectorData
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import echo
from maskwatch.training.engine.distillation import TeacherDetector, distillation_loss
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.initial_weights import load_start
from maskwatch.training.engine.loop import Say, fit
from maskwatch.training.engine.optimisation import normalise, schedule, some_pictures
from maskwatch.training.engine.resume import data_fingerprint
from maskwatch.training.engine.validation import HeldOutPictures
from maskwatch.training.nets.anchors import grid, mirrored
from maskwatch.training.nets.ssd import SSD, multibox_loss
from maskwatch.training.recipes.fields import STRICT, Amount, Count, Positive, Share, Whole


@dataclass(frozen=True, config=STRICT)
class DetectorRecipe:
    """Everything that decides how a detector comes out of one stage of training.

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
        hard_negative_ratio: Hard negative anchors per positive one.
        box_weight: Weight of the localisation loss.
        ema_decay: Decay of the exponential moving average of the weights.
        echo: Steps for which each batch is used, mirrored and in another light; see `engine.echo`.
        evaluate_every: Steps between two validations.
        patience: Evaluations without a better figure after which the training stops; 0 never stops it.
        hold_out: Share of the pictures that are held out for validation where the data has no split "val".
        seed: Of everything random.
        partly_labelled: Sources in which many faces have no label.
        distillation: Weight of the distillation loss, where there is a teacher, relative to the loss of the
            labels. Both detectors mostly agree: it is some thirty times smaller than that of the labels.
        crops: How examples are cut.
    """

    width: Positive = 0.35
    channels: Count = 64
    steps: Count = 3000
    batch: Count = 16
    rate: Positive = 1e-3
    weight_decay: Amount = 1e-2
    frozen_blocks: Whole = 4
    frozen_until: Share = 0.6
    negative_share: Share = 0.2
    hard_negative_ratio: Amount = 3.0
    box_weight: Amount = 1.5
    ema_decay: Share = 0.998
    echo: Count = 1
    evaluate_every: Count = 250
    patience: Whole = 6
    hold_out: Share = 0.1
    seed: Whole = 0
    partly_labelled: tuple[str, ...] = ()
    distillation: Amount = 40.0
    crops: CropRecipe = field(default_factory=CropRecipe)


def train_detector(
    faces: Sequence[Sample],
    negatives: Sequence[Sample],
    pictures: PictureCache,
    recipe: DetectorRecipe,
    folder: Path,
    start: Path | None = None,
    resume: bool = False,
    landmarks: Mapping[Path, NDArray[np.float32]] | None = None,
    hard: Mapping[Path, NDArray[np.bool_]] | None = None,
    hardware: Hardware | None = None,
    held_out: Sequence[Sample] = (),
    teacher: Path | None = None,
    say: Say = lambda text: None,
) -> Path:
    """Trains a detector and leaves `checkpoint.pt`, `best.pt` and `log.csv` in a folder; see `fit`.

    Args:
        faces: Pictures with true boxes.
        negatives: Pictures without a face.
        pictures: Their decoded pixels.
        recipe: Settings of the training.
        folder: Of the run; made if absent.
        start: Trunk weights (safetensors or torchvision's), a checkpoint or an exported model (.onnx).
        resume: Go on where the folder's checkpoint stopped.
        landmarks: Of bare faces, to paint masks on; see `DetectorData`.
        hard: Which faces are hard to find; see `DetectorData`.
        hardware: What it runs on.
        held_out: Pictures with true boxes to validate on.
        teacher: A detector to distil from: an exported file or a checkpoint; see `distillation`.
        say: Takes lines for people.

    Returns:
        The checkpoint.

    Raises:
        DataError: Nothing to train on, the run cannot be resumed, or the teacher has other anchors.
    """
    if not any((~s.ignore).any() for s in faces):
        raise DataError("no picture has a face to learn from")
    hardware = hardware or Hardware()
    distilled = None if teacher is None else TeacherDetector(teacher, hardware.threads)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(hardware.threads)
    model = SSD(recipe.width, recipe.channels)
    hardness = torch.ones(len(negatives)).share_memory_()  # type: ignore[no-untyped-call]
    data = DetectorData(
        faces,
        negatives,
        pictures,
        recipe.crops,
        -(-recipe.steps // recipe.echo) * recipe.batch,
        recipe.seed,
        recipe.negative_share,
        hardness,
        landmarks,
        hard,
    )
    if start is not None and not resume:
        load_start(model, start, some_pictures(data, recipe.batch))
    validation = HeldOutPictures(held_out, pictures, 2 * recipe.crops.size)
    task = _Detector(model, recipe, data, validation, hardness, distilled)
    return fit(task, folder, resume, hardware, say)


class _Detector:
    kind, metric, clip = "detector", "average precision", 10.0

    def __init__(
        self,
        model: SSD,
        recipe: DetectorRecipe,
        data: DetectorData,
        validation: HeldOutPictures,
        hardness: Tensor,
        teacher: TeacherDetector | None,
    ) -> None:
        self.model, self.recipe, self.data, self.validation = model, recipe, data, validation
        self.hardness, self._teacher = hardness, teacher
        samples = [*data.faces, *data.negatives]
        self.fingerprint = data_fingerprint(map(_identity, samples), teacher.sha256 if teacher else "")
        self._anchors = torch.from_numpy(grid(recipe.crops.size, recipe.crops.size))

    def echoed(self, batch: list[Tensor], turn: int) -> list[Tensor]:
        planes, states, targets, which = batch
        if turn % 2:
            planes = echo.mirrored(planes)
            states, targets = mirrored(states, targets, self.recipe.crops.size)
        return [echo.relit(planes), states, targets, which]

    def plan(self, step: int) -> tuple[int, float]:
        recipe = self.recipe
        frozen = step < recipe.frozen_until * recipe.steps
        return recipe.frozen_blocks if frozen else 0, schedule(step, recipe.steps, recipe.rate)

    def losses(self, batch: list[Tensor], device: torch.device) -> dict[str, Tensor]:
        planes, states, targets, which = batch
        logits, offsets = (part.float() for part in self.model(normalise(planes)))
        anchors = self._anchors.to(device)
        classes, boxes = multibox_loss(
            logits, offsets, anchors, states, targets, self.recipe.hard_negative_ratio
        )
        loss = classes + self.recipe.box_weight * boxes
        parts = {"class_loss": classes.detach(), "box_loss": boxes.detach()}
        if self._teacher is not None:
            classes, boxes = distillation_loss(logits, offsets, anchors, self._teacher(planes))
            loss = loss + self.recipe.distillation * (classes + self.recipe.box_weight * boxes)
            parts |= {"distilled_class_loss": classes.detach(), "distilled_box_loss": boxes.detach()}
        _update_hardness(self.hardness, which, logits.detach())
        return parts | {
            "loss": loss,
            "hardness": self.hardness.mean() if len(self.hardness) else torch.zeros(()),
        }

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        return self.validation.average_precision(lambda picture: model(normalise(picture.to(device))))

    def memory(self) -> dict[str, Tensor]:
        return {"hardness": self.hardness}


def _identity(sample: Sample) -> bytes:
    return sample.path.name.encode() + sample.boxes.tobytes() + sample.ignore.tobytes()


def _update_hardness(hardness: Tensor, which: Tensor, logits: Tensor) -> None:
    """Averages in how sure the detector was of a face in pictures that show none."""
    for i, score in zip(which.tolist(), logits.amax(1).sigmoid().tolist(), strict=True):
        if i >= 0:
            hardness[i] = 0.7 * hardness[i] + 0.3 * score
