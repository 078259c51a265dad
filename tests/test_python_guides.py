"""The Python code of the guides runs as printed, on made pictures."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from conftest import Cli, command_environment
from made.scenes import Place, scene, walk, write_clip
from maskwatch import load_settings
from maskwatch.factory import rules
from maskwatch.image_files import save_image
from maskwatch.rules import CrowdRule, LostCameraRule, LowShareRule, NoMaskRule, WornWronglyRule
from maskwatch.sources.images import read_image

ROOT = Path(__file__).parents[1]
GUIDES = ROOT / "docs" / "guides"
MODULE = "# my_models.py\n"


def blocks(guide: str, language: str) -> list[tuple[int, str]]:
    """The code blocks of a guide, each with the line on which it begins."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    matches = re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, match.start(1)), match[1]) for match in matches]


def run_blocks(guide: str, skip: str = "") -> dict[str, object]:
    """Runs the Python blocks of a guide in order; returns their names."""
    names: dict[str, object] = {}
    for line, code in blocks(guide, "python"):
        if not skip or not code.startswith(skip):
            # Empty lines in front, so that an error names the line of the guide.
            exec(compile("\n" * line + code, guide, "exec"), names)
    return names


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files that the guides name, in the current folder."""
    people = scene([Place("correct", 180, 220), Place("none", 460, 220)], size=(640, 480), seed=1)
    save_image(tmp_path / "people.jpg", people.image)
    save_image(tmp_path / "photos" / "a.jpg", people.image)
    save_image(tmp_path / "photos" / "b.png", scene([Place("correct", 160, 110, face=80)], (320, 240)).image)
    clip = walk([Place("none", 160, 110, face=80)], size=(320, 240), fps=5)
    write_clip(tmp_path / "entrance.mp4", [made for _, made in zip(range(6), clip, strict=False)], fps=5)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("my_models", None)


@pytest.fixture
def my_models(folder: Path) -> Path:
    """The module that the guide writes."""
    code = [code.removeprefix(MODULE) for _, code in blocks("own-back-end.md", "python") if code[:2] == "# "]
    assert len(code) == 2
    (folder / "my_models.py").write_text("\n\n".join(code), encoding="utf-8")
    return folder


def test_python(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run_blocks("python.md")
    out = capsys.readouterr().out
    assert "2 faces: 1 masked, 1 unmasked" in out
    assert "without a mask" in out
    assert str(folder / "photos") not in out  # paths are those that the user wrote
    assert "photos/a.jpg 2 faces" in out.replace("\\", "/")
    assert len(names["certain"]) <= len(names["faces"]) == 2  # type: ignore[arg-type]
    assert read_image(folder / "marked.jpg").shape == (480, 640, 3)
    lines = [json.loads(line) for line in (folder / "faces.jsonl").read_text().splitlines()]
    assert [len(line["faces"]) for line in lines] == [2, 1]
    with av.open(str(folder / "marked.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 6


def test_alerts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_blocks("alerts.md")
    assert capsys.readouterr().out.splitlines() == [
        "first_visitor None The first visitor is here",
        "no_mask 1 Person 1 has been without a mask for 0.5 seconds",
    ]


def test_the_settings_of_alerts_make_every_rule(folder: Path) -> None:
    ((_, toml),) = blocks("alerts.md", "toml")
    (folder / "maskwatch.toml").write_text(toml)
    settings = load_settings()
    made = rules(settings.alerts, settings.zones)
    assert {type(rule) for rule in made} == {
        *(CrowdRule, LostCameraRule, LowShareRule, NoMaskRule, WornWronglyRule)
    }
    assert {getattr(rule, "zone", "door") for rule in made} == {"door"}


def test_a_back_end_of_ones_own(my_models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_blocks("own-back-end.md", skip=MODULE)
    own, shipped = capsys.readouterr().out.splitlines()
    assert re.match(r"[1-9]\d* faces?: ", own)
    assert shipped.startswith("2 faces: 1 masked, 1 unmasked")


def test_its_examples_are_as_short_as_promised() -> None:
    sizes = [code.count("\n") for _, code in blocks("own-back-end.md", "python") if code.startswith(MODULE)]
    assert max(sizes) <= 30


def test_its_commands_run(my_models: Path, process: Cli) -> None:
    text = (GUIDES / "own-back-end.md").read_text(encoding="utf-8")
    commands = [shlex.split(line)[1:] for line in re.findall(r"^maskwatch .*", text, re.MULTILINE)]
    assert [words[0] for words in commands] == ["detect", "bench"]
    for words in commands:
        done = process(*words)
        assert done.returncode == 0, done.stderr
    (line,) = process(*commands[0]).stdout.splitlines()
    assert json.loads(line)["faces"]


def test_its_settings_are_read(my_models: Path) -> None:
    ((_, toml),) = blocks("own-back-end.md", "toml")
    file = my_models / "maskwatch.toml"
    file.write_text(toml)
    settings = load_settings(file)
    table = tomllib.loads(toml)
    assert settings.detect.detector == table["detect"]["detector"] == "my_models:SkinDetector"
    assert settings.classify.classifier == table["classify"]["classifier"] == "my_models:ColourClassifier"


def test_it_keeps_its_promises(my_models: Path) -> None:
    text = (GUIDES / "own-back-end.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^OWN_DETECTOR=.*", text, re.MULTILINE)
    words = shlex.split(command)
    changes = dict(word.split("=", 1) for word in words if word.startswith("OWN_"))
    python_path = os.pathsep.join([str(my_models), command_environment()["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, *words[words.index("python") + 1 :], "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=command_environment(**changes, PYTHONPATH=python_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 12
