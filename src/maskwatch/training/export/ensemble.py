"""Two detectors in one file, whose answers are averaged.

Networks that were trained apart err in different places, and the mean of their answers errs less than either
(Hansen and Salamon, Neural network ensembles, 1990). Detectors of the same anchors can be averaged before
anything is decoded, so that whoever runs the file sees one network.
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
"""What both must say of themselves for their answers to mean the same."""

_PREFIX: Final = "companion."
_OWN: Final = ".own"


@dataclass(frozen=True, slots=True)
class EnsembleMember:
    """Another detector to be averaged with.

    Attributes:
        file: Its ONNX file.
        share: Weight of its answers, in (0, 1).
    """

    file: Path
    share: float = 0.5


def join(proto: onnx.ModelProto, metadata: dict[str, Any], companion: EnsembleMember) -> dict[str, Any]:
    """Makes a detector answer with the weighted mean of itself and another one.

    Its own weights keep their names: a training can still start from the file.

    Args:
        proto: The detector; changed in place.
        metadata: What it says of itself.
        companion: The other one.

    Returns:
        What both together say of themselves.

    Raises:
        DataError: The companion is not a detector with the same anchors.
    """
    file, share = companion.file, companion.share
    try:
        words = open_session(file, "detector").metadata
        other = onnx.load(str(file))
        differ = [key for key in _SAME if metadata[key] != words[key]]
        name, parameters, architecture = (words[key] for key in ("name", "parameters", "architecture"))
    except Exception as error:  # protobuf raises what it likes on a damaged file
        raise DataError(f"{file}: not a detector that maskwatch exported ({error!r})") from error
    if differ:
        raise DataError(f"{file}: cannot be averaged with this detector: other {', '.join(differ)}")
    other = compose.add_prefix(other, _PREFIX)
    graph = proto.graph
    picture = graph.input[0].name
    for node in other.graph.node:
        node.input[:] = [picture if i == other.graph.input[0].name else i for i in node.input]
    answers = [output.name for output in graph.output]
    for node in graph.node:
        node.input[:] = [i + _OWN if i in answers else i for i in node.input]
        node.output[:] = [o + _OWN if o in answers else o for o in node.output]
    for part in ("node", "initializer", "value_info"):
        getattr(graph, part).extend(getattr(other.graph, part))
    for weight, value in ((_PREFIX + "share", share), (_PREFIX + "rest", 1 - share)):
        graph.initializer.append(helper.make_tensor(weight, TensorProto.FLOAT, [], [value]))
    for answer in answers:
        own, theirs = answer + _OWN, _PREFIX + answer
        graph.node.extend(
            [
                helper.make_node("Mul", [own, _PREFIX + "rest"], [own + ".weighted"]),
                helper.make_node("Mul", [theirs, _PREFIX + "share"], [theirs + ".weighted"]),
                helper.make_node("Add", [own + ".weighted", theirs + ".weighted"], [answer]),
            ]
        )
    return metadata | {
        "parameters": metadata["parameters"] + parameters,
        "architecture": f"{metadata['architecture']}; averaged with {architecture}",
        "companion": {"name": name, "sha256": sha256(file), "share": share},
    }
