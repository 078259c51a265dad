"""What all tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import maskwatch
from fakes import write_classifier, write_detector
from maskwatch.cli import main

# Models that the user has added or chosen are no part of the tests.
NO_MODELS = Path(__file__).parent / "no-models"
os.environ["MASKWATCH_MODELS"] = str(NO_MODELS)

Cli = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class FakeModels:
    """Files of the tiny models in `fakes`."""

    detector: Path
    classifier: Path

    @property
    def options(self) -> list[str]:
        """Makes a command use them, at a size that fits the scenes of `fakes`."""
        return ["--detector", str(self.detector), "--classifier", str(self.classifier), "--size", "320"]


@pytest.fixture(scope="session")
def fake_models(tmp_path_factory: pytest.TempPathFactory) -> FakeModels:
    folder = tmp_path_factory.mktemp("models")
    return FakeModels(write_detector(folder / "detector.onnx"), write_classifier(folder / "classifier.onnx"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of pictures and weights that the project may use but does not own."""
    folder = Path(os.environ.get("MASKWATCH_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "weights").is_dir():
        pytest.skip("needs the shared pictures and weights (folder ../shared or MASKWATCH_SHARED)")
    return folder


def command_environment(**changes: str) -> dict[str, str]:
    """The environment in which a command of this source tree runs, free of the user's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MASKWATCH_")}
    source = str(Path(maskwatch.__file__).parents[1])
    fixed = {"MASKWATCH_MODELS": str(NO_MODELS), "PYTHONPATH": source, "PYTHONWARNINGS": "error"}
    return {**clean, **fixed, **changes}


def _flat(arguments: Sequence[str | Path | Sequence[str]]) -> list[str]:
    return [str(part) for item in arguments for part in ([item] if isinstance(item, str | Path) else item)]


@pytest.fixture
def process(tmp_path: Path) -> Cli:
    """Runs `maskwatch` as a process of its own, in an empty folder."""

    def run(*arguments: str | Path | Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "maskwatch", *_flat(arguments)],
            cwd=tmp_path,
            env=command_environment(**environment),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs the same `main` in this process, which is faster."""
    for name in os.environ:
        if name.startswith("MASKWATCH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MASKWATCH_MODELS", str(tmp_path / "own-models"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path | Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
        command = ["maskwatch", *_flat(arguments)]
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", command)
            for name, value in environment.items():
                patch.setenv(name, value)
            capsys.readouterr()
            code: object = 0
            try:
                main()
            except SystemExit as end:
                code = end.code
            out, err = capsys.readouterr()
        return subprocess.CompletedProcess(command, code if isinstance(code, int) else 0, out, err)

    return run
