from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maskwatch.data.sample import Sample
from maskwatch.errors import ConfigError, DataError, ModelError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.models.download import locate
from maskwatch.models.runtime import open_model
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import checkpoint
from maskwatch.training.export import onnx_export, parity
from maskwatch.training.export.calibration import Temperatures, apply
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD


def test_a_checkpoint_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "c.pt", {"kind": "classifier"})
    with pytest.raises(DataError, match="holds a classifier, not a detector"):
        onnx_export.export_detector(tmp_path / "c.pt", tmp_path / "d.onnx", {})


def test_metadata_of_ones_own_claims_nothing_of_ours(tmp_path: Path) -> None:
    words = onnx_export.read_metadata("detector", None)
    assert words["training_data"] == "not stated"
    assert words["threshold"] > 0
    (tmp_path / "m.toml").write_text('name = "mine"\nthreshold = 0.7')
    words = onnx_export.read_metadata("detector", tmp_path / "m.toml")
    assert (words["name"], words["threshold"], words["licence"]) == ("mine", 0.7, "not stated")


@pytest.mark.parametrize("content", ["name = = 1", None])
def test_unreadable_metadata_is_one_clear_line(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "m.toml").write_text(content)
    with pytest.raises(ConfigError, match="not a readable metadata file"):
        onnx_export.read_metadata("classifier", tmp_path / "m.toml")


def test_an_export_that_answers_otherwise_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: tuple[list[Sample], list[Sample], PictureCache]
) -> None:
    counts: list[int] = []
    differences = parity._differences

    def noted(
        answer: Any, files: Sequence[bytes | str], inputs: list[np.ndarray], *more: Any
    ) -> list[list[float]]:
        counts.extend(len(pixels) for pixels in inputs)
        return [*differences(answer, files, inputs, *more)]

    monkeypatch.setattr(parity, "_differences", noted)
    monkeypatch.setattr(parity, "MAX_DIFFERENCE", -1.0)
    recipe = {"width": 0.35, "dropout": 0.0, "faces": {"size": 32, "margin": 1.4}}
    state = MaskNet(0.35).state_dict()
    checkpoint.save(tmp_path / "c.pt", {"kind": "classifier", "recipe": recipe, "average": state})
    (tmp_path / "old.onnx").write_bytes(b"the one before")
    words = onnx_export.read_metadata("classifier", None)
    two = EvaluationSet(samples=world[0][:2])
    with pytest.raises(ModelError, match=r"old\.onnx: the exported file differs from the checkpoint"):
        onnx_export.export_classifier(tmp_path / "c.pt", tmp_path / "old.onnx", words, pictures=two)
    assert (tmp_path / "old.onnx").read_bytes() == b"the one before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.pt", "old.onnx"]
    # Made pixels first, then the faces of real pictures as the engine cuts them.
    assert counts == [2, 2, 3, *(len(sample.boxes) for sample in two.samples)]


def test_colour_order_and_scale_move_into_the_first_convolution() -> None:
    first = torch.nn.Conv2d(3, 2, 3, bias=False)
    pixels = torch.randint(0, 256, (1, 5, 5, 3), dtype=torch.uint8)
    rgb = pixels.flip(3).permute(0, 3, 1, 2) / 127.5 - 1
    wanted = first(rgb)
    inside = onnx_export._Pixels(first)
    assert torch.allclose(first(inside(pixels)), wanted, atol=1e-5)


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    recipe = {"width": 0.35, "dropout": 0.0, "faces": {"size": 32, "margin": 1.4}}
    torch.manual_seed(0)
    state = MaskNet(0.35).state_dict()
    checkpoint.save(tmp_path / "c.pt", {"kind": "classifier", "recipe": recipe, "average": state})
    return tmp_path / "c.pt"


def test_temperatures_are_set_in_the_file_without_another_export(
    classifier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports: list[str] = []
    usual = torch.onnx.export

    def noted(*arguments: Any, **options: Any) -> Any:
        exports.append("once")
        return usual(*arguments, **options)

    monkeypatch.setattr(torch.onnx, "export", noted)
    metadata = onnx_export.read_metadata("classifier", None)
    network = onnx_export.trace_classifier(classifier)
    network.write(tmp_path / "plain.onnx", metadata)
    temperatures = Temperatures(0.05, 4.0)
    network.set_temperatures(temperatures)
    assert network.write(tmp_path / "calibrated.onnx", metadata) < parity.MAX_ROUNDING
    assert exports == ["once"]
    plain, calibrated = (open_model(tmp_path / f"{name}.onnx") for name in ("plain", "calibrated"))
    assert plain.metadata["temperatures"] == {"mask": 1.0, "covered": 1.0}
    assert calibrated.metadata == plain.metadata | {"temperatures": {"mask": 0.05, "covered": 4.0}}
    pixels = np.random.default_rng(5).integers(0, 256, (6, 32, 32, 3), np.uint8)
    before, after = plain.run(pixels), calibrated.run(pixels)
    np.testing.assert_allclose(after[0], apply(before[0], temperatures), atol=1e-5)
    assert np.abs(after[0] - before[0]).max() > 0.01
    for unchanged, other in zip(before[1:], after[1:], strict=True):
        np.testing.assert_array_equal(unchanged, other)


def test_a_detector_has_no_temperatures(tmp_path: Path) -> None:
    recipe = {"width": 0.35, "channels": 16}
    state = {"kind": "detector", "recipe": recipe, "average": SSD(0.35, 16).state_dict()}
    checkpoint.save(tmp_path / "d.pt", state)
    network = onnx_export.trace_detector(tmp_path / "d.pt")
    with pytest.raises(ModelError, match="no temperatures"):
        network.set_temperatures(Temperatures(2.0, 2.0))


def test_metadata_of_no_sense_is_refused_before_anything_is_written(classifier: Path, tmp_path: Path) -> None:
    metadata = onnx_export.read_metadata("classifier", None) | {"thresholds": "high"}
    with pytest.raises(ModelError, match=r"o\.onnx: its maskwatch metadata makes no sense \(thresholds"):
        onnx_export.export_classifier(classifier, tmp_path / "o.onnx", metadata)
    assert not (tmp_path / "o.onnx").exists()


def test_metadata_is_written_in_the_usual_order(classifier: Path, tmp_path: Path) -> None:
    metadata = onnx_export.read_metadata("classifier", None) | {"mood": "good"}
    onnx_export.export_classifier(classifier, tmp_path / "o.onnx", metadata)
    written = open_model(tmp_path / "o.onnx").metadata
    shipped = open_model(locate("mask_mobilenet.onnx")).metadata
    assert [*written] == [*(key for key in shipped if key in written), "mood"]
    assert {*shipped} - {*written} <= {"calibration", "score"}
