"""Evaluates one engine, from labelled pictures to a finished `Evaluation`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from maskwatch.data.corrections import apply_corrections, ignored_pictures, read_corrections
from maskwatch.data.sample import PortraitSample, Sample
from maskwatch.errors import ConfigError, DataError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.figures import Figures
from maskwatch.evaluation.inference import EvaluatedEngine, Predictions, predict
from maskwatch.evaluation.measure import compute_figures
from maskwatch.evaluation.mistakes import list_mistakes
from maskwatch.evaluation.result import Evaluation
from maskwatch.evaluation.slices import Member, read_slices
from maskwatch.factory import model_info
from maskwatch.models.info import ModelInfo
from maskwatch.types import ModelKind

_T = TypeVar("_T")
Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Passes pictures on and may show the progress; the text says what they are."""


def _silent(items: Sequence[_T], text: str) -> Iterable[_T]:
    return items


def evaluate(
    engine: EvaluatedEngine,
    evaluation_set: EvaluationSet,
    partly_labelled: Collection[str] = (),
    corrections: Path | None = None,
    slices: Path | None = None,
    keep_mistakes: bool = False,
    progress: Progress = _silent,
) -> Evaluation:
    """Runs an engine over labelled pictures and computes its figures.

    Args:
        engine: The engine.
        evaluation_set: The pictures.
        partly_labelled: Sources in which some faces have no box: only recall and labels are measured there.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`. The figures are given for
            both, the labels as they are and as corrected.
        slices: A list of what faces look like; see `maskwatch.evaluation.slices`.
        keep_mistakes: Whether to list the mistakes one by one.
        progress: Shows the progress.

    Raises:
        ConfigError: A partly labelled source does not occur.
        DataError: Not one picture can be read, or one of the lists cannot be used.
    """
    check_sources(partly_labelled, evaluation_set)
    entries = None if corrections is None else read_corrections(corrections)
    members = [] if slices is None else read_slices(slices)
    (predictions,) = predict_set([engine], evaluation_set, progress)
    corrected, about = None, dict(evaluation_set.about)
    if entries is not None:
        samples, portraits, changed = apply_corrections(
            [picture.sample for picture in predictions.pictures],
            [portrait.sample for portrait in predictions.portraits],
            entries,
        )
        with_face = ignored_pictures([negative.sample.path for negative in predictions.negatives], entries)
        against_corrected = _with_truth(
            predictions,
            {sample.path: sample for sample in samples},
            {portrait.path: portrait for portrait in portraits},
            with_face,
        )
        corrected = _figures(against_corrected, partly_labelled, members)
        about["corrected labels"] = changed + len(with_face)
    about["partly labelled"] = ", ".join(partly_labelled)
    return Evaluation(
        engine=describe(engine),
        data=about,
        figures=_figures(predictions, partly_labelled, members),
        problems=[*evaluation_set.problems, *predictions.problems],
        corrected=corrected,
        mistakes=list_mistakes(predictions, partly_labelled) if keep_mistakes else None,
    )


def check_sources(partly_labelled: Collection[str], evaluation_set: EvaluationSet) -> None:
    """Refuses the name of a source that does not occur.

    Raises:
        ConfigError: There is such a name.
    """
    for source in partly_labelled:
        if source not in evaluation_set.sources:
            known = ", ".join(evaluation_set.sources) or "none"
            raise ConfigError(f"--partly-labelled: no source {source!r} in the data; there is {known}")


def predict_set(
    engines: Sequence[EvaluatedEngine], evaluation_set: EvaluationSet, progress: Progress = _silent
) -> list[Predictions]:
    """Runs each engine on all pictures of a set.

    Returns:
        The predictions of each engine, in the order of `engines`.

    Raises:
        DataError: Not one picture can be read.
    """
    predictions = predict(
        engines,
        progress(evaluation_set.samples, "pictures"),
        progress(evaluation_set.negatives, "pictures without a face"),
        progress(evaluation_set.portraits, "pictures of one person"),
    )
    first = predictions[0]
    if not (first.pictures or first.negatives or first.portraits):
        raise DataError(f"not one picture can be read; the first: {first.problems[0]}")
    return predictions


def describe(engine: EvaluatedEngine) -> dict[str, Any]:
    """Returns names, thresholds, hashes and metadata of an engine's models."""
    parts = engine.at_operating_point
    about: dict[str, Any] = {
        "name": engine.name,
        "used": "live" if engine.live else "still",
        "threshold": parts.threshold,
    }
    about |= _describe_model("detector", model_info(parts.detector, "detector"))
    classifier = parts.classifier
    return about | _describe_model(
        "classifier", None if classifier is None else model_info(classifier, "classifier")
    )


def _describe_model(kind: ModelKind, info: ModelInfo | None) -> dict[str, Any]:
    if info is None:
        return {kind: "none", f"{kind} threshold": None, f"{kind} sha256": None, f"{kind} metadata": {}}
    metadata = dict(info.metadata or {})
    metadata.pop("levels", None)  # anchors: long, and of no interest here
    return {
        kind: info.back_end,
        f"{kind} threshold": info.threshold,
        # Only of files of maskwatch: they are what a model card is about.
        f"{kind} sha256": None if info.metadata is None else info.sha256,
        f"{kind} metadata": metadata,
    }


def _figures(
    predictions: Predictions, partly_labelled: Collection[str], members: Sequence[Member]
) -> Figures:
    return compute_figures(
        predictions.pictures,
        predictions.negatives,
        predictions.portraits,
        partly_labelled,
        members=members,
    )


def _with_truth(
    predictions: Predictions,
    samples: dict[Path, Sample],
    portraits: dict[Path, PortraitSample],
    with_face: Collection[Path],
) -> Predictions:
    """Returns the same predictions with other labels.

    Args:
        predictions: The predictions.
        samples: Corrected pictures with boxes, by path.
        portraits: Corrected pictures of one person; those that are missing are left out.
        with_face: Negatives that show a face, and are left out.
    """
    return replace(
        predictions,
        pictures=[replace(picture, sample=samples[picture.sample.path]) for picture in predictions.pictures],
        portraits=[
            replace(portrait, sample=portraits[portrait.sample.path])
            for portrait in predictions.portraits
            if portrait.sample.path in portraits
        ],
        negatives=[negative for negative in predictions.negatives if negative.sample.path not in with_face],
    )
