"""Nothing leaves the computer: no connection but to loopback, and no file in the home folder."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from app.served import servers
from clips import write_clip
from conftest import FakeModels, command_environment
from fakes import BLUE, scene
from maskwatch.image_files import save_image
from robustness.offline import Watched


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.mark.parametrize("command", ["detect", "watch"])
def test_commands(watched: Watched, fake_models: FakeModels, tmp_path: Path, command: str) -> None:
    save_image(tmp_path / "a.png", scene({(2, 1): BLUE}))
    write_clip(tmp_path / "clip.mp4", [scene({(2, 1): BLUE})] * 3)
    file = {"detect": "a.png", "watch": "clip.mp4"}[command]
    done = subprocess.run(
        watched.command(command, file, *fake_models.options),
        cwd=tmp_path,
        env=command_environment(**watched.environment),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert "1 masked" in done.stderr
    assert watched.strangers() == []
    assert watched.files() == []


def test_shipped_models_and_doctor(watched: Watched, tmp_path: Path) -> None:
    """The doctor imports every back end that is installed."""
    done = subprocess.run(
        watched.command("doctor"), cwd=tmp_path, env=command_environment(**watched.environment), timeout=240
    )
    assert done.returncode == 0
    assert watched.strangers() == []
    assert watched.files() == []


def test_app(watched: Watched, tmp_path: Path) -> None:
    with servers(tmp_path) as start:
        server = start(**watched.environment)
        with urllib.request.urlopen(server.url, timeout=30) as page:
            assert page.status == 200
        stream = f"ws://127.0.0.1:{server.port}/_stcore/stream"
        with pytest.raises(InvalidStatus), connect(stream, origin=Origin("http://evil.example")):
            pass
        with connect(stream, origin=Origin(server.url.rstrip("/"))):  # runs the page, which loads the models
            urllib.request.urlopen(server.url, timeout=30).close()
        assert server.interrupt() == 0
    assert watched.strangers() == []
    assert watched.files() == []


def test_onnx_runtime_is_told_twice(tmp_path: Path) -> None:
    """A program may have imported it first: then the variable comes too late, the call does not."""
    code = """
import os, onnxruntime
calls = []
onnxruntime.disable_telemetry_events = lambda: calls.append(1)
os.environ["ORT_DISABLE_TELEMETRY"] = "0"
import maskwatch.models.runtime
assert calls and os.environ["ORT_DISABLE_TELEMETRY"] == "1"
"""
    environment = command_environment(HOME=str(tmp_path))
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=120, check=True)


def test_openvino_is_imported_without_its_reporter(watched: Watched) -> None:
    pytest.importorskip("openvino_telemetry")
    code = """
import sys
from pathlib import Path
from maskwatch.models.openvino import _openvino
_openvino(Path("model.xml")).Core()
assert not [name for name in sys.modules if name.startswith("openvino_telemetry")]
import openvino_telemetry  # other programs may still have it
"""
    environment = command_environment(**watched.environment, CI="")
    environment.pop("CI")  # it is silent there anyway
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=120, check=True)
    assert watched.strangers() == []
    assert watched.files() == []
