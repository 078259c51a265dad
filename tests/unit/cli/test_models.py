"""`maskwatch models`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Cli, FakeModels
from fakes import GREEN, scene, write_classifier, write_detector
from maskwatch.image_files import save_image
from maskwatch.models import runtime


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


def test_show_tells_everything_about_one_model(cli: Cli, tmp_path: Path) -> None:
    out = cli("models", "show", "ssd").stdout
    assert out.startswith("ssd: detector, shipped, in use\n")
    assert "metadata of face_ssd.onnx\n" in out
    assert "metadata of face_ssd_large.onnx\n" in out
    small, large = (line for line in out.splitlines() if line.startswith("architecture "))
    assert "MobileNetV2 x0.35" in small
    assert "MobileNetV2 x1," in large
    assert "The network, in words." in large
    rows = json.loads(cli("models", "--json").stdout)
    for row in rows:
        assert json.loads(cli("models", "show", row["name"], "--json").stdout) == row
    write_detector(tmp_path / "pair.onnx", companion={"name": "other", "share": 0.25})
    cli("models", "add", "pair.onnx", "--name", "pair")
    (line,) = (
        line for line in cli("models", "show", "pair").stdout.splitlines() if line.startswith("companion ")
    )
    assert "other" in line
    assert "Of an ensemble" in line
    done = cli("models", "show", "yunet", MASKWATCH_CACHE=str(tmp_path))
    assert "https://" in done.stdout
    assert "no metadata of maskwatch" in done.stdout
    done = cli("models", "show", "nothing")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


def test_show_keeps_unknown_fields_and_brackets(cli: Cli, tmp_path: Path) -> None:
    file = write_classifier(tmp_path / "own.onnx", mood=["[good]"])
    cli("models", "add", file)
    (line,) = (line for line in cli("models", "show", "own").stdout.splitlines() if line.startswith("mood "))
    assert line.split() == ["mood", '["[good]"]']


def test_a_file_of_several_models_is_opened_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    usual = runtime.open_model

    def noted(path: Path) -> runtime.Model:
        opened.append(path.name)
        return usual(path)

    monkeypatch.setattr(runtime, "open_model", noted)
    assert cli("models", "list").returncode == 0
    assert sorted(opened) == [
        "face_ssd.onnx",
        "face_ssd_large.onnx",
        "mask_mobilenet.onnx",
        "mask_mobilenet_fast.onnx",
    ]


def test_a_damaged_model_is_told_in_its_row(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    cli("models", "add", fake_models.detector, "--name", "squares")
    (tmp_path / "own-models" / "squares.onnx").write_bytes(fake_models.classifier.read_bytes())
    rows = {row["name"]: row for row in json.loads(cli("models", "--json").stdout)}
    assert rows["squares"]["state"] == "damaged"
    assert "a classifier, where a detector is needed" in rows["squares"]["summary"]
    assert "squares: detector, damaged" in cli("models", "show", "squares").stdout


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", "[" * 100_000, '{"kind": "poem", "file": "x", "sha256": ""}']
)
def test_a_damaged_description_is_a_row_and_can_be_removed(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, content: str
) -> None:
    cli("models", "add", fake_models.detector, "--name", "squares")
    cli("models", "add", fake_models.detector, "--name", "other")
    description = tmp_path / "own-models" / "squares.json"
    description.write_text(content)
    done = cli("models", "--json")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert (done.returncode, rows["squares"]["state"], rows["other"]["state"]) == (0, "damaged", "added")
    assert str(description) in rows["squares"]["summary"]
    assert "squares" in cli("models").stdout
    assert cli("models", "remove", "squares").stderr == "removed the damaged model squares\n"
    assert not list((tmp_path / "own-models").glob("squares*"))


def test_a_damaged_choice_does_not_hide_the_models(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    cli("models", "add", fake_models.detector, "--name", "squares")
    (tmp_path / "own-models" / "use.json").write_text("{")
    done = cli("models", "--json")
    assert "squares" in [row["name"] for row in json.loads(done.stdout)]
    assert "use.json" in done.stderr
    assert cli("models", "use", "--default").returncode == 0
    assert cli("models").stderr == ""


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"\xff" * 1000, b"\x08\x08:\x04\n\x02\xff\xfe"])
def test_a_file_that_is_no_model_any_more_is_a_row(
    cli: Cli, fake_models: FakeModels, tmp_path: Path, data: bytes
) -> None:
    cli("models", "add", fake_models.detector, "--name", "squares")
    (tmp_path / "own-models" / "squares.onnx").write_bytes(data)
    rows = {row["name"]: row for row in json.loads(cli("models", "--json").stdout)}
    assert rows["squares"]["state"] == "damaged"
    assert cli("models").returncode == 0


def test_metadata_is_shown_as_it_is(cli: Cli, tmp_path: Path) -> None:
    words = "[/b] [red]MIT[/red] \x1b[2J\nnext"
    write_detector(tmp_path / "a.onnx", licence=words, architecture=words, note=float("nan"))
    assert cli("models", "add", "a.onnx", "--name", "squares").returncode == 0
    for command in (("models",), ("models", "show", "squares")):
        done = cli(*command)
        assert done.returncode == 0
        assert "[/b] [red]MIT[/red]" in done.stdout
        assert "\x1b" not in done.stdout

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(cli("models", "--json").stdout, parse_constant=refuse)


def test_a_model_file_named_json(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(fake_models.detector.read_bytes())
    assert cli("models", "add", "x.json").returncode == 0
    assert (tmp_path / "own-models" / "x.onnx").read_bytes() == fake_models.detector.read_bytes()
    assert cli("models", "use", "x").returncode == 0


@pytest.mark.parametrize(
    "name", ["/dev/null", "x" * 5000, "x" * 5000 + ".onnx", "folder"], ids=lambda name: name[:9]
)
@pytest.mark.parametrize(
    "command", [("models", "add"), ("detect", "a.png", "--detector"), ("bench",)], ids=" ".join
)
def test_what_is_no_model_is_one_line(cli: Cli, tmp_path: Path, command: tuple[str, ...], name: str) -> None:
    (tmp_path / "folder").mkdir()
    save_image(tmp_path / "a.png", scene({}))
    done = cli(*command, name)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
