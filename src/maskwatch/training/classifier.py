"""Trains the mask classifier: transfer learning, first the dense layer, then all of it; or the head alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from maskwatch.errors import DataError
from maskwatch.training.data.classifier_dataset import ClassifierData, FaceExample, FaceRecipe
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import distributed
from maskwatch.training.engine.cached_features import CachedFeatures, features_of
from maskwatch.training.engine.distillation import TeacherClassifier, blended
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.initial_weights import load_start
from maskwatch.training.engine.loop import Say, enough_memory, fit
from maskwatch.training.engine.optimisation import normalise, schedule, some_pictures
from maskwatch.training.engine.validation import HeldOutFaces
from maskwatch.training.nets.mask_net import MaskNet, binary_loss


@dataclass(frozen=True)
class ClassifierRecipe:
    """Everything that decides how a classifier comes out.

    Attributes:
        width: Multiplier of the trunk's channels.
        hidden: Units of a dense layer between the trunk and the last layer; 0 does without.
        dropout: Before the last layer.
        steps: Optimiser steps.
        batch: Examples a step.
        rate: Highest learning rate of Adam; a short warm-up leads to it, half a cosine to zero.
        weight_decay: For convolutions and dense layers only.
        frozen: Share of the steps that train the dense layers alone, the trunk as it came.
        frozen_blocks: Blocks of the trunk that are never trained.
        copies: Changed copies of each example whose trunk features are computed once; on these the dense
            layers alone are trained, in seconds. 0 trains the trunk as well, on ever new copies.
        smoothing: Of the labels.
        average: Decay of the averaged weights.
        evaluate_every: Steps between two looks at the validation pictures.
        patience: Evaluations without a better figure after which the training stops; 0 never stops it.
        hold_out: Share of the pictures that are kept for validation where the data has no split "val".
        seed: Of everything random.
        incomplete: Sources in which many faces have no label: no background is taken from them.
        imitation: Share of another classifier's answers in what is learnt, where one is imitated.
        faces: How examples are cut.
    """

    width: float = 1.0
    hidden: int = 0
    dropout: float = 0.2
    steps: int = 2000
    batch: int = 32
    rate: float = 3e-4
    weight_decay: float = 1e-2
    frozen: float = 0.05
    frozen_blocks: int = 0
    copies: int = 0
    smoothing: float = 0.02
    average: float = 0.998
    evaluate_every: int = 200
    patience: int = 5
    hold_out: float = 0.1
    seed: int = 0
    incomplete: tuple[str, ...] = ()
    imitation: float = 0.7
    faces: FaceRecipe = field(default_factory=FaceRecipe)


def train_classifier(
    examples: Sequence[FaceExample],
    pictures: PictureCache,
    recipe: ClassifierRecipe,
    folder: Path,
    start: Path | None = None,
    resume: bool = False,
    threads: int = 1,
    workers: int = 1,
    hardware: Hardware | None = None,
    held: Sequence[FaceExample] = (),
    imitated: Path | None = None,
    say: Say = lambda text: None,
) -> Path:
    """Trains a classifier and leaves `checkpoint.pt`, `best.pt` and `log.csv` in a folder; see `fit`.

    Args:
        examples: Faces, and things that are none.
        pictures: Their decoded pixels.
        recipe: How.
        folder: Of the run; made if absent.
        start: Trunk weights (safetensors or torchvision's), a checkpoint or an exported model (.onnx).
        resume: Go on where the folder's checkpoint stopped.
        threads: Of torch.
        workers: Processes that make examples; 0 makes them in this one.
        hardware: What it runs on.
        held: Faces to validate on.
        imitated: An exported classifier whose answers are learnt besides the labels; see `distillation`.
        say: Takes lines for people.

    Returns:
        The checkpoint.

    Raises:
        DataError: Nothing to train on, the run cannot be resumed, or the classifier to imitate does not fit.
    """
    hardware = hardware or Hardware()
    mentor = None
    if imitated is not None:
        if recipe.copies:
            raise DataError("--imitate trains the whole network, copies the head alone; set copies=0")
        mentor = TeacherClassifier(imitated, recipe.faces.margin, threads)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(threads)
    model = MaskNet(recipe.width, recipe.dropout, recipe.hidden)
    count = len(examples) * recipe.copies if recipe.copies else recipe.steps * recipe.batch
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
    faces = HeldOutFaces(held, pictures, recipe.faces.size, recipe.faces.margin)
    task: _Classifier = _Classifier(model, recipe, data, faces, _fingerprint(examples, mentor), mentor)
    if recipe.copies:
        with enough_memory(recipe.batch):
            features = features_of(
                model,
                data,
                faces,
                recipe.steps,
                recipe.batch,
                recipe.seed,
                hardware,
                folder,
                resume,
                workers,
                say,
            )
        task, workers = _Head(task, features), 0
    return fit(task, folder, resume, hardware, workers, say)


class _Classifier:
    """The whole network, on ever new examples."""

    kind, figure, clip = "classifier", "balanced accuracy", 5.0

    def __init__(
        self,
        model: MaskNet,
        recipe: ClassifierRecipe,
        data: Dataset[tuple[Tensor, ...]],
        held: HeldOutFaces,
        fingerprint: str,
        mentor: TeacherClassifier | None = None,
    ) -> None:
        self.model, self.recipe, self.data, self.held = model, recipe, data, held
        self.fingerprint, self._mentor = fingerprint, mentor
        self._frozen_steps = int(recipe.frozen * recipe.steps)

    def plan(self, step: int) -> tuple[int, float]:
        recipe = self.recipe
        if step < self._frozen_steps:
            return len(self.model.trunk.features), 1e-3
        steps = recipe.steps - self._frozen_steps
        return recipe.frozen_blocks, schedule(step - self._frozen_steps, steps, recipe.rate)

    def losses(self, batch: list[Tensor], device: torch.device) -> dict[str, Tensor]:
        inputs, targets, weights = batch
        if self._mentor is not None:
            targets = blended(targets, self._mentor(inputs), self.recipe.imitation)
        total = distributed.mean(weights.sum())
        return {
            "loss": binary_loss(self._logits(inputs).float(), targets, weights, self.recipe.smoothing, total)
        }

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        assert isinstance(model, MaskNet)
        return self.held.balanced_accuracy(lambda pictures: model(normalise(pictures.to(device))))

    def memory(self) -> dict[str, Tensor]:
        return {}

    def _logits(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.model(normalise(inputs))
        return logits


class _Head(_Classifier):
    """The dense layers, on features that the trunk gave once."""

    def __init__(self, whole: _Classifier, features: CachedFeatures) -> None:
        super().__init__(whole.model, whole.recipe, features, whole.held, whole.fingerprint)
        self._held = features.held

    def plan(self, step: int) -> tuple[int, float]:
        blocks = len(self.model.trunk.features)
        return blocks, schedule(step, self.recipe.steps, self.recipe.rate)

    def validate(self, model: nn.Module, device: torch.device) -> float | None:
        assert isinstance(model, MaskNet)
        return self.held.score(model.head(self._held.to(device)))

    def _logits(self, inputs: Tensor) -> Tensor:
        return self.model.head(inputs)


def _fingerprint(examples: Sequence[FaceExample], mentor: TeacherClassifier | None) -> str:
    found = hashlib.sha256(mentor.sha256.encode() if mentor else b"")
    for example in examples:
        found.update(f"{example.path.name} {example.state}".encode() + example.box.tobytes())
    return found.hexdigest()
