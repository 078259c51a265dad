"""ONNX Runtime: the only place where its sessions are made. OpenVINO's form of a model opens as well.

A model file of maskwatch explains itself: what it is, how it is to be fed and how its answers are to
be read stands as one JSON object under the key "maskwatch" in the file's metadata.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from maskwatch.errors import ModelError, one_line
from maskwatch.models import openvino
from maskwatch.types import ModelKind

# `maskwatch/__init__.py` has switched telemetry off already, unless ONNX Runtime was imported before it.
ort.disable_telemetry_events()

METADATA_KEY: Final = "maskwatch"
FORMAT: Final = 1
"""The newest form of the metadata that this version can read."""


@dataclass(frozen=True, slots=True)
class _Contract:
    """What a file of a kind must hold."""

    input: str
    outputs: tuple[str, ...]
    keys: tuple[str, ...]
    optional: tuple[str, ...] = ()


_CONTRACTS: Final[dict[ModelKind, _Contract]] = {
    "detector": _Contract(
        "image",
        ("logits", "offsets"),
        ("levels", "variances", "stride_multiple", "threshold", "nms_iou", "sizes", "default_size"),
    ),
    "classifier": _Contract(
        "faces", ("probabilities", "face"), ("labels", "size", "margin", "thresholds"), ("turned",)
    ),
}

_ORT_ERRORS: Final = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class Network(Protocol):
    """What runs a file, whatever its form; threads may share it."""

    @property
    def entries(self) -> Mapping[str, str]:
        """What the file says of itself, by key."""

    @property
    def inputs(self) -> dict[str, str]:
        """Names and types, such as "tensor(uint8)"."""

    @property
    def outputs(self) -> set[str]:
        """Names."""

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """The named outputs."""


class _OnnxNetwork:
    """A network run by ONNX Runtime on the processor."""

    def __init__(self, path: Path, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would burn a core between two frames, which decoding and the page need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except _ORT_ERRORS as error:
            raise ModelError(f"{path}: damaged, or no ONNX model ({one_line(error)})") from error
        self.entries: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        self.inputs = {node.name: node.type for node in self._session.get_inputs()}
        self.outputs = {node.name for node in self._session.get_outputs()}

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        answers: list[NDArray[np.float32]] = self._session.run(list(outputs), dict(feed))
        return answers


@dataclass(frozen=True, slots=True)
class Model:
    """A model ready to run; safe to share between threads.

    Attributes:
        path: The file.
        kind: What it does.
        network: What runs it.
        metadata: What the file says about itself.
        extras: The optional outputs that it has.
    """

    path: Path
    kind: ModelKind
    network: Network
    metadata: dict[str, Any]
    extras: tuple[str, ...] = ()

    def run(self, pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Runs the network.

        Args:
            pictures: (n, h, w, 3) uint8, BGR.

        Returns:
            The outputs of the kind's contract, in its order, and then the optional ones that there are.

        Raises:
            ModelError: The network cannot take this input, or memory is short.
        """
        contract = _CONTRACTS[self.kind]
        try:
            return self.network.run([*contract.outputs, *self.extras], {contract.input: pictures})
        except (*_ORT_ERRORS, RuntimeError) as error:
            raise ModelError(f"{self.path}: the model failed ({one_line(error)})") from error


def open_session(path: str | Path, kind: ModelKind, threads: int = 1) -> Model:
    """Opens a model file of maskwatch.

    Args:
        path: The ONNX file, or the .xml file of an OpenVINO model.
        kind: What it has to be.
        threads: Threads that one run may use, from 1 on. Nets this small gain little beyond 2.

    Raises:
        ModelError: The file is missing, damaged, no model of maskwatch, of the other kind, or newer
            than this version.
    """
    path = Path(path)
    network, metadata = _open(path, threads)
    _check_contract(path, kind, network, metadata)
    extras = tuple(name for name in _CONTRACTS[kind].optional if name in network.outputs)
    return Model(path, kind, network, metadata, extras)


def kind_of_file(path: str | Path) -> ModelKind:
    """What a model file is, by its own word.

    Raises:
        ModelError: As `open_session`.
    """
    kind = _open(Path(path), 1)[1].get("kind")
    for known in _CONTRACTS:
        if kind == known:
            return known
    raise ModelError(f"{path}: its maskwatch metadata names no known kind ({kind!r})")


def _open(path: Path, threads: int) -> tuple[Network, dict[str, Any]]:
    """The network and the metadata, of whatever kind."""
    _check_file(path)
    _calm_opencv()
    network: Network
    if path.suffix == openvino.SUFFIX:
        network = openvino.OpenVinoNetwork(path, threads)
    else:
        network = _OnnxNetwork(path, threads)
    return network, _read_metadata(path, network.entries)


def _calm_opencv() -> None:
    """Leaves OpenCV one thread, unless the program has already chosen a number."""
    # Its pool has a thread for every core, which would fight with ONNX Runtime's at every resize.
    if cv2.getNumThreads() > 1 and cv2.getNumThreads() == (os.cpu_count() or 1):
        cv2.setNumThreads(1)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise ModelError(f"{path}: no such model file")
    if not path.is_file():
        raise ModelError(f"{path}: a model is a single .onnx file, this is a folder")
    if path.stat().st_size == 0:
        raise ModelError(f"{path}: the model file is empty")


def _read_metadata(path: Path, entries: Mapping[str, str]) -> dict[str, Any]:
    try:
        metadata = json.loads(entries[METADATA_KEY])
    except KeyError:
        form = "OpenVINO" if path.suffix == openvino.SUFFIX else "ONNX"
        raise ModelError(
            f"{path}: an {form} model, but none of maskwatch: it does not say how it is to be used"
            " (`maskwatch export` makes files that do)"
        ) from None
    except ValueError as error:
        raise ModelError(f"{path}: its maskwatch metadata cannot be read ({error})") from error
    if not isinstance(metadata, dict) or not isinstance(metadata.get("format"), int):
        raise ModelError(f"{path}: its maskwatch metadata has no format number")
    if metadata["format"] > FORMAT:
        raise ModelError(
            f"{path}: made for a newer maskwatch (format {metadata['format']}, this one reads up to"
            f" {FORMAT}); upgrade maskwatch"
        )
    return metadata


def _check_contract(path: Path, kind: ModelKind, network: Network, metadata: dict[str, Any]) -> None:
    if metadata.get("kind") != kind:
        raise ModelError(f"{path}: a {metadata.get('kind')}, where a {kind} is needed")
    contract = _CONTRACTS[kind]
    missing = [key for key in contract.keys if key not in metadata]
    if missing:
        raise ModelError(f"{path}: its maskwatch metadata lacks {', '.join(missing)}")
    given = network.inputs == {contract.input: "tensor(uint8)"}
    if not given or not network.outputs.issuperset(contract.outputs):
        raise ModelError(
            f"{path}: a {kind} takes {contract.input!r} (uint8) and gives"
            f" {' and '.join(map(repr, contract.outputs))}; this file does not"
        )
