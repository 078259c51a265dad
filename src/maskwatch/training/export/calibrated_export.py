"""Exports a classifier whose temperatures and thresholds were chosen on labelled pictures."""

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
from maskwatch.data.sample import UNKNOWN, Sample
from maskwatch.errors import DataError
from maskwatch.evaluation.evaluation_set import EvaluationSet, Selection, select, with_corrections
from maskwatch.evaluation.matching import FALSE, TRUE
from maskwatch.factory import load
from maskwatch.models.runtime import open_model
from maskwatch.progress import progress
from maskwatch.training.export.calibration import apply, fit, undecided_below
from maskwatch.training.export.candidates import Candidates, collect_candidates
from maskwatch.training.export.decoded_pictures import DecodedPictures
from maskwatch.training.export.network_inputs import MOST
from maskwatch.training.export.onnx_export import trace_classifier
from maskwatch.training.export.onnx_metadata import copy_with_metadata
from maskwatch.training.export.operating_point import choose_fusion, raise_threshold

USES: Final = ("still", "live")
"""The uses of a classifier, each with its own detector and weights."""

_LEAST_FACES: Final = 50
_LEAST_FALSE: Final = 20
_LEAST_FACE: Final = 0.02


@dataclass(frozen=True, slots=True)
class CalibrationTargets:
    """What the operating point has to keep to.

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
    selection: Selection | EvaluationSet,
    detector: str,
    targets: CalibrationTargets,
    pictures: EvaluationSet | None = None,
) -> tuple[float, str]:
    """Exports a classifier, calibrates it on the boxes of a detector, and writes its file.

    torch exports the network once. Calibration then changes factors and metadata in the ONNX graph only.

    Args:
        saved: Checkpoint of a classifier's training.
        out: The ONNX file to write.
        metadata: See `export_classifier`; "undecided" and "score" in it are replaced.
        selection: Labelled pictures that were not trained on, or where they are.
        detector: Name of the detector whose boxes are classified.
        targets: What the operating point has to keep to.
        pictures: Pictures on which the file is compared with the checkpoint; None takes some of `selection`.

    Returns:
        Largest difference of the outputs between the checkpoint and the file, and one line on what was
        chosen.

    Raises:
        DataError: Too few faces were found to calibrate on.
    """
    described = copy.deepcopy(dict(metadata))
    selected = selection if isinstance(selection, EvaluationSet) else select(selection)
    calibration_set = with_corrections(selected, targets.corrections)
    negatives = DecodedPictures()
    network = trace_classifier(saved)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        network.write(plain, described | {"score": {"combine": "none"}})
        models = {
            use: (
                load(detector, "none", threshold=LOWEST_DETECTOR_SCORE, live=use == "live").detector,
                MobileNet(plain, still=use == "still"),
            )
            for use in USES
        }
        candidates = collect_candidates(models, calibration_set, targets.partly_labelled, negatives)
        every = Candidates.concatenate(candidates.values())
        labelled = (every.outcome == TRUE) & (every.state != UNKNOWN)
        if (count := int(np.count_nonzero(labelled))) < _LEAST_FACES:
            raise DataError(f"only {count} labelled faces were found; {_LEAST_FACES} are needed to calibrate")
        if np.count_nonzero(every.outcome == FALSE) < _LEAST_FALSE:
            # Without candidates that are no faces, as in portraits, nothing shows how to tell them apart.
            described["score"] = {"combine": "none"}
        else:
            described["thresholds"]["face"] = _LEAST_FACE  # the threshold of the score does the rest
            allowed = targets.false_per_100 * len(calibration_set.negatives) / 100
            fusions = {}
            for use in USES:
                fusion, remaining = choose_fusion(candidates[use], int(allowed))
                if calibration_set.negatives:
                    in_use = _scores_in_use(
                        detector, use, plain, described, calibration_set.negatives, negatives
                    )
                    fusion = raise_threshold(fusion, remaining, in_use)
                fusions[use] = fusion
            described["score"] = _score_metadata(fusions)
            labelled &= np.concatenate([_is_reported(candidates[use], fusions[use]) for use in USES])
    faces = every[labelled]
    temperatures = fit(faces.probabilities, faces.state)
    described["thresholds"]["undecided"] = _undecided(
        faces,
        apply(faces.probabilities, temperatures),
        float(described["thresholds"].get("too_small", 0)),
        targets.right,
    )
    count = len(faces) // len(USES)
    described["calibration"] = {"faces": count, "right": targets.right, "detector": detector}
    some = replace(
        calibration_set,
        samples=calibration_set.samples[:MOST],
        portraits=calibration_set.portraits[:MOST],
        negatives=[],
    )
    network.set_temperatures(temperatures)
    difference = network.write(out, described, pictures or some)
    return difference, (
        f"{count} faces: temperatures {temperatures.mask:.2f} (mask), {temperatures.covered:.2f} (covered);"
        f" score {described['score']};"
        f" undecided below {described['thresholds']['undecided']}"
    )


def _scores_in_use(
    detector: str,
    use: str,
    plain: Path,
    metadata: Mapping[str, Any],
    negatives: Sequence[Sample],
    pictures: DecodedPictures,
) -> Callable[[ScoreFusion], NDArray[np.floating]]:
    """Returns a function that measures a fusion in the engine that users run.

    It returns the scores (n,) of the faces that a classifier's file with this fusion reports in the
    negatives.
    """
    exported = open_model(plain).metadata

    def scores_in_use(fusion: ScoreFusion) -> NDArray[np.floating]:
        score = _score_metadata({use: fusion})
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "in_use.onnx"
            copy_with_metadata(plain, file, exported | dict(metadata) | {"score": score})
            engine = load(detector, str(file), live=use == "live")
            images = (pictures.read(sample.path) for sample in progress(negatives, "checking false faces"))
            return np.concatenate([engine.detect(image).scores for image in images])

    return scores_in_use


def _score_metadata(fusions: Mapping[str, ScoreFusion]) -> dict[str, Any]:
    """Returns the "score" of the metadata, for each use."""
    return {"combine": "logistic"} | {use: asdict(fusion) for use, fusion in fusions.items()}


def _is_reported(candidates: Candidates, fusion: ScoreFusion) -> NDArray[np.bool_]:
    return np.asarray(fusion(candidates.detector_score, candidates.face) >= fusion.threshold)


def _undecided(
    faces: Candidates, calibrated: NDArray[np.floating], too_small: float, right: float
) -> dict[str, float]:
    """Chooses for each state the probability below which an answer is uncertain."""
    counts = faces.side >= too_small
    if np.count_nonzero(counts & ~faces.portrait) >= _LEAST_FACES:
        # Portraits are easy: with them in the sum, every answer about a crowd would count as certain.
        counts &= ~faces.portrait
    limits = undecided_below(calibrated[counts], faces.state[counts], right)
    return {state: round(limit, 4) for state, limit in limits.items()}
