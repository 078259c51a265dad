from pathlib import Path

import pytest

from conftest import Cli, FakeModels
from labelled import write_negatives
from maskwatch.errors import ModelError
from maskwatch.models.runtime import open_session
from maskwatch.training.export import to_openvino
from maskwatch.training.export.network_inputs import pictures_of
from maskwatch.training.export.to_openvino import convert
from maskwatch.types import ModelKind

pytest.importorskip("openvino")


@pytest.mark.parametrize("kind", ["detector", "classifier"])
def test_it_answers_as_the_onnx_file_does(kind: ModelKind, fake_models: FakeModels, tmp_path: Path) -> None:
    model = fake_models.detector if kind == "detector" else fake_models.classifier
    assert convert(model, kind, tmp_path / "a.xml") < 1e-3
    assert open_session(tmp_path / "a.xml", kind).metadata == open_session(model, kind).metadata
    pictures = pictures_of(write_negatives(tmp_path / "none", [True]), {})
    assert convert(model, kind, tmp_path / "b.xml", pictures) < 1e-3


def test_one_that_answers_otherwise_is_not_written(
    fake_models: FakeModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_openvino, "MAX_DIFFERENCE", -1.0)
    with pytest.raises(ModelError, match="OpenVINO's answers differ"):
        convert(fake_models.detector, "detector", tmp_path / "a.xml")
    assert list(tmp_path.iterdir()) == []


def test_as_a_command(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    done = cli("export", fake_models.detector, "made/a.xml", "--openvino")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("made/a.xml: differs from detector.onnx by at most ")
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["a.bin", "a.xml"]
    assert cli("export", fake_models.detector, "b.xml").returncode == 2
    assert cli("export", fake_models.detector, "b.xml", "--openvino", "--int8", tmp_path).returncode == 2
