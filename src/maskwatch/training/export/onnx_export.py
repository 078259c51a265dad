"""Checkpoint -> one ONNX file that explains itself: uint8 picture in, metadata inside."""

from __future__ import annotations

import json
import logging
import tomllib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast, get_args

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import ConfigError, DataError, ModelError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.models.half_precision import halve
from maskwatch.models.runtime import kind_of_file
from maskwatch.training.engine import checkpoint
from maskwatch.training.export.calibration import UNSCALED, Temperatures
from maskwatch.training.export.ensemble import EnsembleMember, join
from maskwatch.training.export.network_inputs import recorded
from maskwatch.training.nets.anchors import STRIDE_MULTIPLE, described
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD
from maskwatch.training.provenance import commit
from maskwatch.training.recipes.load import read_table
from maskwatch.types import LABELS, ModelKind

OPSET: Final = 18
MAX_DIFFERENCE: Final = 1e-3
"""Largest difference between torch's and ONNX Runtime's numbers that an export may have..."""

MAX_ROUNDING: Final = 0.1
"""...and that there may be once the weights are stored in 16 bits, at the worst of a million logits."""

_Answer = Callable[[NDArray[np.uint8]], list[NDArray[np.float32]]]
"""Pixels to the outputs that a file should give."""


class _Pixels(nn.Module):
    """uint8 BGR pixels as the network's first layer wants them.

    Colour order and scale move into the first convolution's weights; the mean must be taken off
    before, because the padding of that convolution stands for mid grey.
    """

    def __init__(self, first: nn.Conv2d) -> None:
        super().__init__()
        with torch.no_grad():
            first.weight.copy_(first.weight.flip(1) / 127.5)

    def forward(self, pixels: Tensor) -> Tensor:
        return pixels.permute(0, 3, 1, 2).to(torch.float32) - 127.5


class _Detector(nn.Module):
    def __init__(self, model: SSD) -> None:
        super().__init__()
        self.model = model
        self.pixels = _Pixels(model.trunk.first)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        logits, offsets = self.model(self.pixels(image))
        return logits[0], offsets[0]


class _Classifier(nn.Module):
    def __init__(self, model: MaskNet, temperatures: Temperatures) -> None:
        super().__init__()
        self.model = model
        self.pixels = _Pixels(model.trunk.first)
        # "face" and "turned" are left as they are.
        mask, covered = temperatures
        self.register_buffer("slope", torch.tensor([1.0, 1 / mask, 1 / covered, 1.0]))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        p = torch.sigmoid(self.model(self.pixels(faces)) * self.slope)
        face, mask, covered, turned = p[:, 0], p[:, 1], p[:, 2], p[:, 3]
        return torch.stack([mask * covered, 1 - mask, mask * (1 - covered)], 1), face, turned


def export_detector(
    saved: Path,
    out: Path,
    metadata: dict[str, Any],
    pictures: EvaluationSet | None = None,
    companion: EnsembleMember | None = None,
) -> float:
    """Writes a detector's ONNX file.

    Args:
        saved: Checkpoint of `train_detector`.
        out: The file to write; replaced only when the export is good.
        metadata: What the checkpoint does not know: name, threshold, training data, licence ...
        pictures: On what else than made pixels the file is compared with the checkpoint.
        companion: Another detector, whose answers are averaged with this one's in the same file.

    Returns:
        Largest difference of the outputs between torch and ONNX Runtime.

    Raises:
        DataError: The checkpoint is not one of a detector, or the companion does not go with it.
        ModelError: The exported file answers otherwise than the checkpoint.
    """
    state = _state(saved, "detector")
    recipe = state["recipe"]
    model = SSD(recipe["width"], recipe["channels"])
    model.load_state_dict(state["average"])
    own = {
        "kind": "detector",
        "architecture": f"SSD, MobileNetV2 x{recipe['width']:g}, strides 8 16 32 64",
        **described(),
    }
    example = np.random.default_rng(0).integers(0, 256, (1, 192, 320, 3), np.uint8)
    other = np.random.default_rng(1).integers(0, 256, (1, 384, 256, 3), np.uint8)
    height, width = torch.export.Dim("rows"), torch.export.Dim("columns")
    shapes = {"image": {1: STRIDE_MULTIPLE * height, 2: STRIDE_MULTIPLE * width}}
    return _write(
        _Detector(model),
        out,
        own | metadata,
        recipe,
        [example, _smooth(1, 192, 320), other],
        "image",
        ["logits", "offsets"],
        shapes,
        pictures,
        companion,
    )


def export_classifier(
    saved: Path,
    out: Path,
    metadata: dict[str, Any],
    temperatures: Temperatures = UNSCALED,
    pictures: EvaluationSet | None = None,
) -> float:
    """Writes a classifier's ONNX file, calibrated by dividing the logits of "mask" and "covered".

    See `export_detector` for the rest.
    """
    state = _state(saved, "classifier")
    recipe = state["recipe"]
    model = MaskNet(recipe["width"], recipe["dropout"], recipe.get("hidden", 0))
    model.load_state_dict(state["average"])
    size = recipe["faces"]["size"]
    own = {
        "kind": "classifier",
        "architecture": f"MobileNetV2 x{recipe['width']:g}, {size} px, four sigmoid outputs",
        "labels": LABELS,
        "size": size,
        "margin": recipe["faces"]["margin"],
        "temperatures": temperatures._asdict(),
    }
    rng = np.random.default_rng(0)
    example, other = (rng.integers(0, 256, (n, size, size, 3), np.uint8) for n in (2, 3))
    shapes = {"faces": {0: torch.export.Dim("n")}}
    return _write(
        _Classifier(model, temperatures),
        out,
        own | metadata,
        recipe,
        [example, _smooth(2, size, size), other],
        "faces",
        ["probabilities", "face", "turned"],
        shapes,
        pictures,
    )


def read_metadata(kind: str | None, file: Path | None) -> dict[str, Any]:
    """Returns what a model's file is to say of itself: the shipped model's metadata, overlaid by the user's.

    Args:
        kind: "detector" or "classifier".
        file: TOML, or a recipe with a table [metadata]; None leaves name, licence and training data blank.

    Raises:
        ConfigError: The file cannot be read.
    """
    if kind not in get_args(ModelKind):
        raise DataError(f"not a checkpoint of maskwatch: holds {kind!r}")
    words: dict[str, Any] = read_table(cast(ModelKind, kind), kind)["metadata"]
    words |= {"name": "own", "licence": "not stated", "training_data": "not stated"}
    if file is None:
        return words
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        return words | dict(content.get("metadata", content))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: not a readable metadata file ({error})") from error


def _state(saved: Path, kind: str) -> dict[str, Any]:
    state = checkpoint.read(saved)
    if state.get("kind") != kind:
        raise DataError(f"{saved}: holds a {state.get('kind', 'foreign checkpoint')}, not a {kind}")
    return state


def _write(
    model: nn.Module,
    out: Path,
    metadata: dict[str, Any],
    recipe: dict[str, Any],
    made: list[NDArray[np.uint8]],
    name: str,
    outputs: list[str],
    shapes: dict[str, Any],
    pictures: EvaluationSet | None,
    companion: EnsembleMember | None = None,
) -> float:
    model.eval()
    with _quiet():
        program = torch.onnx.export(
            model,
            (torch.from_numpy(made[0]),),
            input_names=[name],
            output_names=outputs,
            dynamic_shapes=shapes,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
            optimize=True,
        )
    assert program is not None
    proto = program.model_proto
    proto.doc_string = ""
    for node in proto.graph.node:  # where in the source it came from: thousands of lines of paths
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        value.doc_string = ""
        del value.metadata_props[:]
    del proto.metadata_props[:]
    full = {
        "format": 1,
        **metadata,
        "colour_order": "BGR",
        "parameters": sum(p.numel() for p in model.parameters()),
        "commit": commit(),
        "created": datetime.now(UTC).date().isoformat(),
        "recipe": recipe,
    }
    if companion is not None:
        full = join(proto, full, companion)
    proto.metadata_props.add(key="maskwatch", value=json.dumps(full))
    with AtomicFile(out) as draft:
        exact = proto.SerializeToString()
        halve(proto)
        onnx.save(proto, str(draft.path))
        inputs = list(made)
        if pictures is not None:
            inputs += recorded(draft.path, kind_of_file(draft.path), pictures)
        files = (exact, str(draft.path))
        answer = _with_companion(model, companion, name) if companion else _alone(model)
        differences = np.max(list(_differences(answer, files, inputs, name)), axis=0)
        for difference, allowed in zip(differences, (MAX_DIFFERENCE, MAX_ROUNDING), strict=True):
            if not difference <= allowed:  # nor is a NaN
                raise ModelError(
                    f"{out}: the exported file differs from the checkpoint by {difference:.2g};"
                    f" at most {allowed:g} is allowed, nothing was written"
                )
    return float(differences[-1])


def _smooth(count: int, height: int, width: int) -> NDArray[np.uint8]:
    """(count, height, width, 3) made pictures: patches of colour, nearer to real ones than noise is."""
    rough = np.random.default_rng(2).integers(0, 256, (count, 6, 8, 3), np.uint8)
    enlarged = [cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC) for image in rough]
    return np.stack(enlarged).astype(np.uint8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences the exporter, which warns of torch's own use of itself and of the absent torchvision."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _alone(model: nn.Module) -> _Answer:
    @torch.no_grad()
    def answer(pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        return [value.numpy() for value in model(torch.from_numpy(pixels))]

    return answer


def _with_companion(model: nn.Module, companion: EnsembleMember, name: str) -> _Answer:
    own, other = _alone(model), _session(str(companion.file))

    def answer(pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        both = zip(own(pixels), other.run(None, {name: pixels}), strict=True)
        return [mine + companion.share * (theirs - mine) for mine, theirs in both]

    return answer


def _differences(
    answer: _Answer, files: Sequence[bytes | str], inputs: Iterable[NDArray[np.uint8]], name: str
) -> Iterator[list[float]]:
    """For each input the largest difference of each file, given by its path or content."""
    sessions = [_session(file) for file in files]
    for pixels in inputs:
        wanted = answer(pixels)
        answers = (session.run(None, {name: pixels}) for session in sessions)
        # A NaN stays one, whatever comes after it.
        yield [
            float(np.max([np.abs(a - b).max() for a, b in zip(got, wanted, strict=True)])) for got in answers
        ]


def _session(file: bytes | str) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
