"""Exports a classifier whose probabilities and doubts were chosen on labelled pictures."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskwatch.build import load
from maskwatch.data.sample import UNKNOWN
from maskwatch.errors import DataError
from maskwatch.evaluation.material import Material, Wanted, gather
from maskwatch.geometry import iou
from maskwatch.pipeline import Engine
from maskwatch.progress import progress
from maskwatch.sources.images import read_image
from maskwatch.training.calibrate import apply, fit, undecided_below
from maskwatch.training.export import export_classifier
from maskwatch.training.recorded import MOST
from maskwatch.types import LABELS, Faces

_LEAST_FACES = 50


def export_calibrated(
    saved: Path,
    out: Path,
    metadata: Mapping[str, Any],
    data: Sequence[Path],
    names: Mapping[str, str],
    detector: str,
    right: float,
    checked: Material | None = None,
) -> tuple[float, str]:
    """Exports, measures on the boxes that the detector finds, and exports again with what was learnt.

    Args:
        saved: Checkpoint of `train_classifier`.
        out: The ONNX file to write.
        metadata: See `export_classifier`; its threshold "undecided" is replaced.
        data: Labelled pictures that were not trained on.
        names: Class name in the data -> meaning.
        detector: Whose boxes are looked at.
        right: Share of the certain answers that must be right.
        checked: Pictures on which the file is compared with the checkpoint; None takes some of `data`.

    Returns:
        The export's difference from the checkpoint, and one line on what was chosen.

    Raises:
        DataError: Too few faces were found to choose anything.
    """
    words = copy.deepcopy(dict(metadata))
    material = gather(Wanted(data=data, names=names))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        export_classifier(saved, plain, words)
        probabilities, states, large = found_faces(
            load(detector, str(plain)), material, float(words["thresholds"]["too_small"])
        )
    if len(states) < _LEAST_FACES:
        raise DataError(
            f"only {len(states)} labelled faces were found; {_LEAST_FACES} are needed to calibrate"
        )
    mask, covered = fit(probabilities, states)
    calibrated = apply(probabilities, mask, covered)
    words["thresholds"]["undecided"] = round(undecided_below(calibrated[large], states[large], right), 4)
    words["calibration"] = {"faces": len(states), "right": right}
    some = replace(material, samples=material.samples[:MOST], crops=material.crops[:MOST])
    difference = export_classifier(saved, out, words, mask, covered, checked or some)
    return difference, (
        f"{len(states)} faces: temperature {mask.temperature:.2f}, bias {mask.bias:+.2f} (mask),"
        f" {covered.temperature:.2f}, {covered.bias:+.2f} (covered);"
        f" undecided below {words['thresholds']['undecided']}"
    )


def found_faces(
    engine: Engine, material: Material, too_small: float
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """Probabilities (n, 3), true states (n,) and whether it is large enough (n,) of the faces found.

    Of a picture of one person the most certain face counts.
    """
    probabilities: list[NDArray[np.float32]] = []
    states: list[int] = []
    large: list[bool] = []

    def take(faces: Faces, row: int, state: int) -> None:
        assert faces.probabilities is not None
        probabilities.append(faces.probabilities[row])
        states.append(state)
        box = faces.boxes[row]
        large.append(bool(min(box[2:] - box[:2]) >= too_small))

    for sample in progress(material.samples, "calibrating"):
        faces = engine.detect(read_image(sample.path))
        overlap = iou(sample.boxes, faces.boxes)
        for box in np.flatnonzero((sample.states != UNKNOWN) & ~sample.ignore):
            if len(faces) and overlap[box].max() >= 0.5:
                take(faces, int(overlap[box].argmax()), int(sample.states[box]))
    for crop in progress(material.crops, "calibrating"):
        faces = engine.detect(read_image(crop.path))
        if len(faces):
            take(faces, 0, crop.state)
    return (
        np.array(probabilities).reshape(-1, len(LABELS)),
        np.array(states, np.int64),
        np.array(large, np.bool_),
    )
