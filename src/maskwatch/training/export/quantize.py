"""Makes 8-bit models, and keeps them only if they are nearly as accurate.

Post-training quantisation of weights and activations (Jacob et al., arXiv 1712.05877) by ONNX Runtime:
weights as signed bytes by channel, activations as unsigned bytes whose ranges are taken from pictures.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import DataError, ModelError
from maskwatch.evaluation.benchmark import WARM_UP, frame_of, prepare, time_models
from maskwatch.evaluation.evaluate import predict_set
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.figures import Figures
from maskwatch.evaluation.inference import load_evaluated_engine
from maskwatch.evaluation.measure import compute_figures
from maskwatch.models.catalog import NO_CLASSIFIER, SHIPPED
from maskwatch.models.half_precision import restore
from maskwatch.models.runtime import Model, open_session
from maskwatch.progress import progress
from maskwatch.training.export.network_inputs import network_inputs
from maskwatch.training.export.onnx_metadata import set_metadata
from maskwatch.types import ModelKind

_ROUNDS: Final = 40


@dataclass(frozen=True, slots=True)
class Quantized:
    """What was gained and lost; each pair is of the float model and the 8-bit model.

    Attributes:
        measure: Name of the accuracy.
        accuracy: In [0, 1].
        milliseconds: Median time of a run in the engine, on one thread, from a 1280x720 frame.
        size: Size of the files, in bytes.
    """

    measure: str
    accuracy: tuple[float, float]
    milliseconds: tuple[float, float]
    size: tuple[int, int]

    def __str__(self) -> str:
        (a, b), (slow, fast), (large, small) = self.accuracy, self.milliseconds, self.size
        return (
            f"{self.measure}: {a:.4f} -> {b:.4f}; {slow:.2f} -> {fast:.2f} ms;"
            f" {large / 1e6:.1f} -> {small / 1e6:.1f} MB"
        )


def quantize(
    model: Path,
    kind: ModelKind,
    out: Path,
    calibration: EvaluationSet,
    check: EvaluationSet,
    most_lost: float,
) -> Quantized:
    """Writes the 8-bit form of a model.

    Args:
        model: An ONNX file of maskwatch.
        kind: "detector" or "classifier".
        out: The file to write; replaced only when the 8-bit form is accurate enough.
        calibration: Pictures from which the ranges of the activations are taken.
        check: Labelled pictures on which both forms are measured, through the engine.
        most_lost: The accuracy must drop by less than this.

    Raises:
        DataError: The pictures cannot be read, or the accuracy cannot be measured on them.
        ModelError: The model cannot be used, or its 8-bit form loses too much; nothing was written.
        SinkError: The file cannot be written.
    """
    source = open_session(model, kind)
    if "quantization" in source.metadata:
        raise ModelError(f"{model}: is in 8 bits already; give the model that it was made from")
    inputs = network_inputs(model, kind, calibration)
    with AtomicFile(out) as draft:
        whole = onnx.load(str(model))
        restore(whole)
        with _quiet():
            quantize_static(
                whole,
                str(draft.path),
                _Reader(next(iter(source.network.inputs)), inputs),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,  # else sums of products overflow 16 bits on processors without VNNI
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
        summary: dict[str, object] = {"inputs": len(inputs)}
        _write_metadata(draft.path, source, summary)
        (name, before), (_, after) = (_accuracy(file, kind, check) for file in (model, draft.path))
        summary |= {"measure": name, "before": round(before, 5), "after": round(after, 5)}
        _write_metadata(draft.path, source, summary)
        done = Quantized(
            name,
            (before, after),
            _milliseconds(model, draft.path),
            (model.stat().st_size, draft.path.stat().st_size),
        )
        if before - after >= most_lost:
            raise ModelError(
                f"{out}: not written, for in 8 bits it loses too much ({done}; --max-drop is {most_lost:g})"
            )
    return done


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Gives out the inputs one by one."""

    def __init__(self, name: str, inputs: Sequence[NDArray[np.uint8]]) -> None:
        self._rest = iter([{name: pixels} for pixels in inputs])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        return next(self._rest, None)


def _write_metadata(path: Path, source: Model, summary: Mapping[str, object]) -> None:
    """Gives the 8-bit file the source's metadata, with a summary of the quantisation."""
    proto = onnx.load(str(path))
    set_metadata(proto, source.metadata | {"quantization": dict(summary)}, source.network.entries)
    onnx.save(proto, str(path))


def _accuracy(model: Path, kind: ModelKind, evaluation_set: EvaluationSet) -> tuple[str, float]:
    """Returns name and value of the accuracy, through the engine as users run it on still pictures."""
    detector = str(model) if kind == "detector" else SHIPPED["detector"]
    classifier = NO_CLASSIFIER if kind == "detector" else str(model)
    engine = load_evaluated_engine(detector, classifier, threads=1)
    (predictions,) = predict_set([engine], evaluation_set, progress)
    figures = compute_figures(predictions.pictures, predictions.negatives, predictions.portraits)
    name, value = _precision(figures) if kind == "detector" else _right(figures)
    if value is None:
        raise DataError(f"the pictures do not tell how good a {kind} is: labelled faces are needed")
    return name, value


def _precision(figures: Figures) -> tuple[str, float | None]:
    whole = figures.detection.get("all") or next(iter(figures.detection.values()), None)
    return "average precision", whole.average_precision if whole else None


def _right(figures: Figures) -> tuple[str, float | None]:
    shares = []
    if figures.labels:
        shares.append(next(iter(figures.labels.values())).right)
    if figures.crops:
        shares.append(next(iter(figures.crops.values())).right)
    total = sum(share.total for share in shares)
    return "labels right", sum(share.hits for share in shares) / total if total else None


def _milliseconds(*models: Path) -> tuple[float, float]:
    frame = frame_of(None)
    before, after = time_models(
        [prepare(str(model), frame) for model in models], progress(range(WARM_UP + _ROUNDS), "timing")
    )
    return before.median, after.median


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences the quantiser, which recommends steps that the export has done already."""
    log = logging.getLogger()
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
