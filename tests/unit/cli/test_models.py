"""`maskwatch models`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Cli, FakeModels
from fakes import GREEN, scene
from maskwatch.sinks.pictures import save_image


def in_use(cli: Cli) -> list[str]:
    return [row["name"] for row in json.loads(cli("models", "list", "--json").stdout) if row["in_use"]]


def test_from_file_to_use_and_back(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    assert cli("models", "list").stdout == cli("models").stdout
    assert in_use(cli) == ["ssd", "mobilenet"]
    done = cli("models", "add", fake_models.detector, "--name", "squares")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"detector squares: {tmp_path / 'own-models' / 'squares.onnx'}\n")
    assert cli("models", "use", "squares").stderr == "the detector in use is squares\n"
    assert in_use(cli) == ["mobilenet", "squares"]
    (line,) = (line for line in cli("models").stdout.splitlines() if line.startswith("squares "))
    assert line.split()[:4] == ["squares", "detector", "*", "added"]
    save_image(tmp_path / "a.png", scene({(3, 3): GREEN}))
    done = cli("detect", "a.png", "--classifier", "none", "--size", "320")
    assert json.loads(done.stdout)["faces"][0]["box"] == [96, 96, 128, 128]
    assert cli("models", "use", "--default").returncode == 0
    assert in_use(cli) == ["ssd", "mobilenet"]
    assert cli("models", "remove", "squares").stderr == "removed the detector squares\n"
    assert list((tmp_path / "own-models").iterdir()) == [tmp_path / "own-models" / "use.json"]


def test_a_vanished_model_is_told_and_can_be_left(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    cli("models", "add", fake_models.detector, "--name", "squares")
    cli("models", "use", "squares")
    (tmp_path / "own-models" / "squares.onnx").unlink()
    rows = {row["name"]: row for row in json.loads(cli("models", "--json").stdout)}
    assert rows["squares"]["state"] == "missing"
    save_image(tmp_path / "a.png", scene({}))
    done = cli("detect", "a.png")
    assert (done.returncode, done.stdout) == (1, "")
    (said,) = done.stderr.splitlines()
    assert "squares.onnx is gone" in said
    for path in (tmp_path / "own-models").glob("squares*"):
        path.unlink()
    assert "the detector in use, 'squares', is gone" in cli("models").stderr
    cli("models", "use", "--default")
    assert cli("detect", "a.png").returncode == 0


def test_wrong_usage(cli: Cli) -> None:
    assert cli("models", "use").returncode == 2
    assert cli("models", "use", "ssd", "--default").returncode == 2
    done = cli("models", "use", "nothing")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
