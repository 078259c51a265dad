from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maskwatch.data.sample import Sample
from maskwatch.errors import ConfigError, DataError, ModelError
from maskwatch.evaluation.evaluation_set import EvaluationSet
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.training.engine import checkpoint
from maskwatch.training.export import onnx_export, parity
from maskwatch.training.nets.mask_net import MaskNet


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
