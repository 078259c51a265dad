"""OpenVINO's form of a finished model, checked against it."""

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
from maskwatch.models.openvino import write_ir
from maskwatch.models.runtime import Model, open_session
from maskwatch.training.export.network_inputs import recorded
from maskwatch.types import ModelKind

MAX_DIFFERENCE: Final = 1e-3
"""Largest difference between OpenVINO's and ONNX Runtime's numbers that a model may have."""


def convert(model: Path, kind: ModelKind, out: Path, pictures: EvaluationSet | None = None) -> float:
    """Writes a model in OpenVINO's form.

    Args:
        model: An ONNX file of maskwatch.
        kind: What it is.
        out: The .xml file to write, with a .bin file beside it.
        pictures: On what both are compared; None takes made pixels.

    Returns:
        Largest difference of the outputs between OpenVINO and ONNX Runtime.

    Raises:
        ModelError: OpenVINO is not installed or cannot convert the file, or the two answer differently;
            nothing was written.
        SinkError: A file cannot be written.
    """
    source = open_session(model, kind)
    inputs = _made(kind, source.metadata) if pictures is None else recorded(model, kind, pictures)
    with tempfile.TemporaryDirectory() as folder:  # what stood at `out` stays until this one is right
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
    answers = ((one.run(pixels), other.run(pixels)) for pixels in inputs)
    return float(np.max([np.abs(a - b).max() for pair in answers for a, b in zip(*pair, strict=True)]))


def _made(kind: ModelKind, metadata: dict[str, object]) -> list[NDArray[np.uint8]]:
    frame = frame_of(None)
    if kind == "detector":
        return [frame[None, :384, :640].copy()]
    size = int(str(metadata["size"]))
    return [np.stack([frame[i : i + size, i : i + size] for i in range(4)])]
