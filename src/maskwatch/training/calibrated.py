"""Exports a classifier whose probabilities, doubts and operating point were chosen on labelled pictures."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.build import load
from maskwatch.classifiers.fusion import LEAST, Fusion
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.data.corrections import correct, left_out, read_corrections
from maskwatch.data.sample import UNKNOWN, Sample, negative
from maskwatch.detectors.base import Detector
from maskwatch.errors import DataError
from maskwatch.evaluation.matching import FALSE, IGNORED, TRUE, match
from maskwatch.evaluation.material import Material, Wanted, gather
from maskwatch.evaluation.metrics import threshold_for
from maskwatch.progress import progress
from maskwatch.sources.images import read_image
from maskwatch.training.calibrate import apply, fit, fit_fusion, undecided_below
from maskwatch.training.export import export_classifier
from maskwatch.training.recorded import MOST
from maskwatch.types import Faces

SPARED: Final = {"still": 1.0, "live": 2.0}
"""How a classifier is used, each way with its own detector and weights, and what the number of false faces
that are allowed is multiplied by. Live, one search instead of three, asked for as few, would miss one face in
twenty more."""

_LEAST_FACES: Final = 50
_LEAST_FALSE: Final = 20
_LEAST_FACE: Final = 0.02
_MOST: Final = 40
"""Candidates of a picture that are looked at."""


@dataclass(frozen=True, slots=True)
class Choices:
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


@dataclass(slots=True)
class Candidates:
    """Places that the detector offered, as columns.

    Attributes:
        found: (n,) the detector's score.
        seen: (n,) the classifier's probability of a face.
        outcome: (n,) see `maskwatch.evaluation.matching`.
        probabilities: (n, 3) of the states.
        state: (n,) the true state, or `UNKNOWN`.
        side: (n,) shorter side in pixels.
        bare: (n,) bool: in a picture without any face.
        crop: (n,) bool: in a picture of one person.
    """

    found: list[NDArray[np.floating]] = field(default_factory=list)
    seen: list[NDArray[np.floating]] = field(default_factory=list)
    outcome: list[NDArray[np.int8]] = field(default_factory=list)
    probabilities: list[NDArray[np.floating]] = field(default_factory=list)
    state: list[NDArray[np.int64]] = field(default_factory=list)
    side: list[NDArray[np.floating]] = field(default_factory=list)
    bare: list[NDArray[np.bool_]] = field(default_factory=list)
    crop: list[NDArray[np.bool_]] = field(default_factory=list)

    def joined(self, name: str) -> NDArray[Any]:
        """One column."""
        return np.concatenate(getattr(self, name))


def export_calibrated(
    saved: Path,
    out: Path,
    metadata: Mapping[str, Any],
    wanted: Wanted,
    detector: str,
    choices: Choices,
    checked: Material | None = None,
) -> tuple[float, str]:
    """Exports, looks at the boxes that the detector finds, and exports again with what was learnt.

    Args:
        saved: Checkpoint of `train_classifier`.
        out: The ONNX file to write.
        metadata: See `export_classifier`; its "undecided" and "score" are replaced.
        wanted: Labelled pictures that were not trained on.
        detector: Whose boxes are looked at.
        choices: What is asked of the operating point.
        checked: Pictures on which the file is compared with the checkpoint; None takes some of `wanted`.

    Returns:
        The export's difference from the checkpoint, and one line on what was chosen.

    Raises:
        DataError: Too few faces were found to choose anything.
    """
    words = copy.deepcopy(dict(metadata))
    material = gather(wanted)
    if choices.corrections is not None:
        entries = read_corrections(choices.corrections)
        shown = left_out([sample.path for sample in material.negatives], entries)
        samples, crops, _ = correct(material.samples, material.crops, entries)
        negatives = [sample for sample in material.negatives if sample.path not in shown]
        material = replace(material, samples=samples, crops=crops, negatives=negatives)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        export_classifier(saved, plain, words | {"score": {"combine": "none"}})
        seen = {
            way: look(
                load(detector, "none", threshold=LEAST, live=way == "live").detector,
                MobileNet(plain, still=way == "still"),
                material,
                choices.partly_labelled,
            )
            for way in SPARED
        }
    outcome, state, side, crop, probabilities = (
        np.concatenate([one.joined(name) for one in seen.values()])
        for name in ("outcome", "state", "side", "crop", "probabilities")
    )
    reported = (outcome == TRUE) & (state != UNKNOWN)
    if (count := np.count_nonzero(reported)) < _LEAST_FACES:
        raise DataError(f"only {count} labelled faces were found; {_LEAST_FACES} are needed to calibrate")
    if np.count_nonzero(outcome == FALSE) < _LEAST_FALSE:
        # Without places that are no faces, as in pictures of one person, nothing says how to tell them.
        words["score"] = {"combine": "none"}
    else:
        allowed = choices.false_per_100 * len(material.negatives) / 100
        chosen = {way: choose_fusion(seen[way], int(allowed * spared)) for way, spared in SPARED.items()}
        words["score"] = {"combine": "logistic", **{way: asdict(fusion) for way, fusion in chosen.items()}}
        words["thresholds"]["face"] = _LEAST_FACE  # the threshold of the score does the rest
        reported &= np.concatenate([_reported(seen[way], chosen[way]) for way in SPARED])
    probabilities, state, side, crop = (a[reported] for a in (probabilities, state, side, crop))
    temperatures = fit(probabilities, state)
    calibrated = apply(probabilities, temperatures)
    counts = side >= float(words["thresholds"].get("too_small", 0))
    if np.count_nonzero(counts & ~crop) >= _LEAST_FACES:
        # Portraits are so easy that with them in the sum every answer about a crowd would pass for certain.
        counts &= ~crop
    limits = undecided_below(calibrated[counts], state[counts], choices.right)
    words["thresholds"]["undecided"] = {key: round(value, 4) for key, value in limits.items()}
    faces = len(state) // len(SPARED)
    words["calibration"] = {"faces": faces, "right": choices.right, "detector": detector}
    some = replace(material, samples=material.samples[:MOST], crops=material.crops[:MOST], negatives=[])
    difference = export_classifier(saved, out, words, temperatures, checked or some)
    return difference, (
        f"{faces} faces: temperatures {temperatures.mask:.2f} (mask), {temperatures.covered:.2f} (covered);"
        f" score {words['score']};"
        f" undecided below {words['thresholds']['undecided']}"
    )


def choose_fusion(seen: Candidates, allowed: int) -> Fusion:
    """How both opinions are joined.

    The threshold is the one with the best F2 on the pictures with faces (a missed face is worse than a false
    one), or a higher one if the pictures without any would show more than `allowed` false faces.
    """
    outcome, found, face = (seen.joined(name) for name in ("outcome", "found", "seen"))
    counts = outcome != IGNORED
    fitted = fit_fusion(found[counts], face[counts], outcome[counts] == TRUE)
    # As the file will have them: the threshold is chosen for these.
    detector, weight, bias = (round(number, 4) for number in fitted)
    scores = Fusion(detector, weight, bias, 0.5)(found, face)
    bare = seen.joined("bare")
    least = best_f2(scores[counts & ~bare], outcome[counts & ~bare] == TRUE)
    if bare.any():
        least = max(least, threshold_for(scores[bare], allowed))
    return Fusion(detector, weight, bias, min(round(least + 1e-4, 4), 0.999))


def _reported(seen: Candidates, fusion: Fusion) -> NDArray[np.bool_]:
    return np.asarray(fusion(seen.joined("found"), seen.joined("seen")) >= fusion.threshold)


def best_f2(scores: NDArray[np.floating], true: NDArray[np.bool_]) -> float:
    """The threshold with the highest F2 (van Rijsbergen, Information Retrieval, 1979, chapter 7).

    Recall weighs twice as much as precision; every true face is taken to be among the candidates.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(true[order])
    f2 = 5 * hits / (np.arange(1, len(order) + 1) + 4 * max(int(true.sum()), 1))
    return float(scores[order[int(f2.argmax())]]) if len(order) else 0.5


def look(
    detector: Detector, classifier: MobileNet, material: Material, partly_labelled: Collection[str] = ()
) -> Candidates:
    """Offers of the detector in all pictures, and what the classifier says of them."""
    seen = Candidates()
    for sample in progress(material.samples, "calibrating"):
        _take(seen, sample, detector, classifier, sample.source in partly_labelled)
    for sample in progress(material.negatives, "calibrating"):
        _take(seen, negative(sample.path), detector, classifier, False)
    for crop in progress(material.crops, "calibrating"):
        image = read_image(crop.path)
        faces = detector.detect(image)[:1]
        probabilities, face, *_ = classifier.look(image, faces.boxes)
        outcome, states = np.full(len(faces), TRUE, np.int8), np.full(len(faces), crop.state, np.int64)
        _append(seen, faces, face, outcome, probabilities, states, crop=True)
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
    crop: bool = False,
) -> None:
    seen.found.append(faces.scores)
    seen.seen.append(face)
    seen.outcome.append(outcome)
    seen.probabilities.append(probabilities)
    seen.side.append((faces.boxes[:, 2:] - faces.boxes[:, :2]).min(axis=1, initial=np.inf))
    seen.state.append(states)
    seen.bare.append(np.full(len(faces), bare))
    seen.crop.append(np.full(len(faces), crop))
