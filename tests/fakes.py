"""Tiny models and scenes whose right answers are known.

In these scenes a face is a square of pure colour on grey, 32 pixels wide and standing on a grid of 32:
blue wears its mask, green wears none, red wears it wrongly. The models are real ONNX files, made after
the contract of maskwatch, that see exactly this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from maskwatch.types import LABELS, Image

CELL = 32
BLUE, GREEN, RED = (255, 0, 0), (0, 255, 0), (0, 0, 255)
COLOURS = dict(zip(LABELS, (BLUE, GREEN, RED), strict=True))

DETECTOR: dict[str, Any] = {
    "format": 1,
    "kind": "detector",
    "name": "fake detector",
    "colour_order": "BGR",
    "licence": "CC0",
    "parameters": 9,
    "levels": [{"stride": CELL, "anchors": [[CELL, CELL]]}],
    "variances": [0.1, 0.2],
    "stride_multiple": 64,
    "threshold": 0.5,
    "nms_iou": 0.45,
    "sizes": {"fast": 320, "accurate": 640},
    "default_size": 640,
}
CLASSIFIER: dict[str, Any] = {
    "format": 1,
    "kind": "classifier",
    "name": "fake classifier",
    "colour_order": "BGR",
    "licence": "CC0",
    "parameters": 0,
    "labels": list(LABELS),
    "size": 32,
    "margin": 1.0,
    "temperature": 1.0,
    "thresholds": {"face": 0.3, "undecided": 0.6, "too_small": 10, "blurred": 0, "dark": 5},
    "score": {"combine": "logistic", "detector": 1.0, "face": 0.25, "bias": 0.0, "threshold": 0.5},
}


def scene(
    squares: Mapping[tuple[int, int], tuple[int, int, int]], width: int = 320, height: int = 240
) -> Image:
    """A grey picture with a coloured square in each of the given cells (column, row)."""
    image = np.full((height, width, 3), 127, np.uint8)
    for (column, row), colour in squares.items():
        image[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = colour
    return image


def box(column: int, row: int) -> list[float]:
    """The box of the face in a cell."""
    return [column * CELL, row * CELL, (column + 1) * CELL, (row + 1) * CELL]


def write_detector(path: Path, **changes: Any) -> Path:
    """Writes the detector; a change to None takes the key out of the metadata."""
    differences = np.array([[1, -1, 0], [0, 1, -1], [-1, 0, 1]], np.float32).reshape(3, 3, 1, 1)
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "differences"], ["signed"]),
        helper.make_node("Abs", ["signed"], ["saturation"]),
        helper.make_node("ReduceSum", ["saturation", "channel_axis"], ["summed"]),
        helper.make_node("AveragePool", ["summed"], ["cells"], kernel_shape=[CELL] * 2, strides=[CELL] * 2),
        helper.make_node("Sub", ["cells", "least"], ["above"]),
        helper.make_node("Div", ["above", "step"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "flat"], ["logits"]),
        helper.make_node("Reshape", ["scaled", "column"], ["rows"]),
        helper.make_node("Mul", ["rows", "nothing"], ["offsets"]),
    ]
    constants: dict[str, NDArray[Any]] = {
        "differences": differences,
        "channel_axis": np.array([1], np.int64),
        "least": np.array(100, np.float32),
        "step": np.array(10, np.float32),
        "flat": np.array([-1], np.int64),
        "column": np.array([-1, 1], np.int64),
        "nothing": np.zeros((1, 4), np.float32),
    }
    return _write(
        path,
        nodes,
        constants,
        helper.make_tensor_value_info("image", TensorProto.UINT8, [1, "height", "width", 3]),
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n"]),
            helper.make_tensor_value_info("offsets", TensorProto.FLOAT, ["n", 4]),
        ],
        {**DETECTOR, **changes},
    )


def write_classifier(path: Path, **changes: Any) -> Path:
    """Writes the classifier; a change to None takes the key out of the metadata."""
    nodes = [
        helper.make_node("Cast", ["faces"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "plane_axes"], ["means"], keepdims=0),
        helper.make_node("Div", ["means", "softness"], ["scaled"]),
        helper.make_node("Softmax", ["scaled"], ["probabilities"], axis=1),
        helper.make_node("ReduceMax", ["means", "colour_axis"], ["most"], keepdims=0),
        helper.make_node("ReduceMin", ["means", "colour_axis"], ["least"], keepdims=0),
        helper.make_node("Sub", ["most", "least"], ["range"]),
        helper.make_node("Sub", ["range", "pale"], ["above"]),
        helper.make_node("Div", ["above", "softness"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["face"]),
    ]
    constants: dict[str, NDArray[Any]] = {
        "plane_axes": np.array([1, 2], np.int64),
        "colour_axis": np.array([1], np.int64),
        "softness": np.array(20, np.float32),
        "pale": np.array(60, np.float32),
    }
    return _write(
        path,
        nodes,
        constants,
        helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", 32, 32, 3]),
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3]),
            helper.make_tensor_value_info("face", TensorProto.FLOAT, ["n"]),
        ],
        {**CLASSIFIER, **changes},
    )


def _write(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, NDArray[Any]],
    source: onnx.ValueInfoProto,
    outputs: Sequence[onnx.ValueInfoProto],
    metadata: Mapping[str, Any],
) -> Path:
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "fake", [source], outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    kept = {key: value for key, value in metadata.items() if value is not None}
    if kept:
        helper.set_model_props(model, {"maskwatch": json.dumps(kept)})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
