"""Exports a checkpoint as one ONNX file that explains itself: uint8 pixels in, metadata inside.

torch exports each network once (`ExportedNetwork`). Temperatures and metadata are then set in the ONNX graph,
and every file that is written is compared with torch.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast, get_args

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import ConfigError, DataError, ModelError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.models.half_precision import halve
from maskwatch.models.metadata import FORMAT, parse
from maskwatch.toml_file import read_toml
from maskwatch.training.engine import checkpoint
from maskwatch.training.export import parity
from maskwatch.training.export.calibration import UNSCALED, Temperatures
from maskwatch.training.export.ensemble import EnsembleMember, add_member
from maskwatch.training.export.network_inputs import network_inputs
from maskwatch.training.export.onnx_metadata import set_metadata
from maskwatch.training.nets.anchors import STRIDE_MULTIPLE, anchor_metadata
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD
from maskwatch.training.provenance import commit
from maskwatch.training.recipes.load import read_table
from maskwatch.types import LABELS, ModelKind

OPSET: Final = 18
_SLOPE: Final = "slope"
"""Name of the buffer, and of the initializer in the ONNX graph, that holds the inverse temperatures."""


class _Pixels(nn.Module):
    """Turns uint8 BGR pixels into the input of the network's first layer.

    Colour order and scale move into the weights of the first convolution. The mean has to be subtracted
    before it, because its padding with zeros stands for mid grey.
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
    slope: Tensor

    def __init__(self, model: MaskNet) -> None:
        super().__init__()
        self.model = model
        self.pixels = _Pixels(model.trunk.first)
        self.register_buffer(_SLOPE, _slope(UNSCALED))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        p = torch.sigmoid(self.model(self.pixels(faces)) * self.slope)
        face, mask, covered, turned = p[:, 0], p[:, 1], p[:, 2], p[:, 3]
        return torch.stack([mask * covered, 1 - mask, mask * (1 - covered)], 1), face, turned


def _slope(temperatures: Temperatures) -> Tensor:
    """Returns the factors (4,) of the logits: only those of "mask" and "covered" are calibrated."""
    return torch.tensor([1.0, 1 / temperatures.mask, 1 / temperatures.covered, 1.0])


@dataclass(slots=True)
class ExportedNetwork:
    """A network in two forms, in torch and as the ONNX graph that torch exported from it.

    Attributes:
        kind: "detector" or "classifier".
        model: The network in torch, in evaluation mode.
        proto: The ONNX model, with weights in 32 bits and without metadata.
        metadata: What the checkpoint knows: architecture, anchors or labels, sizes.
        recipe: The recipe of the training.
        made: Made inputs, each (n, h, w, 3) uint8, on which a file is compared with torch.
    """

    kind: ModelKind
    model: nn.Module
    proto: onnx.ModelProto
    metadata: dict[str, Any]
    recipe: dict[str, Any]
    made: list[NDArray[np.uint8]]

    def set_temperatures(self, temperatures: Temperatures) -> None:
        """Calibrates a classifier: sets the factors of its logits in torch and in the ONNX graph.

        Raises:
            ModelError: The graph has no such factors.
        """
        slope = _slope(temperatures)
        entry = next((entry for entry in self.proto.graph.initializer if entry.name == _SLOPE), None)
        if not isinstance(self.model, _Classifier) or entry is None:
            raise ModelError("the exported network has no temperatures to set")
        self.model.slope.copy_(slope)
        entry.CopyFrom(numpy_helper.from_array(slope.numpy(), _SLOPE))
        self.metadata["temperatures"] = temperatures._asdict()

    def write(
        self,
        out: Path,
        metadata: Mapping[str, Any],
        pictures: EvaluationSet | None = None,
        companion: EnsembleMember | None = None,
    ) -> float:
        """Writes the ONNX file and compares it with torch.

        Args:
            out: The file; replaced only when the new one is good.
            metadata: What the checkpoint does not know; see `export_detector`.
            pictures: On what else than made pixels the file is compared.
            companion: Detector: another one, to average with.

        Returns:
            Largest difference of the outputs between torch and the file.

        Raises:
            DataError: The companion has other anchors.
            ModelError: The metadata makes no sense, or the file's outputs are not those of torch.
            SinkError: The file cannot be written.
        """
        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        full = {
            "format": FORMAT,
            "kind": self.kind,
            **self.metadata,
            **metadata,
            "colour_order": "BGR",
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "commit": commit(),
            "created": datetime.now(UTC).date().isoformat(),
            "recipe": self.recipe,
        }
        if companion is not None:
            full = add_member(proto, full, companion)
        set_metadata(proto, parse(full, self.kind, out).to_json())
        name = proto.graph.input[0].name
        with AtomicFile(out) as draft:
            exact = proto.SerializeToString()
            halve(proto)
            onnx.save(proto, str(draft.path))
            inputs = list(self.made)
            if pictures is not None:
                inputs += network_inputs(draft.path, self.kind, pictures)
            predict = parity.torch_outputs(self.model)
            if companion is not None:
                predict = parity.ensemble_outputs(predict, companion, name)
            return parity.check(predict, (exact, str(draft.path)), inputs, name, out)


def export_detector(
    saved: Path,
    out: Path,
    metadata: Mapping[str, Any],
    pictures: EvaluationSet | None = None,
    companion: EnsembleMember | None = None,
) -> float:
    """Writes a detector's ONNX file.

    Args:
        saved: Checkpoint of a detector's training.
        out: The file to write; replaced only when the export is good.
        metadata: What the checkpoint does not know: name, threshold, training data, licence ...; see
            `read_metadata` and `maskwatch.models.metadata`.
        pictures: Pictures on which the file is compared with the checkpoint, besides made pixels.
        companion: Another detector, whose outputs are averaged with this one's in the same file.

    Returns:
        Largest difference of the outputs between torch and ONNX Runtime.

    Raises:
        DataError: The checkpoint is not one of a detector, or the companion has other anchors.
        ModelError: The metadata makes no sense, or the file's outputs are not those of the checkpoint.
        SinkError: The file cannot be written.
    """
    return trace_detector(saved).write(out, metadata, pictures, companion)


def export_classifier(
    saved: Path,
    out: Path,
    metadata: Mapping[str, Any],
    temperatures: Temperatures = UNSCALED,
    pictures: EvaluationSet | None = None,
) -> float:
    """Writes a classifier's ONNX file, calibrated by dividing the logits of "mask" and "covered".

    See `export_detector` for the rest, and `maskwatch.training.export.calibrated_export` for temperatures.
    """
    network = trace_classifier(saved)
    network.set_temperatures(temperatures)
    return network.write(out, metadata, pictures)


def trace_detector(saved: Path) -> ExportedNetwork:
    """Exports the detector of a checkpoint through torch, without writing a file.

    Raises:
        DataError: The checkpoint is not one of a detector.
    """
    state = _state(saved, "detector")
    recipe = state["recipe"]
    model = SSD(recipe["width"], recipe["channels"])
    model.load_state_dict(state["average"])
    metadata = {
        "architecture": f"SSD, MobileNetV2 x{recipe['width']:g}, strides 8 16 32 64",
        **anchor_metadata(),
    }
    example = np.random.default_rng(0).integers(0, 256, (1, 192, 320, 3), np.uint8)
    other = np.random.default_rng(1).integers(0, 256, (1, 384, 256, 3), np.uint8)
    height, width = torch.export.Dim("rows"), torch.export.Dim("columns")
    shapes = {"image": {1: STRIDE_MULTIPLE * height, 2: STRIDE_MULTIPLE * width}}
    network = _Detector(model).eval()
    proto = _trace(network, example, "image", ["logits", "offsets"], shapes)
    made = [example, _smooth(1, 192, 320), other]
    return ExportedNetwork("detector", network, proto, metadata, recipe, made)


def trace_classifier(saved: Path) -> ExportedNetwork:
    """Exports the classifier of a checkpoint through torch, not calibrated, without writing a file.

    Raises:
        DataError: The checkpoint is not one of a classifier.
    """
    state = _state(saved, "classifier")
    recipe = state["recipe"]
    model = MaskNet(recipe["width"], recipe["dropout"], recipe.get("hidden", 0))
    model.load_state_dict(state["average"])
    size = recipe["faces"]["size"]
    metadata = {
        "architecture": f"MobileNetV2 x{recipe['width']:g}, {size} px, four sigmoid outputs",
        "labels": LABELS,
        "size": size,
        "margin": recipe["faces"]["margin"],
        "temperatures": UNSCALED._asdict(),
    }
    rng = np.random.default_rng(0)
    example, other = (rng.integers(0, 256, (n, size, size, 3), np.uint8) for n in (2, 3))
    network = _Classifier(model).eval()
    outputs = ["probabilities", "face", "turned"]
    proto = _trace(network, example, "faces", outputs, {"faces": {0: torch.export.Dim("n")}})
    made = [example, _smooth(2, size, size), other]
    return ExportedNetwork("classifier", network, proto, metadata, recipe, made)


def read_metadata(kind: str | None, file: Path | None) -> dict[str, Any]:
    """Returns metadata for a new model: the shipped model's values, overlaid by those of the user.

    Args:
        kind: "detector" or "classifier".
        file: TOML, or a recipe with a table [metadata]; None: only name, licence and training data are
            replaced, by neutral words.

    Raises:
        ConfigError: The file cannot be read.
        DataError: The kind is unknown.
    """
    if kind not in get_args(ModelKind):
        raise DataError(f"not a checkpoint of maskwatch: holds {kind!r}")
    metadata: dict[str, Any] = read_table(cast(ModelKind, kind), kind)["metadata"]
    metadata |= {"name": "own", "licence": "not stated", "training_data": "not stated"}
    if file is None:
        return metadata
    try:
        content = read_toml(file, "metadata file")
    except FileNotFoundError:
        raise ConfigError(f"{file}: not a readable metadata file (no such file)") from None
    given = content.get("metadata", content)
    if not isinstance(given, dict):
        raise ConfigError(f"{file}: not a readable metadata file (metadata is no table)")
    return metadata | given


def _state(saved: Path, kind: str) -> dict[str, Any]:
    """Reads a checkpoint and checks its kind."""
    state = checkpoint.read(saved)
    if state.get("kind") != kind:
        raise DataError(f"{saved}: holds a {state.get('kind', 'foreign checkpoint')}, not a {kind}")
    return state


def _trace(
    model: nn.Module, example: NDArray[np.uint8], name: str, outputs: list[str], shapes: dict[str, Any]
) -> onnx.ModelProto:
    """Returns the ONNX model that torch exports, without metadata and without paths of the source."""
    with _quiet():
        program = torch.onnx.export(
            model,
            (torch.from_numpy(example),),
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
    return proto


def _smooth(count: int, height: int, width: int) -> NDArray[np.uint8]:
    """Returns made pictures (count, height, width, 3) uint8: patches of colour, less odd than noise."""
    rough = np.random.default_rng(2).integers(0, 256, (count, 6, 8, 3), np.uint8)
    enlarged = [cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC) for image in rough]
    return np.stack(enlarged).astype(np.uint8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences torch's exporter, which warns of its own deprecated calls and of the absent torchvision."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
