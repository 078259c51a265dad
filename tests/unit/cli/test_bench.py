"""`maskwatch bench`, as a user calls it."""

from __future__ import annotations

import json

import pytest

from conftest import Cli, FakeModels
from maskwatch.cli.bench import DEFAULT_MODELS
from maskwatch.models.download import sha256


def test_table_and_json(cli: Cli, fake_models: FakeModels) -> None:
    models = [f"{fake_models.detector}@320", str(fake_models.classifier)]
    done = cli("bench", models, "--rounds", "2")
    assert done.returncode == 0
    head, first, second = done.stdout.splitlines()
    assert head.split()[:2] == ["model", "kind"]
    assert first.split()[:2] == ["detector.onnx@320", "detector"]
    assert second.split()[-1] == sha256(fake_models.classifier)[:12]
    assert "onnxruntime" in done.stderr
    content = json.loads(cli("bench", models, "--rounds", "2", "--json").stdout)
    assert [row["name"] for row in content["models"]] == models
    assert content["machine"]["threads"] == 1


def test_usual_models(cli: Cli) -> None:
    rows = json.loads(cli("bench", "--rounds", "1", "--json").stdout)["models"]
    assert [row["name"] for row in rows] == [*DEFAULT_MODELS, "ssd"]


@pytest.mark.parametrize(
    ("model", "message"), [("sdd", "did you mean ssd"), ("nowhere.onnx", "no such model file")]
)
def test_bad_names(cli: Cli, model: str, message: str) -> None:
    done = cli("bench", model)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert message in line


def test_a_model_that_cannot_be_had_is_left_out(cli: Cli, fake_models: FakeModels) -> None:
    done = cli("bench", "nowhere.onnx", f"{fake_models.detector}@320", "--rounds", "2", "--json")
    assert done.returncode == 1
    assert [row["name"] for row in json.loads(done.stdout)["models"]] == [f"{fake_models.detector}@320"]
    (line,) = done.stderr.splitlines()
    assert line == "left out: nowhere.onnx: no such model file"
