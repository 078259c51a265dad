"""From folders to a trained model: what `maskwatch train` does, without the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from maskwatch.training.classifier import ClassifierRecipe, train_classifier
from maskwatch.training.data.training_set import (
    Say,
    TrainingSet,
    TrainingSources,
    list_unreadable,
    read_training_set,
)
from maskwatch.training.detector import DetectorRecipe, train_detector
from maskwatch.training.engine import distributed
from maskwatch.training.engine.hardware import Hardware
from maskwatch.training.engine.initial_weights import find_start, settings_of
from maskwatch.training.engine.resume import recipe_of
from maskwatch.training.examples import classifier_examples, detector_examples
from maskwatch.training.provenance import fingerprint
from maskwatch.training.recipes.load import load_recipe
from maskwatch.training.recipes.schema import Recipe
from maskwatch.training.run_folder import finish
from maskwatch.training.stages import RECIPE, StageRun, Train, begin_run, has_stages, run_stages
from maskwatch.types import ModelKind

DEFAULT_RECIPE: Final = "fine-tune"
"""The recipe of a new run for which none is named."""


def choose_recipe(
    kind: ModelKind,
    name: str | None,
    changes: Sequence[str],
    start: str | None,
    teacher: str | None,
    folder: Path,
    resume: bool,
) -> Recipe:
    """Returns the recipe of a run: what the user says, on top of what the start or the run decides.

    Args:
        kind: Of the model.
        name: A recipe's name or file; None is that of the run to go on with, or `DEFAULT_RECIPE`.
        changes: See `load_recipe`.
        start: Other weights for the first stage; None leaves them as the recipe says.
        teacher: Another teacher for all stages; likewise.
        folder: Of the run.
        resume: Whether it goes on.

    Raises:
        ConfigError: The recipe makes no sense.
        DataError: There is no run to go on with, or the start is not readable.
    """
    file: str | None = name or DEFAULT_RECIPE
    if resume:
        defaults = {} if has_stages(folder) else recipe_of(folder)
        saved = folder / RECIPE
        file = name or (str(saved) if saved.is_file() else None)
    else:
        first = load_recipe(kind, file, changes).with_sources(start, None).stages[0].start
        defaults = settings_of(kind, find_start(kind, str(first)))
    return load_recipe(kind, file, changes, defaults).with_sources(start, teacher)


def train_model(
    sources: TrainingSources,
    recipe: Recipe,
    folder: Path,
    resume: bool,
    hardware: Hardware,
    say: Say,
    report: bool = True,
) -> None:
    """Reads the data, trains all stages of a recipe, exports the model and explains the run in its folder.

    Args:
        sources: What to train on.
        recipe: How.
        folder: Of the run.
        resume: Go on where the run was cut.
        hardware: What it runs on.
        say: Takes lines for people.
        report: Whether the model is exported, measured and explained; see `finish`.

    Raises:
        DataError: Nothing to train on, or the run cannot be resumed.
    """
    shared = recipe.shared
    # Decoded pictures are kept in files that several processes must not write at once.
    with distributed.first_goes_first():
        training_set = read_training_set(sources, shared.hold_out, shared.seed, say)
    if not resume:
        begin_run(recipe, folder, keep_recipe=report)
    data = fingerprint({"train": training_set.train.items})["train"]["sha256"]
    make = _detector_training if recipe.kind == "detector" else _classifier_training
    saved = run_stages(recipe, folder, resume, data, make(training_set, recipe, hardware, say), say)
    list_unreadable(training_set.unreadable, say)
    if report:
        finish(folder, saved, recipe, training_set, say)


def _detector_training(training_set: TrainingSet, recipe: Recipe, hardware: Hardware, say: Say) -> Train:
    examples = detector_examples(training_set, recipe.shared.partly_labelled, say)

    def train(run: StageRun) -> Path:
        settings = run.stage.settings
        assert isinstance(settings, DetectorRecipe)
        return distributed.launch(
            hardware.devices,
            train_detector,
            examples.faces,
            training_set.negatives,
            training_set.pictures,
            settings,
            run.folder,
            run.start,
            run.resume,
            landmarks=examples.landmarks if settings.crops.painted else None,
            hard=examples.hard if settings.crops.hard_faces != 1 else None,
            hardware=hardware,
            held_out=examples.held_out,
            teacher=run.teacher,
            say=say,
        )

    return train


def _classifier_training(training_set: TrainingSet, recipe: Recipe, hardware: Hardware, say: Say) -> Train:
    stages = [stage.settings for stage in recipe.stages]
    detected = any(isinstance(s, ClassifierRecipe) and s.faces.detected_boxes > 0 for s in stages)
    examples = classifier_examples(
        training_set, recipe.shared.partly_labelled, recipe.shared.seed, detected, say
    )

    def train(run: StageRun) -> Path:
        settings = run.stage.settings
        assert isinstance(settings, ClassifierRecipe)
        return distributed.launch(
            hardware.devices,
            train_classifier,
            examples.examples,
            training_set.pictures,
            settings,
            run.folder,
            run.start,
            run.resume,
            hardware=hardware,
            held_out=examples.held_out,
            teacher=run.teacher,
            say=say,
        )

    return train
