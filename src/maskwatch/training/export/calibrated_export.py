"""Exports a classifier whose probabilities, doubts and operating point were chosen on labelled pictures."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.classifiers.score_fusion import LOWEST_DETECTOR_SCORE, ScoreFusion
from maskwatch.data.corrections import correct, left_out, read_corrections
from maskwatch.data.sample import UNKNOWN, Sample, negative
from maskwatch.detectors.base import Detector
from maskwatch.errors import DataError
from maskwatch.evaluation.evaluation_set import EvaluationSet, Selection, select
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE, match
from maskwatch.factory import load
from maskwatch.progress import progress
from maskwatch.sources.images import read_image
from maskwatch.training.export.calibration import apply, fit, undecided_below
from maskwatch.training.export.network_inputs import MOST
from maskwatch.training.export.onnx_export import export_classifier
from maskwatch.training.export.operating_point import Candidates, choose_fusion, settle
from maskwatch.types import Faces

SPARED: Final = {"still": 1.0, "live": 2.0}
"""How a classifier is used, each way with its own detector and weights, and what the number of false faces
that are allowed is multiplied by: live, with one search, asked for as few, many faces may be missed."""

_LEAST_FACES: Final = 50
_LEAST_FALSE: Final = 20
_LEAST_FACE: Final = 0.02
_MOST: Final = 40
"""Candidates of a picture that are looked at."""


@dataclass(frozen=True, slots=True)
class CalibrationTargets:
    """How the operating point is chosen.

    Attributes:
        right: Share of the certain answers that must be right.
        false_per_100: False faces that 100 pictures without a face may have.
        partly_labelled: Sources in which some faces have no box.
        corrections: A list of wrong labels; see `maskwatch.data.corrections`.
    """

    right: float = 0.99
    false_per_100: float = 1.0
    partly_labelled: Collection[str] = ()
    corrections: Path | None = None


def export_calibrated(
    saved: Path,
    out: Path,
    metadata: Mapping[str, Any],
    wanted: Selection | EvaluationSet,
    detector: str,
    choices: CalibrationTargets,
    checked: EvaluationSet | None = None,
) -> tuple[float, str]:
    """Exports, looks at the boxes that the detector finds, and exports again with what was learnt.

    Args:
        saved: Checkpoint of `train_classifier`.
        out: The ONNX file to write.
        metadata: See `export_classifier`; its "undecided" and "score" are replaced.
        wanted: Labelled pictures that were not trained on, or where they are.
        detector: Whose boxes are looked at.
        choices: What is asked of the operating point.
        checked: Pictures on which the file is compared with the checkpoint; None takes some of `wanted`.

    Returns:
        The export's difference from the checkpoint, and one line on what was chosen.

    Raises:
        DataError: Too few faces were found to choose anything.
    """
    words = copy.deepcopy(dict(metadata))
    material = wanted if isinstance(wanted, EvaluationSet) else select(wanted)
    if choices.corrections is not None:
        entries = read_corrections(choices.corrections)
        shown = left_out([sample.path for sample in material.negatives], entries)
        samples, portraits, _ = correct(material.samples, material.portraits, entries)
        negatives = [sample for sample in material.negatives if sample.path not in shown]
        material = replace(material, samples=samples, portraits=portraits, negatives=negatives)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        export_classifier(saved, plain, words | {"score": {"combine": "none"}})
        seen = {
            way: look(
                load(detector, "none", threshold=LOWEST_DETECTOR_SCORE, live=way == "live").detector,
                MobileNet(plain, still=way == "still"),
                material,
                choices.partly_labelled,
            )
            for way in SPARED
        }
    outcome, state, side, portrait, probabilities = (
        np.concatenate([one.joined(name) for one in seen.values()])
        for name in ("outcome", "state", "side", "portrait", "probabilities")
    )
    reported = (outcome == TRUE) & (state != UNKNOWN)
    if (count := np.count_nonzero(reported)) < _LEAST_FACES:
        raise DataError(f"only {count} labelled faces were found; {_LEAST_FACES} are needed to calibrate")
    if np.count_nonzero(outcome == FALSE) < _LEAST_FALSE:
        # Without places that are no faces, as in pictures of one person, nothing says how to tell them.
        words["score"] = {"combine": "none"}
    else:
        allowed = choices.false_per_100 * len(material.negatives) / 100
        words["thresholds"]["face"] = _LEAST_FACE  # the threshold of the score does the rest
        chosen = {}
        for way, spared in SPARED.items():
            fusion, kept = choose_fusion(seen[way], int(allowed * spared))
            if material.negatives:
                fusion = settle(fusion, kept, _met(detector, way, saved, words, material.negatives))
            chosen[way] = fusion
        words["score"] = _score(chosen)
        reported &= np.concatenate([_reported(seen[way], chosen[way]) for way in SPARED])
    probabilities, state, side, portrait = (a[reported] for a in (probabilities, state, side, portrait))
    temperatures = fit(probabilities, state)
    calibrated = apply(probabilities, temperatures)
    counts = side >= float(words["thresholds"].get("too_small", 0))
    if np.count_nonzero(counts & ~portrait) >= _LEAST_FACES:
        # Portraits are so easy that with them in the sum every answer about a crowd would pass for certain.
        counts &= ~portrait
    limits = undecided_below(calibrated[counts], state[counts], choices.right)
    words["thresholds"]["undecided"] = {key: round(value, 4) for key, value in limits.items()}
    faces = len(state) // len(SPARED)
    words["calibration"] = {"faces": faces, "right": choices.right, "detector": detector}
    some = replace(
        material, samples=material.samples[:MOST], portraits=material.portraits[:MOST], negatives=[]
    )
    difference = export_classifier(saved, out, words, temperatures, checked or some)
    return difference, (
        f"{faces} faces: temperatures {temperatures.mask:.2f} (mask), {temperatures.covered:.2f} (covered);"
        f" score {words['score']};"
        f" undecided below {words['thresholds']['undecided']}"
    )


def _met(
    detector: str, way: str, saved: Path, words: Mapping[str, Any], negatives: Sequence[Sample]
) -> Callable[[ScoreFusion], NDArray[np.floating]]:
    """What a classifier's file shows in pictures without a face, through the engine that users run."""

    def scored(fusion: ScoreFusion) -> NDArray[np.floating]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "used.onnx"
            export_classifier(saved, file, {**words, "score": _score({way: fusion})})
            engine = load(detector, str(file), live=way == "live")
            pictures = progress(negatives, "checking false faces")
            return np.concatenate([engine.detect(read_image(sample.path)).scores for sample in pictures])

    return scored


def _score(chosen: Mapping[str, ScoreFusion]) -> dict[str, Any]:
    """What the file says of how both opinions are joined, each way."""
    return {"combine": "logistic"} | {way: asdict(fusion) for way, fusion in chosen.items()}


def _reported(seen: Candidates, fusion: ScoreFusion) -> NDArray[np.bool_]:
    return np.asarray(fusion(seen.joined("found"), seen.joined("seen")) >= fusion.threshold)


def look(
    detector: Detector, classifier: MobileNet, material: EvaluationSet, partly_labelled: Collection[str] = ()
) -> Candidates:
    """Offers of the detector in all pictures, and what the classifier says of them."""
    seen = Candidates()
    for sample in progress(material.samples, "calibrating"):
        _take(seen, sample, detector, classifier, sample.source in partly_labelled)
    for sample in progress(material.negatives, "calibrating"):
        _take(seen, negative(sample.path), detector, classifier, False)
    for portrait in progress(material.portraits, "calibrating"):
        image = read_image(portrait.path)
        faces = detector.detect(image)[:1]
        probabilities, face, *_ = classifier.look(image, faces.boxes)
        outcome, states = np.full(len(faces), TRUE, np.int8), np.full(len(faces), portrait.state, np.int64)
        _append(seen, faces, face, outcome, probabilities, states, portrait=True)
    return seen


def _take(seen: Candidates, sample: Sample, detector: Detector, classifier: MobileNet, partly: bool) -> None:
    image = read_image(sample.path)
    faces = detector.detect(image)[:_MOST]
    matched = match(faces.boxes, faces.scores, sample.boxes, sample.ignore)
    faces = faces[matched.order]
    outcome = np.where((matched.outcome == FALSE) & partly, np.int8(IGNORED), matched.outcome)
    probabilities, face, *_ = classifier.look(image, faces.boxes)
    states = np.append(sample.states, UNKNOWN)[matched.truth]  # row -1: no true face
    _append(seen, faces, face, outcome, probabilities, states, bare=len(sample.boxes) == 0)


def _append(
    seen: Candidates,
    faces: Faces,
    face: NDArray[np.floating],
    outcome: NDArray[np.int8],
    probabilities: NDArray[np.floating],
    states: NDArray[np.int64],
    *,
    bare: bool = False,
    portrait: bool = False,
) -> None:
    seen.found.append(faces.scores)
    seen.seen.append(face)
    seen.outcome.append(outcome)
    seen.probabilities.append(probabilities)
    seen.side.append((faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1, initial=np.inf))
    seen.state.append(states)
    seen.bare.append(np.full(len(faces), bare))
    seen.portrait.append(np.full(len(faces), portrait))
