"""Counts the multiply-accumulate operations (MACs) of one run of an ONNX model, from its graph."""

from __future__ import annotations

import math
from pathlib import Path

import onnx

from maskwatch.errors import ModelError, one_line
from maskwatch.models.half_precision import restore


def macs(file: Path, shape: tuple[int, int, int, int]) -> int:
    """Returns the MACs of all convolutions and matrix products for one input; the rest costs next to nothing.

    Args:
        file: An ONNX file with one input.
        shape: Shape of the input: n, height, width, channels.

    Raises:
        ModelError: The file cannot be read, or the shapes in it are unknown.
    """
    try:
        model = onnx.load(str(file))
        restore(model)
        dims = model.graph.input[0].type.tensor_type.shape.dim
        for dim, size in zip(dims, shape, strict=True):
            dim.dim_value = size
        # What the exporter wrote down holds names in place of numbers.
        del model.graph.value_info[:]
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception as error:  # protobuf and onnx raise what they like on a damaged file
        raise ModelError(f"{file}: its operations cannot be counted ({one_line(error)})") from error
    shapes = {entry.name: tuple(entry.dims) for entry in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
    return sum(_macs_of_node(node, shapes, file) for node in graph.node)


def _macs_of_node(node: onnx.NodeProto, shapes: dict[str, tuple[int, ...]], file: Path) -> int:
    if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    try:
        first, second, out = (shapes[name] for name in (*node.input[:2], node.output[0]))
    except KeyError as error:
        raise ModelError(f"{file}: the shape of {error} is unknown") from None
    if not (all(first) and all(second) and all(out)):
        raise ModelError(f"{file}: the shapes around its node {node.name!r} are unknown")
    if node.op_type == "Conv":
        return math.prod(out) * math.prod(second[1:])
    if node.op_type == "ConvTranspose":
        return math.prod(first) * math.prod(second[1:])
    transposed = any(item.name == "transA" and item.i for item in node.attribute)
    return math.prod(out) * first[-2 if transposed else -1]
