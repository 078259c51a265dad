"""Compares an exported file with the network in torch: both must give the same outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from maskwatch.errors import ModelError
from maskwatch.training.export.ensemble import EnsembleMember

MAX_DIFFERENCE: Final = 1e-3
"""Largest difference of the outputs between torch and ONNX Runtime that is accepted with exact weights."""

MAX_ROUNDING: Final = 0.1
"""The same with weights stored in 16 bits: the worst of a million logits may differ that much."""

Predict: TypeAlias = Callable[[NDArray[np.uint8]], list[NDArray[np.float32]]]
"""Pixels (n, h, w, 3) -> the outputs that a file should give."""


def check(
    predict: Predict, files: tuple[bytes, str], inputs: Iterable[NDArray[np.uint8]], name: str, out: Path
) -> float:
    """Compares the outputs of an exported network with those that it should give.

    Args:
        predict: Returns the right outputs.
        files: The ONNX model with exact weights, as its content, and the file with weights in 16 bits.
        inputs: Pixels, each (n, h, w, 3) uint8.
        name: Name of the model's input.
        out: The file that is to be written, for the error.

    Returns:
        Largest difference of the outputs of the file.

    Raises:
        ModelError: One of both differs by too much.
    """
    differences = np.max(list(_differences(predict, files, inputs, name)), axis=0)
    for difference, allowed in zip(differences, (MAX_DIFFERENCE, MAX_ROUNDING), strict=True):
        if not difference <= allowed:  # nor is a NaN
            raise ModelError(
                f"{out}: the exported file differs from the checkpoint by {difference:.2g};"
                f" at most {allowed:g} is allowed, nothing was written"
            )
    return float(differences[-1])


def torch_outputs(model: nn.Module) -> Predict:
    """Returns what a network in torch gives."""

    @torch.no_grad()
    def predict(pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        return [value.numpy() for value in model(torch.from_numpy(pixels))]

    return predict


def ensemble_outputs(own: Predict, member: EnsembleMember, name: str) -> Predict:
    """Returns the weighted mean of a network's outputs and another file's, whose input has this name."""
    other = _session(str(member.file))

    def predict(pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        both = zip(own(pixels), other.run(None, {name: pixels}), strict=True)
        return [mine + member.share * (theirs - mine) for mine, theirs in both]

    return predict


def _differences(
    predict: Predict, files: Sequence[bytes | str], inputs: Iterable[NDArray[np.uint8]], name: str
) -> Iterator[list[float]]:
    """Yields for each input the largest difference of each file, which is given by its path or content."""
    sessions = [_session(file) for file in files]
    for pixels in inputs:
        expected = predict(pixels)
        outputs = (session.run(None, {name: pixels}) for session in sessions)
        # np.max keeps a NaN, where max() may lose it.
        yield [
            float(np.max([np.abs(a - b).max() for a, b in zip(output, expected, strict=True)]))
            for output in outputs
        ]


def _session(file: bytes | str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
