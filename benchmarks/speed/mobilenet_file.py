"""MobileNetV2 1.0 at 224 x 224 with the tutorials' head, as an ONNX file with random weights.

Paper: arXiv 1801.04381. For machines on which Keras cannot be installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from maskwatch.atomic_file import AtomicFile

_BLOCKS: Final = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, repetitions and first stride of each part (table 2 of the paper)."""

_OPSET: Final = 17


class _Network:
    """Collects the nodes of a graph."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(0)

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Adds a node and returns the name of its output."""
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: np.ndarray) -> str:
        """Adds an array and returns its name."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def conv(
        self,
        x: str,
        channels: tuple[int, int],
        kernel: int,
        stride: int,
        *,
        groups: int = 1,
        act: bool = True,
    ) -> str:
        """Adds a convolution with its folded batch normalisation, and ReLU6."""
        shape = (channels[1], channels[0] // groups, kernel, kernel)
        scale = (2 / (shape[1] * kernel * kernel)) ** 0.5
        weights = self.constant(self._rng.normal(0, scale, shape))
        pad = (kernel - 1) // 2
        # As TensorFlow pads: right and below alone where it halves the size.
        pads = [0, 0, pad, pad] if stride == 2 else [pad] * 4
        x = self.add(
            "Conv",
            [x, weights, self.constant(np.zeros(channels[1]))],
            strides=[stride] * 2,
            pads=pads,
            group=groups,
        )
        return self.add("Clip", [x, self._number(0), self._number(6)]) if act else x

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        """Adds a fully connected layer."""
        weights = self.constant(self._rng.normal(0, inputs**-0.5, (inputs, outputs)))
        return self.add("Gemm", [x, weights, self.constant(np.zeros(outputs))])

    def _number(self, value: float) -> str:
        return self.constant(np.array(value))


def write_mobilenet(path: Path) -> None:
    """Writes the network; its input is (n, 3, 224, 224) float32, its output (n, 2) float32."""
    net = _Network()
    x, channels = net.conv("faces", (3, 32), 3, 2), 32
    for expansion, width, repetitions, first in _BLOCKS:
        for number in range(repetitions):
            stride, inner, y = first if number == 0 else 1, channels * expansion, x
            if expansion > 1:
                y = net.conv(y, (channels, inner), 1, 1)
            y = net.conv(y, (inner, inner), 3, stride, groups=inner)
            y = net.conv(y, (inner, width), 1, 1, act=False)
            x = net.add("Add", [x, y]) if stride == 1 and channels == width else y
            channels = width
    x = net.conv(x, (channels, 1280), 1, 1)
    x = net.add("Flatten", [net.add("GlobalAveragePool", [x])])
    x = net.dense(net.add("Relu", [net.dense(x, 1280, 128)]), 128, 2)
    answer = net.add("Softmax", [x], axis=1)
    graph = helper.make_graph(
        net.nodes,
        "mobilenet_v2",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 3, 224, 224])],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, ["n", 2])],
        net.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    with AtomicFile(path) as draft:
        onnx.save(model, str(draft.path))
