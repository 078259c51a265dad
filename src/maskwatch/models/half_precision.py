"""Stores the weights of an ONNX model in 16 bits, which halves the file.

Only the stored weights have 16 bits. ONNX Runtime turns them back into 32 bits when it opens the file, so the
model computes as fast and as exactly as before. The rounding is part of the model that is measured.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

_LEAST: Final = 1024
"""Tensors with fewer numbers stay as they are: they would save nothing."""

_SUFFIX: Final = ".half"


def halve(model: onnx.ModelProto) -> None:
    """Stores the large weights of a model in 16 bits, each followed by a cast back to 32; changes `model`."""
    graph = model.graph
    casts = []
    for entry in graph.initializer:
        if entry.data_type != TensorProto.FLOAT or np.prod(entry.dims) < _LEAST:
            continue
        name = entry.name
        half = numpy_helper.to_array(entry).astype(np.float16)
        entry.CopyFrom(numpy_helper.from_array(half, name + _SUFFIX))
        casts.append(onnx.helper.make_node("Cast", [name + _SUFFIX], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def restore(model: onnx.ModelProto) -> None:
    """Undoes `halve` except for the rounding; changes `model`. One that was not halved stays as it is."""
    graph = model.graph
    stored = {entry.name: entry for entry in graph.initializer}
    nodes = []
    for node in graph.node:
        entry = stored.get(node.input[0]) if node.op_type == "Cast" else None
        if entry is None or not entry.name.endswith(_SUFFIX):
            nodes.append(node)
            continue
        whole = numpy_helper.to_array(entry).astype(np.float32)
        entry.CopyFrom(numpy_helper.from_array(whole, node.output[0]))
    del graph.node[:]
    graph.node.extend(nodes)
