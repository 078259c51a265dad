"""Opens models of OpenVINO (.xml and .bin), and makes them from ONNX files; needs OpenVINO installed.

The metadata of the ONNX file stands in the .xml's `rt_info`, under the same key.
OpenVINO reports its use to its makers, from `import openvino` on; here it is imported without its reporter.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import ModelError, one_line

SUFFIX: Final = ".xml"
_TYPES: Final = {"u8": "tensor(uint8)", "f32": "tensor(float)"}
"""Its names of the element types -> ONNX Runtime's."""


class OpenVinoNetwork:
    """Runs a network with OpenVINO on the processor; threads may share it.

    Args:
        path: The .xml file; the .bin file lies beside it.
        threads: Threads that one run may use.

    Attributes:
        entries: The texts in the file's metadata, by key.

    Raises:
        ModelError: OpenVINO is not installed, or cannot use the file.
    """

    def __init__(self, path: Path, threads: int) -> None:
        openvino = _openvino(path)
        core, self._shape = openvino.Core(), openvino.PartialShape
        if not path.with_suffix(".bin").is_file():
            raise ModelError(f"{path}: its weights, {path.with_suffix('.bin').name}, are not beside it")
        options = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",  # else some processors round to bfloat16
        }
        try:
            model = core.read_model(path)
            self.entries = {key: _text(value) for key, value in model.get_rt_info().items()}
            self._compiled = core.compile_model(model, "CPU", options)
        except RuntimeError as error:
            raise ModelError(f"{path}: damaged, or no OpenVINO model ({one_line(error)})") from error
        self._requests = threading.local()

    @property
    def inputs(self) -> dict[str, str]:
        """Names and types of the inputs, as ONNX Runtime calls them."""
        return {
            port.any_name: _TYPES.get(port.element_type.get_type_name(), "") for port in self._compiled.inputs
        }

    @property
    def outputs(self) -> set[str]:
        """Names of the outputs."""
        return {name for port in self._compiled.outputs for name in port.names}

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Returns the named outputs for the inputs in `feed`.

        Raises:
            RuntimeError: The network cannot take this input.
        """
        for name, pixels in feed.items():
            # It would take pixels of another shape without a word.
            expected = self._compiled.input(name).partial_shape
            if not expected.compatible(self._shape(list(pixels.shape))):
                raise RuntimeError(f"{name} has the shape {pixels.shape}, not {expected}")
        request = getattr(self._requests, "own", None)
        if request is None:  # one holds the buffers of one run
            request = self._requests.own = self._compiled.create_infer_request()
        answers = request.infer(dict(feed))
        return [np.array(answers[self._compiled.output(name)]) for name in outputs]


def write_ir(model: Path, out: Path, entries: Mapping[str, str]) -> None:
    """Writes an ONNX file in OpenVINO's form, as `out` (.xml) and a .bin file beside it.

    Args:
        model: The ONNX file.
        out: The .xml file to write.
        entries: Texts for its metadata, by key.

    Raises:
        ModelError: OpenVINO is not installed, or cannot convert the file.
        SinkError: A file cannot be written.
    """
    openvino = _openvino(out)
    if out.suffix != SUFFIX:
        raise ModelError(f"{out}: an OpenVINO model is named *{SUFFIX}")
    with AtomicFile(out) as draft, AtomicFile(out.with_suffix(".bin")) as weights:
        draft_weights = draft.path.with_suffix(".bin")
        try:
            network = openvino.Core().read_model(model)
            for key, value in entries.items():
                network.set_rt_info(value, [key])
            openvino.save_model(network, draft.path, compress_to_fp16=False)
            os.replace(draft_weights, weights.path)
        except (RuntimeError, OSError) as error:
            raise ModelError(f"{out}: OpenVINO cannot write it ({one_line(error)})") from error
        finally:
            draft_weights.unlink(missing_ok=True)


def _openvino(path: Path) -> Any:
    try:
        with _without_telemetry():
            import openvino
    except ImportError:
        raise ModelError(f"{path}: needs OpenVINO: pip install 'maskwatch[openvino]'") from None
    return openvino


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """Hides the package `openvino_telemetry`: `import openvino` would send an event through it.

    Without the package OpenVINO takes a stub that sends nothing, and keeps it.
    """
    name = "openvino_telemetry"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # makes `import` raise ImportError
    try:
        yield
    finally:
        del sys.modules[name]


def _text(value: Any) -> str:
    plain = getattr(value, "value", value)
    return plain if isinstance(plain, str) else ""
