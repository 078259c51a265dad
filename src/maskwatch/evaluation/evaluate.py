"""The whole evaluation of one engine, from pictures to a finished `Evaluation`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from maskwatch.data.corrections import correct, left_out, read_corrections
from maskwatch.errors import ConfigError, DataError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.figures import Figures
from maskwatch.evaluation.inference import EvaluatedEngine, Predictions, look
from maskwatch.evaluation.match_table import PicturePrediction
from maskwatch.evaluation.measure import measure
from maskwatch.evaluation.mistakes import mistakes
from maskwatch.evaluation.report import Evaluation
from maskwatch.evaluation.slices import Member, read_slices
from maskwatch.factory import model_info
from maskwatch.models.info import ModelInfo
from maskwatch.types import ModelKind

_Item = TypeVar("_Item")
Watch = Callable[[Sequence[Any], str], Iterable[Any]]
"""Passes pictures on and may show how far it is; the text says what they are."""


def _silent(items: Sequence[_Item], text: str) -> Iterable[_Item]:
    return items


def evaluate(
    contender: EvaluatedEngine,
    material: EvaluationSet,
    partly_labelled: Collection[str] = (),
    corrections: Path | None = None,
    slices: Path | None = None,
    keep_mistakes: bool = False,
    watch: Watch = _silent,
) -> Evaluation:
    """Looks at the pictures and measures.

    Args:
        contender: The engine.
        material: The pictures.
        partly_labelled: Sources in which some faces have no box: only recall and labels are measured.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`. The figures are given for
            both, the labels as they are and as corrected.
        slices: A list of what faces look like; see `maskwatch.evaluation.slices`.
        keep_mistakes: Whether to list the mistakes one by one.
        watch: Shows the progress.

    Raises:
        ConfigError: A partly labelled source does not occur.
        DataError: Not one picture can be read, or one of the lists is of no use.
    """
    check_sources(partly_labelled, material)
    entries = None if corrections is None else read_corrections(corrections)
    members = [] if slices is None else read_slices(slices)
    (findings,) = find([contender], material, watch)
    corrected, about = None, dict(material.about)
    if entries is not None:
        samples, portraits, changed = correct(
            [item.sample for item in findings.looked], [item.sample for item in findings.portraits], entries
        )
        mended = {sample.path: sample for sample in samples}
        whole = {portrait.path: portrait for portrait in portraits}
        shown = left_out([item.sample.path for item in findings.negatives], entries)
        corrected = _measured(_replace_truth(findings, mended, whole, shown), partly_labelled, members)
        about["corrected labels"] = changed + len(shown)
    about["partly labelled"] = ", ".join(partly_labelled)
    return Evaluation(
        engine=describe(contender),
        data=about,
        figures=_measured(findings, partly_labelled, members),
        problems=[*material.problems, *findings.problems],
        corrected=corrected,
        mistakes=mistakes(findings, partly_labelled) if keep_mistakes else None,
    )


def check_sources(partly_labelled: Collection[str], material: EvaluationSet) -> None:
    """Refuses the name of a source that does not occur.

    Raises:
        ConfigError: There is one.
    """
    for source in partly_labelled:
        if source not in material.sources:
            known = ", ".join(material.sources) or "none"
            raise ConfigError(f"--partly-labelled: no source {source!r} in the data; there is {known}")


def find(
    contenders: Sequence[EvaluatedEngine], material: EvaluationSet, watch: Watch = _silent
) -> list[Predictions]:
    """Shows all pictures to each engine.

    Raises:
        DataError: Not one can be read.
    """
    findings = look(
        contenders,
        watch(material.samples, "pictures"),
        watch(material.negatives, "pictures without a face"),
        watch(material.portraits, "pictures of one person"),
    )
    first = findings[0]
    if not (first.looked or first.negatives or first.portraits):
        raise DataError(f"not one picture can be read; the first: {first.problems[0]}")
    return findings


def describe(contender: EvaluatedEngine) -> dict[str, Any]:
    """Names, thresholds, hashes of the model files and what these say about themselves."""
    about: dict[str, Any] = {
        "name": contender.name,
        "used": "live" if contender.live else "still",
        "threshold": contender.usual.threshold,
    }
    about |= _describe_model("detector", model_info(contender.usual.detector, "detector"))
    classifier = contender.usual.classifier
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


def _measured(findings: Predictions, partly_labelled: Collection[str], members: Sequence[Member]) -> Figures:
    return measure(findings.looked, findings.negatives, findings.portraits, partly_labelled, members=members)


def _replace_truth(
    findings: Predictions, samples: dict[Path, Any], portraits: dict[Path, Any], shown: Collection[Path]
) -> Predictions:
    """The same findings against other labels, without crops of no label and negatives that show a face."""
    looked: list[PicturePrediction] = [
        replace(item, sample=samples[item.sample.path]) for item in findings.looked
    ]
    whole = [
        replace(c, sample=portraits[c.sample.path]) for c in findings.portraits if c.sample.path in portraits
    ]
    negatives = [item for item in findings.negatives if item.sample.path not in shown]
    return replace(findings, looked=looked, portraits=whole, negatives=negatives)
