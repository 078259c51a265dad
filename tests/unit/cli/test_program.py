"""The program as a whole: what it knows, how it starts, what it says of itself."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from conftest import Cli, command_environment
from maskwatch import __version__
from maskwatch.cli import COMMANDS, program

HEAVY = ("numpy", "cv2", "onnxruntime", "av", "pydantic", "streamlit", "torch", "PIL")


def test_help_loads_nothing_heavy() -> None:
    """That is what makes it instant."""
    code = f"""
import sys, maskwatch.cli
try:
    maskwatch.cli.program(["--help"])
except SystemExit as end:
    assert end.code == 0
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=command_environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cli: Cli, command: str) -> None:
    done = cli(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ")
    described = typer.main.get_command(program).commands[command]  # type: ignore[attr-defined]
    assert described.help
    for parameter in described.params:
        assert parameter.help, f"{command} {parameter.name}"


def test_version(process: Cli) -> None:
    assert process("--version").stdout == f"maskwatch {__version__}\n"


def test_table_of_models(cli: Cli) -> None:
    out = cli("models").stdout
    ours = ("ssd", "ssd-fast", "ssd-accurate", "ssd-large", "mobilenet", "mobilenet-fast")
    for name in (*ours, "yunet", "opencv-ssd"):
        assert any(line.startswith(f"{name} ") for line in out.splitlines())


def test_models_as_json(cli: Cli, tmp_path: Path) -> None:
    rows = {
        row["name"]: row for row in json.loads(cli("models", "--json", MASKWATCH_CACHE=str(tmp_path)).stdout)
    }
    assert rows["yunet"]["state"] == "to fetch"
    assert rows["yunet"]["kind"] == "detector"
    assert rows["ssd"]["state"] == rows["mobilenet"]["state"] == "shipped"
    assert rows["mobilenet"]["metadata"]["labels"][0] == "with_mask"
    assert rows["ssd"]["metadata"]["training_data"]


def test_doctor_finds_a_sound_installation(cli: Cli) -> None:
    done = cli("doctor")
    assert done.returncode == 0
    assert "FAIL" not in done.stdout
    assert f"maskwatch {__version__}" in done.stdout
    assert "H.264 encoder" in done.stdout
    assert "providers (setting detect.provider): " in done.stdout
    assert "cpu\n" in done.stdout


def test_doctor_tells_which_extras_are_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version
    assert f"app (streamlit {version('streamlit')})" in cli("doctor").stdout

    def without_streamlit(name: str) -> str:
        if name == "streamlit":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_streamlit)
    done = cli("doctor")
    assert done.returncode == 0  # the core works without it
    (line,) = (line for line in done.stdout.splitlines() if "extras: " in line)
    assert line.startswith("ok ")
    assert "app (not installed, pip install 'maskwatch[app]')" in line


def test_doctor_tells_what_is_broken(process: Cli, tmp_path: Path) -> None:
    """A maskwatch without its models, as after a copy gone wrong."""
    import maskwatch

    source = Path(maskwatch.__file__).parent
    target = tmp_path / "copy" / "maskwatch"
    for path in source.rglob("*.py"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    done = process("doctor", PYTHONPATH=str(tmp_path / "copy"))
    assert done.returncode == 1
    assert "FAIL  models: " in done.stdout
    assert "install maskwatch again" in done.stdout


def test_app_without_streamlit_says_what_to_do(process: Cli, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "streamlit.py").write_text("raise ImportError('not here')")
    path = os.pathsep.join([str(tmp_path / "hidden"), command_environment()["PYTHONPATH"]])
    done = process("app", "--no-browser", PYTHONPATH=path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["maskwatch: the app needs Streamlit: pip install 'maskwatch[app]'"]


def test_port_in_use(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = cli("app", "--no-browser", "--port", str(port))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"port {port} is in use" in line


def test_every_command_has_a_module() -> None:
    for name in COMMANDS:
        assert hasattr(importlib.import_module(f"maskwatch.cli.{name}"), name)
