"""Makes an ensemble: two detectors in one file, whose outputs are averaged.

Networks that were trained independently make different mistakes, and the mean of their outputs makes fewer
than either (Hansen and Salamon, Neural network ensembles, 1990). Detectors with the same anchors can be
averaged before anything is decoded, so the file works like one network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import onnx
from onnx import TensorProto, compose, helper

from maskwatch.errors import DataError
from maskwatch.models.download import sha256
from maskwatch.models.runtime import open_session
from maskwatch.training.nets.anchors import anchor_metadata

_SAME: Final = (*anchor_metadata(), "colour_order")
"""Metadata in which both must agree, or their outputs mean different things."""

_PREFIX: Final = "companion."
_OWN: Final = ".own"


@dataclass(frozen=True, slots=True)
class EnsembleMember:
    """Another detector, to average with.

    Attributes:
        file: Its ONNX file.
        share: Weight of its outputs, in (0, 1).
    """

    file: Path
    share: float = 0.5


def add_member(proto: onnx.ModelProto, metadata: dict[str, Any], member: EnsembleMember) -> dict[str, Any]:
    """Makes a detector give the weighted mean of its own outputs and another detector's.

    Its own weights keep their names, so a training can still start from the file.

    Args:
        proto: The detector; changed in place.
        metadata: Its metadata.
        member: The other detector.

    Returns:
        The metadata of the ensemble.

    Raises:
        DataError: The other file is not a detector with the same anchors.
    """
    file, share = member.file, member.share
    try:
        model = open_session(file, "detector")
        other = onnx.load(str(file))
        differences = [key for key in _SAME if metadata[key] != model.metadata[key]]
        name, parameters, architecture = (
            model.metadata[key] for key in ("name", "parameters", "architecture")
        )
    except Exception as error:  # protobuf raises what it likes on a damaged file
        raise DataError(f"{file}: not a detector that maskwatch exported ({error!r})") from error
    if differences:
        raise DataError(f"{file}: cannot be averaged with this detector: other {', '.join(differences)}")
    other = compose.add_prefix(other, _PREFIX)
    graph = proto.graph
    picture = graph.input[0].name
    for node in other.graph.node:
        node.input[:] = [picture if i == other.graph.input[0].name else i for i in node.input]
    outputs = [output.name for output in graph.output]
    for node in graph.node:
        node.input[:] = [i + _OWN if i in outputs else i for i in node.input]
        node.output[:] = [o + _OWN if o in outputs else o for o in node.output]
    for part in ("node", "initializer", "value_info"):
        getattr(graph, part).extend(getattr(other.graph, part))
    for weight, value in ((_PREFIX + "share", share), (_PREFIX + "rest", 1 - share)):
        graph.initializer.append(helper.make_tensor(weight, TensorProto.FLOAT, [], [value]))
    for output in outputs:
        own, theirs = output + _OWN, _PREFIX + output
        graph.node.extend(
            [
                helper.make_node("Mul", [own, _PREFIX + "rest"], [own + ".weighted"]),
                helper.make_node("Mul", [theirs, _PREFIX + "share"], [theirs + ".weighted"]),
                helper.make_node("Add", [own + ".weighted", theirs + ".weighted"], [output]),
            ]
        )
    return metadata | {
        "parameters": metadata["parameters"] + parameters,
        "architecture": f"{metadata['architecture']}; averaged with {architecture}",
        "companion": {"name": name, "sha256": sha256(file), "share": share},
    }
