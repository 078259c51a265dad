from pathlib import Path

import pytest

from conftest import Cli, FakeModels
from labelled import Square, write_coco, write_negatives
from maskwatch.errors import DataError, ModelError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.evaluation.inference import load_evaluated_engine
from maskwatch.models.runtime import open_session
from maskwatch.training.export import quantize as module
from maskwatch.training.export.network_inputs import pictures_of
from maskwatch.training.export.quantize import quantize


@pytest.fixture
def street(tmp_path: Path) -> EvaluationSet:
    faces = [Square((1, 1), 0, 0), Square((4, 4), 1, 1), Square((7, 2), 2, 2)]
    return pictures_of(write_coco(tmp_path / "street", [faces] * 3), {})


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROUNDS", 1)
    # The size that fits the pictures of `labelled`.
    monkeypatch.setattr(
        module,
        "load_evaluated_engine",
        lambda d, c, threads: load_evaluated_engine(d, c, 320, threads=threads),
    )


def test_the_other_form_says_what_it_is(
    fake_models: FakeModels, street: EvaluationSet, tmp_path: Path
) -> None:
    out = tmp_path / "small.onnx"
    done = quantize(fake_models.detector, "detector", out, street, street, 1.0)
    assert done.measure == "average precision"
    assert done.accuracy[0] > 0.8
    assert done.size == (fake_models.detector.stat().st_size, out.stat().st_size)
    metadata = open_session(out, "detector").metadata
    words = metadata.pop("quantization")
    assert metadata == open_session(fake_models.detector, "detector").metadata
    assert words["inputs"] == 3
    assert (words["before"], words["after"]) == pytest.approx(done.accuracy, abs=1e-5)
    assert words["measure"] == done.measure
    assert b"QuantizeLinear" in out.read_bytes()
    with pytest.raises(ModelError, match="in 8 bits already"):
        quantize(out, "detector", tmp_path / "again.onnx", street, street, 1.0)


def test_one_that_loses_too_much_is_not_written(
    fake_models: FakeModels, street: EvaluationSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.9, 0.85])
    monkeypatch.setattr(module, "_accuracy", lambda *_: ("average precision", next(values)))
    out = tmp_path / "out" / "small.onnx"
    out.parent.mkdir()
    out.write_bytes(b"the one before")
    with pytest.raises(ModelError, match=r"loses too much .*0\.9000 -> 0\.8500") as caught:
        quantize(fake_models.detector, "detector", out, street, street, 0.05)
    assert "\n" not in str(caught.value)
    assert [path.read_bytes() for path in out.parent.iterdir()] == [b"the one before"]


def test_pictures_that_tell_nothing(fake_models: FakeModels, street: EvaluationSet, tmp_path: Path) -> None:
    none = pictures_of(write_negatives(tmp_path / "none", [False]), {})
    with pytest.raises(DataError, match="labelled faces are needed"):
        quantize(fake_models.detector, "detector", tmp_path / "small.onnx", street, none, 1.0)
    assert not (tmp_path / "small.onnx").exists()


def test_labels_of_scenes_and_of_people_count_together() -> None:
    from maskwatch.evaluation.figures import Figures
    from maskwatch.proportion import Proportion

    class Part:
        def __init__(self, right: Proportion) -> None:
            self.right = right

    figures = Figures({}, {}, {"all": Part(Proportion(8, 10))}, None, {"all": Part(Proportion(1, 10))}, None)  # type: ignore[dict-item]
    assert module._right(figures) == ("labels right", 0.45)
    assert module._right(Figures({}, {}, {}, None, {}, None))[1] is None


def test_as_a_command(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    street = write_coco(tmp_path / "street", [[Square((1, 1), 0, 0)]] * 2)
    done = cli("export", fake_models.detector, "small.onnx", "--int8", street, "--max-drop", "1")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("small.onnx: average precision: ")
    refused = cli("export", fake_models.detector, "other.onnx", "--int8", street, "--max-drop", "0")
    assert refused.returncode == 1
    assert "--max-drop is 0" in refused.stderr.splitlines()[-1]
    assert not (tmp_path / "other.onnx").exists()
