"""Which provider is tried by an ONNX Runtime that offers some; and what is said where none starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from fakes import write_detector
from maskwatch.errors import ConfigError, ModelError
from maskwatch.factory import from_settings
from maskwatch.models import providers
from maskwatch.models.runtime import offered_providers, open_session
from maskwatch.settings import load_settings

PLAIN = ["AzureExecutionProvider", "CPUExecutionProvider"]
GPU = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
WINDOWS = ["DmlExecutionProvider", "CPUExecutionProvider"]
MAC = ["CoreMLExecutionProvider", "CPUExecutionProvider"]
INTEL = ["OpenVINOExecutionProvider", "CPUExecutionProvider"]


@pytest.mark.parametrize(
    ("provider", "offered", "expected"),
    [
        ("cpu", GPU, ["cpu"]),
        ("cuda", GPU, ["cuda"]),
        ("coreml", MAC, ["coreml"]),
        ("openvino", INTEL, ["openvino"]),
        ("auto", PLAIN, ["cpu"]),
        ("auto", GPU, ["cuda", "cpu"]),
        ("auto", WINDOWS, ["directml", "cpu"]),
        ("auto", MAC, ["cpu"]),  # not measured to be faster: it has to be asked for
        ("auto", INTEL, ["cpu"]),
    ],
)
def test_what_is_tried(provider: str, offered: list[str], expected: list[str]) -> None:
    assert providers.candidates(provider, offered) == expected


def test_a_provider_that_is_not_offered_is_refused_with_a_way_out() -> None:
    with pytest.raises(
        ConfigError, match=r"provider cuda \(detect\.provider\).*only coreml, cpu.*onnxruntime-gpu"
    ):
        providers.candidates("cuda", MAC)


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown provider 'gpu'; known are cpu, auto, cuda"):
        providers.candidates("gpu", GPU)


def test_the_processor_runs_what_another_provider_cannot() -> None:
    assert providers.keys_of("cuda") == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert providers.keys_of("cpu") == ["CPUExecutionProvider"]


class Sessions:
    """ONNX Runtime as if with other providers, some of which start; the processor runs everything."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, offered: Sequence[str], starting: Sequence[str]
    ) -> None:
        self.asked: list[list[str]] = []
        self.patterns: list[bool] = []
        real = ort.InferenceSession

        def make(
            path: Path, options: ort.SessionOptions, providers: list[str], enable_fallback: int
        ) -> ort.InferenceSession:
            assert enable_fallback == 0  # it prints to stdout
            self.asked.append(providers)
            self.patterns.append(options.enable_mem_pattern)
            session = real(path, options, providers=["CPUExecutionProvider"])
            running = [name for name in providers if name in starting]
            session.get_providers = lambda: running
            return session

        monkeypatch.setattr(ort, "get_available_providers", lambda: list(offered))
        monkeypatch.setattr(ort, "InferenceSession", make)


def test_the_chosen_one_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sessions = Sessions(monkeypatch, GPU, GPU)
    assert offered_providers() == ["cuda", "cpu"]
    model = open_session(write_detector(tmp_path / "d.onnx"), "detector", provider="cuda")
    assert sessions.asked == [["CUDAExecutionProvider", "CPUExecutionProvider"]]
    assert len(model.run(np.full((1, 64, 128, 3), 127, np.uint8))) == 2


def test_auto_goes_on_without_a_card_that_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sessions = Sessions(monkeypatch, GPU, ["CPUExecutionProvider"])
    open_session(write_detector(tmp_path / "d.onnx"), "detector", provider="auto")
    assert sessions.asked == [["CUDAExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]]


def test_a_card_that_was_asked_for_and_does_not_start_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Sessions(monkeypatch, GPU, ["CPUExecutionProvider"])
    with pytest.raises(
        ModelError, match=r"cuda cannot start: a driver .* take provider cpu \(detect\.provider\)"
    ):
        open_session(write_detector(tmp_path / "d.onnx"), "detector", provider="cuda")


def test_directml_runs_one_picture_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its documentation forbids memory patterns and runs at the same time."""
    sessions = Sessions(monkeypatch, WINDOWS, WINDOWS)
    model = open_session(write_detector(tmp_path / "d.onnx"), "detector", provider="directml")
    assert sessions.patterns == [False]
    assert hasattr(model.network._turn, "locked")  # type: ignore[attr-defined]
    model.run(np.full((1, 64, 128, 3), 127, np.uint8))


def test_the_setting_reaches_both_models(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(monkeypatch, GPU, GPU)
    from_settings(load_settings(given={"detect": {"provider": "cuda"}}), live=True)
    assert sessions.asked == [["CUDAExecutionProvider", "CPUExecutionProvider"]] * 2


def test_the_processor_is_what_runs_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(monkeypatch, GPU, GPU)
    from_settings(load_settings(), live=True)
    assert sessions.asked == [["CPUExecutionProvider"]] * 2
