"""Opens model files: the only place where sessions of ONNX Runtime are made.

OpenVINO's form of a model opens as well. What a file says about itself is described in
`maskwatch.models.metadata`.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from maskwatch.errors import ModelError, one_line
from maskwatch.models import openvino, providers
from maskwatch.models.metadata import METADATA_KEY, Metadata, kind_of_entry, parse, read_json
from maskwatch.types import ModelKind

# `maskwatch/__init__.py` has switched telemetry off already, unless ONNX Runtime was imported before it.
ort.disable_telemetry_events()


@dataclass(frozen=True, slots=True)
class _Contract:
    """Names of the inputs and outputs that a network of a kind has."""

    input: str
    outputs: tuple[str, ...]
    optional: tuple[str, ...] = ()


_CONTRACTS: Final[dict[ModelKind, _Contract]] = {
    "detector": _Contract("image", ("logits", "offsets")),
    "classifier": _Contract("faces", ("probabilities", "face"), ("turned",)),
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
    """Runs the network of a file, whatever the file's form; threads may share it."""

    @property
    def entries(self) -> Mapping[str, str]:
        """The texts in the file's metadata, by key."""

    @property
    def inputs(self) -> dict[str, str]:
        """Names and types of the inputs, such as "tensor(uint8)"."""

    @property
    def outputs(self) -> set[str]:
        """Names of the outputs."""

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Returns the named outputs for the inputs in `feed`."""


def offered_providers() -> list[str]:
    """Returns our names of what the installed ONNX Runtime can run networks with; see `models.providers`."""
    return providers.names_of(ort.get_available_providers())


class _OnnxNetwork:
    """A network run by ONNX Runtime."""

    def __init__(self, path: Path, threads: int, provider: str) -> None:
        tried = providers.candidates(provider, ort.get_available_providers())
        try:
            self._session = self._started(path, threads, tried)
            # Texts in a damaged file may be no UTF-8.
            self.entries: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
            self.inputs = {node.name: node.type for node in self._session.get_inputs()}
            self.outputs = {node.name for node in self._session.get_outputs()}
        except (*_ORT_ERRORS, RuntimeError, ValueError, TypeError, OSError) as error:
            raise ModelError(f"{path}: damaged, or no ONNX model ({one_line(error)})") from error

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        with self._turn:
            answers: list[NDArray[np.float32]] = self._session.run(list(outputs), dict(feed))
        return answers

    def _started(self, path: Path, threads: int, tried: Sequence[str]) -> ort.InferenceSession:
        """Returns a session of the first provider that starts.

        Raises:
            ModelError: None does: its driver or its libraries are missing.
        """
        for name in tried:
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            # Spinning threads would burn a core between two frames, which decoding and the page need.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            options.log_severity_level = 4
            # A plan of the memory is kept for every size and number of pictures, and saves no time. DirectML
            # allows none, and only one run at a time.
            options.enable_mem_pattern = False
            self._turn: AbstractContextManager[object] = (
                threading.Lock() if name == providers.DIRECTML else nullcontext()
            )
            keys = providers.keys_of(name)
            # Without fallback: it would print to stdout, where the data goes.
            session = ort.InferenceSession(path, options, providers=keys, enable_fallback=0)
            if session.get_providers()[0] == keys[0]:
                return session
        raise ModelError(
            f"{path}: {' and '.join(tried)} cannot start: a driver or a library is missing; take provider cpu"
            f" ({providers.SETTING})"
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A model ready to run; safe to share between threads.

    Attributes:
        path: The file.
        kind: "detector" or "classifier".
        network: Runs it.
        metadata: The JSON object in the file, with all keys as they stand there.
        described: The same, checked and typed.
        extras: Names of the optional outputs that it has.
    """

    path: Path
    kind: ModelKind
    network: Network
    metadata: dict[str, Any]
    described: Metadata
    extras: tuple[str, ...] = ()

    def run(self, pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Runs the network.

        Args:
            pictures: (n, h, w, 3) uint8, BGR.

        Returns:
            float32 arrays. A detector's, for its a anchors: logits (a,) and offsets (a, 4). A classifier's:
            probabilities of the states (n, 3), probability of a face (n,), and, where the file has it, of a
            face that is turned far to the side (n,).

        Raises:
            ModelError: The network cannot take this input, or memory is short.
        """
        contract = _CONTRACTS[self.kind]
        try:
            return self.network.run([*contract.outputs, *self.extras], {contract.input: pictures})
        except (*_ORT_ERRORS, RuntimeError) as error:
            raise ModelError(f"{self.path}: the model failed ({one_line(error)})") from error


def open_session(path: str | Path, kind: ModelKind, threads: int = 1, provider: str = providers.CPU) -> Model:
    """Opens a model file of a certain kind.

    Args:
        path: The ONNX file, or the .xml file of an OpenVINO model.
        kind: What it has to be.
        threads: Threads that one run may use, from 1 on. Networks this small gain little beyond 2.
        provider: What runs an ONNX file: one of `maskwatch.models.providers.Provider`.

    Raises:
        ConfigError: The provider is unknown, or not offered by the installed ONNX Runtime.
        ModelError: The file is missing, damaged, no model of maskwatch, of the other kind, or newer
            than this version; or its metadata makes no sense.
    """
    path = Path(path)
    network, entry = _open(path, threads, provider)
    return _checked(path, kind, network, entry)


def open_model(path: str | Path, threads: int = 1) -> Model:
    """Opens a model file of either kind; the answer says which it is.

    Args:
        path: As for `open_session`.
        threads: As for `open_session`.

    Raises:
        ModelError: As `open_session`, or the file names no known kind.
    """
    path = Path(path)
    network, entry = _open(path, threads)
    return _checked(path, kind_of_entry(entry, path), network, entry)


def kind_of_file(path: str | Path) -> ModelKind:
    """Returns the kind that a model file names, without checking the rest of what it says.

    Raises:
        ModelError: The file is missing, damaged, no model of maskwatch, newer than this version, or names
            no known kind.
    """
    return kind_of_entry(_open(Path(path), 1)[1], path)


def _open(path: Path, threads: int, provider: str = providers.CPU) -> tuple[Network, dict[str, Any]]:
    """Returns the network of a file of either kind, and the JSON object in its metadata."""
    _check_file(path)
    _calm_opencv()
    network: Network
    if path.suffix == openvino.SUFFIX:
        network = openvino.OpenVinoNetwork(path, threads)
    else:
        network = _OnnxNetwork(path, threads, provider)
    if METADATA_KEY not in network.entries:
        form = "OpenVINO" if path.suffix == openvino.SUFFIX else "ONNX"
        raise ModelError(
            f"{path}: an {form} model, but none of maskwatch: it does not say how it is to be used"
            " (`maskwatch export` makes files that do)"
        )
    return network, read_json(network.entries[METADATA_KEY], path)


def _checked(path: Path, kind: ModelKind, network: Network, entry: dict[str, Any]) -> Model:
    """Returns the model, once its metadata, inputs and outputs are known to be those of its kind."""
    described = parse(entry, kind, path)
    contract = _CONTRACTS[kind]
    if network.inputs != {contract.input: "tensor(uint8)"} or not network.outputs.issuperset(
        contract.outputs
    ):
        raise ModelError(
            f"{path}: a {kind} takes {contract.input!r} (uint8) and gives"
            f" {' and '.join(map(repr, contract.outputs))}; this file does not"
        )
    extras = tuple(name for name in contract.optional if name in network.outputs)
    return Model(path, kind, network, entry, described, extras)


def _calm_opencv() -> None:
    """Lets OpenCV use one thread, unless the program has already chosen a number."""
    # Its pool has a thread for every core, which would fight with ONNX Runtime's at every resize.
    if cv2.getNumThreads() > 1 and cv2.getNumThreads() == (os.cpu_count() or 1):
        cv2.setNumThreads(1)


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file") from None
    except (OSError, ValueError) as error:  # no permission, too long, or with a zero byte
        raise ModelError(f"{path}: cannot be read ({one_line(error)})") from error
    if stat.S_ISDIR(status.st_mode):
        raise ModelError(f"{path}: a model is a single .onnx file, this is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise ModelError(f"{path}: a model is a single .onnx file")
    if status.st_size == 0:
        raise ModelError(f"{path}: the model file is empty")
