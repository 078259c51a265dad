"""Trains the mask classifier: transfer learning, first the dense layer, then all of it; or the head alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.utils.data import Dataset

from maskwatch.errors import DataError
from maskwatch.training.data.classifier_dataset import ClassifierData, FaceExample, FaceRecipe
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import distributed, echo
from maskwatch.training.engine.cached_features import CachedFeatures, features_of
from maskwatch.training.engine.distillation import TeacherClassifier, soft_targets
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.initial_weights import load_start
from maskwatch.training.engine.loop import Say, enough_memory, fit
from maskwatch.training.engine.optimisation import normalise, schedule, some_pictures
from maskwatch.training.engine.resume import data_fingerprint
from maskwatch.training.engine.validation import HeldOutFaces
from maskwatch.training.nets.mask_net import MaskNet, binary_loss
from maskwatch.training.recipes.fields import STRICT, Amount, Count, Positive, Share, Whole


@dataclass(frozen=True, config=STRICT)
class ClassifierRecipe:
    """Everything that decides how a classifier comes out of one stage of training.

    Attributes:
        width: Multiplier of the trunk's channels.
        hidden: Units of a dense layer between the trunk and the last layer; 0 does without.
        dropout: Before the last layer.
        steps: Optimiser steps.
        batch: Examples a step.
        rate: Highest learning rate of Adam; a short warm-up leads to it, half a cosine to zero.
        weight_decay: For convolutions and dense layers only.
        frozen_share: Share of the steps, the first ones, that train the dense layers alone on a frozen trunk.
        frozen_blocks: Blocks of the trunk that are never trained.
        copies: Changed copies of each example whose trunk features are computed once; on these the dense
            layers alone are trained, in seconds. 0 trains the trunk as well, on ever new copies.
        smoothing: Of the labels.
        ema_decay: Decay of the exponential moving average of the weights.
        echo: Steps for which each batch is used, mirrored and in another light; see `engine.echo`.
        evaluate_every: Steps between two validations.
        patience: Evaluations without a better figure after which the training stops; 0 never stops it.
        hold_out: Share of the pictures that are held out for validation where the data has no split "val".
        seed: Of everything random.
        partly_labelled: Sources in which many faces have no label: no background is taken from them.
        distillation: Share of the teacher's answers in the targets, where there is a teacher.
        faces: How examples are cut.
    """

    width: Positive = 1.0
    hidden: Whole = 0
    dropout: Share = 0.2
    steps: Count = 2000
    batch: Count = 32
    rate: Positive = 3e-4
    weight_decay: Amount = 1e-2
    frozen_share: Share = 0.05
    frozen_blocks: Whole = 0
    copies: Whole = 0
    smoothing: Share = 0.02
    ema_decay: Share = 0.998
    echo: Count = 1
    evaluate_every: Count = 200
    patience: Whole = 5
    hold_out: Share = 0.1
    seed: Whole = 0
    partly_labelled: tuple[str, ...] = ()
    distillation: Share = 0.7
    faces: FaceRecipe = field(default_factory=FaceRecipe)


def train_classifier(
    examples: Sequence[FaceExample],
    pictures: PictureCache,
    recipe: ClassifierRecipe,
    folder: Path,
    start: Path | None = None,
    resume: bool = False,
    hardware: Hardware | None = None,
    held_out: Sequence[FaceExample] = (),
    teacher: Path | None = None,
    say: Say = lambda text: None,
) -> Path:
    """Trains a classifier and leaves `checkpoint.pt`, `best.pt` and `log.csv` in a folder; see `fit`.

    Args:
        examples: Faces, and things that are none.
        pictures: Their decoded pixels.
        recipe: Settings of the training.
        folder: Of the run; made if absent.
        start: Trunk weights (safetensors or torchvision's), a checkpoint or an exported model (.onnx).
        resume: Go on where the folder's checkpoint stopped.
        hardware: What it runs on.
        held_out: Faces to validate on.
        teacher: A classifier to distil from: an exported file or a checkpoint; see `distillation`.
        say: Takes lines for people.

    Returns:
        The checkpoint.

    Raises:
        DataError: Nothing to train on, the run cannot be resumed, or the teacher does not fit.
    """
    hardware = hardware or Hardware()
    if teacher is not None and recipe.copies:
        raise DataError("a teacher trains the whole network, copies the head alone; set copies=0")
    if recipe.echo > 1 and recipe.copies:
        raise DataError("echo changes pictures, copies keeps features only; set echo=1 or copies=0")
    distilled = None
    if teacher is not None:
        distilled = TeacherClassifier(teacher, recipe.faces.margin, hardware.threads)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(hardware.threads)
    model = MaskNet(recipe.width, recipe.dropout, recipe.hidden)
    count = len(examples) * recipe.copies if recipe.copies else -(-recipe.steps // recipe.echo) * recipe.batch
    data = ClassifierData(examples, pictures, recipe.faces, count, recipe.seed)
    if data.constant_outputs.get(1) is not None:
        kinds = ", ".join(data.kind_counts)
        raise DataError(
            f"all that can be drawn is {kinds}: a classifier needs faces of at least two kinds, for example"
            " with_mask and without_mask"
        )
    if start is not None and not resume:
        load_start(model, start, some_pictures(data, recipe.batch), trunk_only=recipe.copies > 0)
    model.fix_outputs(data.constant_outputs)
    validation = HeldOutFaces(held_out, pictures, recipe.faces.size, recipe.faces.margin)
    fingerprint = data_fingerprint(map(_identity, examples), distilled.sha256 if distilled else "")
    task: _Classifier = _Classifier(model, recipe, data, validation, fingerprint, distilled)
    if recipe.copies:
        with enough_memory(recipe.batch):
            features = features_of(
                model,
                data,
                validation,
                recipe.steps,
                recipe.batch,
                recipe.seed,
                hardware,
                folder,
                resume,
                say,
            )
        task, hardware = _Head(task, features), replace(hardware, workers=0)
    return fit(task, folder, resume, hardware, say)


class _Classifier:
    """The whole network, on ever new examples."""

    kind, metric, clip = "classifier", "balanced accuracy", 5.0

    def __init__(
        self,
        model: MaskNet,
        recipe: ClassifierRecipe,
        data: Dataset[tuple[Tensor, ...]],
        validation: HeldOutFaces,
        fingerprint: str,
        teacher: TeacherClassifier | None = None,
    ) -> None:
        self.model, self.recipe, self.data, self.validation = model, recipe, data, validation
        self.fingerprint, self._teacher = fingerprint, teacher
        self._frozen_steps = int(recipe.frozen_share * recipe.steps)

    def echoed(self, batch: list[Tensor], turn: int) -> list[Tensor]:
        planes, targets, weights = batch
        return [echo.relit(echo.mirrored(planes) if turn % 2 else planes), targets, weights]

    def plan(self, step: int) -> tuple[int, float]:
        recipe = self.recipe
        if step < self._frozen_steps:
            return len(self.model.trunk.features), 1e-3
        steps = recipe.steps - self._frozen_steps
        return recipe.frozen_blocks, schedule(step - self._frozen_steps, steps, recipe.rate)

    def losses(self, batch: list[Tensor], device: torch.device) -> dict[str, Tensor]:
        inputs, targets, weights = batch
        if self._teacher is not None:
            targets = soft_targets(targets, self._teacher(inputs), self.recipe.distillation)
        total = distributed.mean(weights.sum())
        return {
            "loss": binary_loss(self._logits(inputs).float(), targets, weights, self.recipe.smoothing, total)
        }

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        assert isinstance(model, MaskNet)
        return self.validation.balanced_accuracy(lambda pictures: model(normalise(pictures.to(device))))

    def memory(self) -> dict[str, Tensor]:
        return {}

    def _logits(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.model(normalise(inputs))
        return logits


class _Head(_Classifier):
    """The dense layers alone, on features that the trunk computed once."""

    def __init__(self, whole: _Classifier, features: CachedFeatures) -> None:
        super().__init__(whole.model, whole.recipe, features, whole.validation, whole.fingerprint)
        self._held_out = features.held_out

    def plan(self, step: int) -> tuple[int, float]:
        blocks = len(self.model.trunk.features)
        return blocks, schedule(step, self.recipe.steps, self.recipe.rate)

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        assert isinstance(model, MaskNet)
        return self.validation.score(model.head(self._held_out.to(device)))

    def _logits(self, inputs: Tensor) -> Tensor:
        return self.model.head(inputs)


def _identity(example: FaceExample) -> bytes:
    return f"{example.path.name} {example.state}".encode() + example.box.tobytes()
