"""Converts a model file to OpenVINO's form, and checks that both give the same outputs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.errors import ModelError
from maskwatch.evaluation.benchmark import frame_of
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.models.metadata import DetectorMetadata
from maskwatch.models.openvino import write_ir
from maskwatch.models.runtime import Model, open_session
from maskwatch.training.export.network_inputs import network_inputs
from maskwatch.types import ModelKind

MAX_DIFFERENCE: Final = 1e-3
"""Largest difference of the outputs between OpenVINO and ONNX Runtime that is accepted."""


def convert(model: Path, kind: ModelKind, out: Path, pictures: EvaluationSet | None = None) -> float:
    """Writes a model file in OpenVINO's form.

    Args:
        model: An ONNX file of maskwatch.
        kind: "detector" or "classifier".
        out: The .xml file to write, with a .bin file beside it.
        pictures: Pictures on which both are compared; None takes made ones.

    Returns:
        Largest difference of the outputs between OpenVINO and ONNX Runtime.

    Raises:
        ModelError: OpenVINO is not installed or cannot convert the file, or the outputs differ; nothing was
            written.
        SinkError: A file cannot be written.
    """
    source = open_session(model, kind)
    inputs = _made(source) if pictures is None else network_inputs(model, kind, pictures)
    with tempfile.TemporaryDirectory() as folder:  # a file at `out` stays until the new one is checked
        draft = Path(folder) / "draft.xml"
        write_ir(model, draft, source.network.entries)
        difference = _difference(source, open_session(draft, kind), inputs)
    if not difference <= MAX_DIFFERENCE:  # nor is a NaN
        raise ModelError(
            f"{out}: OpenVINO's answers differ by {difference:.2g}; at most {MAX_DIFFERENCE:g} is allowed,"
            " nothing was written"
        )
    write_ir(model, out, source.network.entries)
    return difference


def _difference(one: Model, other: Model, inputs: Sequence[NDArray[np.uint8]]) -> float:
    outputs = ((one.run(pixels), other.run(pixels)) for pixels in inputs)
    return float(np.max([np.abs(a - b).max() for pair in outputs for a, b in zip(*pair, strict=True)]))


def _made(model: Model) -> list[NDArray[np.uint8]]:
    """Returns an input of made pixels, (n, h, w, 3) uint8."""
    frame = frame_of(None)
    if isinstance(model.described, DetectorMetadata):
        return [frame[None, :384, :640].copy()]
    size = model.described.size
    return [np.stack([frame[i : i + size, i : i + size] for i in range(4)])]
