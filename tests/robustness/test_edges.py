"""The edges of the program: closed and full streams, odd folders, no home. One line, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Cli, FakeModels, command_environment
from fakes import BLUE, scene
from maskwatch.image_files import save_image

pytestmark = pytest.mark.skipif(os.name == "nt", reason="streams and folders of POSIX systems")


def shell(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of bash, in which $MW is the program."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=command_environment(MW=f"{sys.executable} -m maskwatch", **environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", ["models", "--help", "doctor", "models --json"])
def test_a_reader_that_leaves_is_no_error_to_tell(tmp_path: Path, command: str) -> None:
    done = shell(tmp_path, f"$MW {command} | head -c 1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["models", "doctor", "models --json", "--version"])
def test_a_full_disk_is_told(tmp_path: Path, command: str) -> None:
    done = shell(tmp_path, f"$MW {command} > /dev/full")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("maskwatch: stdout: cannot be written")
    assert "No space left" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_stderr_stops_nothing(tmp_path: Path, fake_models: FakeModels) -> None:
    save_image(tmp_path / "a.png", scene({}))
    done = shell(tmp_path, f"$MW detect a.png none.png {' '.join(fake_models.options)} 2> /dev/full")
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 1)


def test_closed_streams_are_no_place_for_a_file(tmp_path: Path, fake_models: FakeModels) -> None:
    save_image(tmp_path / "a.png", scene({}))
    line = f"$MW detect a.png -o out.jsonl --save marked {' '.join(fake_models.options)} <&- >&- 2>&-"
    assert shell(tmp_path, line).returncode == 0
    assert (tmp_path / "out.jsonl").read_text().count("\n") == 1
    assert (tmp_path / "out.jsonl").read_text().startswith('{"source": "a.png"')


@pytest.mark.parametrize(
    "command",
    [
        "detect a.png -o out.jsonl",
        "detect a.png --save out",
        "watch a.mp4",
        "models",
        "data check .",
        "explain a.png",
        "--config x.toml detect a.png",
    ],
)
def test_a_folder_that_is_gone(tmp_path: Path, command: str) -> None:
    (tmp_path / "gone").mkdir()
    done = shell(tmp_path, f"cd gone && rmdir ../gone && $MW {command}")
    assert "Traceback" not in done.stderr
    assert "did not foresee" not in done.stderr
    assert done.returncode == (0 if command == "models" else 1)


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["detect", f"{LONG}.jpg"],
        ["detect", "a.png", "-o", f"{LONG}.jsonl"],
        ["detect", "a.png", "--save", LONG],
        ["detect", "a.png", "--detector", f"{LONG}.onnx"],
        ["--config", LONG, "detect", "a.png"],
        ["watch", f"{LONG}.mp4"],
        ["explain", f"{LONG}.png"],
        ["explain", "a.png", "--out", f"{LONG}.png"],
        ["evaluate", LONG],
        ["data", "check", LONG],
        ["bench", f"{LONG}.onnx"],
        ["bench", "ssd-fast", "--rounds", "1", "--frame", LONG],
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "LONG"),
)
def test_names_that_are_too_long(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, arguments: list[str]
) -> None:
    save_image(tmp_path / "a.png", scene({(2, 1): BLUE}))
    options = fake_models.options if arguments[:2] == ["explain", "a.png"] else []
    done = cli(*arguments, options)
    assert done.returncode == 1
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert "did not foresee" not in done.stderr


def test_nobody_without_a_home(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    # As it is without HOME and an entry in passwd.
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.delenv("MASKWATCH_MODELS", raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    done = cli("models")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "no home folder: set HOME" in line


def test_an_unforeseen_error_is_one_line_and_a_log(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("what is this?\nnobody knows")

    monkeypatch.setattr("maskwatch.settings.load_settings", fail)
    monkeypatch.setattr("maskwatch.crash_log.log_file", lambda: tmp_path / "log" / "errors.log")
    done = cli("watch", "0")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("maskwatch: an error that maskwatch did not foresee (KeyError: ")
    assert line.endswith(f"see {tmp_path}/log/errors.log")
    assert "Traceback" in (tmp_path / "log" / "errors.log").read_text()
    with pytest.raises(KeyError):
        cli("watch", "0", MASKWATCH_DEBUG="1")


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("too deep")])
def test_whatever_happens(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("maskwatch.settings.load_settings", fail)
    monkeypatch.setattr("maskwatch.crash_log.log_file", lambda: Path("/dev/null/errors.log"))
    done = cli("watch", "0")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
