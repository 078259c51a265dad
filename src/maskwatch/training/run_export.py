"""Exports the model of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import DataError, SourceError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.models.download import choose_file
from maskwatch.training.data.training_set import Say, TrainingSet
from maskwatch.training.export.calibrated_export import CalibrationTargets, export_calibrated
from maskwatch.training.export.ensemble import EnsembleMember
from maskwatch.training.export.onnx_export import export_classifier, export_detector, read_metadata
from maskwatch.training.recipes.schema import ExportSettings, Recipe

_LEAST_FACES: Final = 50
"""Labelled faces that have to be held out for a calibration."""

_MEMBERS: Final = {"shipped": "face_ssd.onnx"}
"""Detectors to be averaged with that have a short name."""


def export_run(saved: Path, out: Path, recipe: Recipe, training_set: TrainingSet, say: Say) -> None:
    """Writes the model file as the recipe says: calibrated, or averaged with another detector.

    Where there are too few held-out faces to calibrate on, the file is written uncalibrated.

    Args:
        saved: The checkpoint.
        out: The ONNX file.
        recipe: The recipe of the run.
        training_set: What the run read; its held-out pictures are calibrated on.
        say: Takes lines for people.

    Raises:
        MaskwatchError: The checkpoint or the ensemble's member cannot be used, or the export is not exact.
    """
    metadata = read_metadata(recipe.kind, None) | recipe.metadata
    settings = recipe.export
    if recipe.kind == "detector":
        export_detector(saved, out, metadata, companion=_member(settings))
        return
    if settings.calibrate and _calibrated(saved, out, metadata, recipe, held_out(training_set), say):
        return
    export_classifier(saved, out, metadata)


def _calibrated(
    saved: Path, out: Path, metadata: dict[str, Any], recipe: Recipe, evaluation_set: EvaluationSet, say: Say
) -> bool:
    """Writes a calibrated classifier; says why, and returns False, where that is not possible."""
    settings = recipe.export
    faces = len(evaluation_set.portraits)
    faces += sum(int(((s.states != UNKNOWN) & ~s.ignore).sum()) for s in evaluation_set.samples)
    if faces < _LEAST_FACES:
        say(f"not calibrated: {faces} labelled faces were held out, {_LEAST_FACES} are needed")
        return False
    targets = CalibrationTargets(settings.certain, settings.false_faces, recipe.shared.partly_labelled)
    try:
        _, summary = export_calibrated(saved, out, metadata, evaluation_set, settings.detector, targets)
    except (DataError, SourceError) as error:
        say(f"not calibrated: {error}")
        return False
    say(f"calibrated on {summary}")
    return True


def held_out(training_set: TrainingSet) -> EvaluationSet:
    """The pictures of a run that were not trained on."""
    return EvaluationSet(
        samples=list(training_set.held_out.samples),
        portraits=list(training_set.held_out.portraits),
        negatives=list(training_set.held_out_negatives),
    )


def _member(settings: ExportSettings) -> EnsembleMember | None:
    file = choose_file(settings.ensemble_member, _MEMBERS, "export.ensemble_member")
    return None if file is None else EnsembleMember(file, settings.ensemble_share)
