import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from maskwatch.detectors.ssd import SSD as Running
from maskwatch.errors import DataError
from maskwatch.models.download import locate
from maskwatch.models.macs import macs
from maskwatch.models.runtime import open_session
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.onnx_weights import load_exported
from maskwatch.training.export import onnx_export, parity
from maskwatch.training.export.ensemble import EnsembleMember, add_member
from maskwatch.training.nets.ssd import SSD


def words_of(file: Path) -> dict[str, Any]:
    words: dict[str, Any] = json.loads(onnx.load(str(file)).metadata_props[0].value)
    return words


def save(proto: onnx.ModelProto, words: dict[str, Any], file: Path) -> Path:
    del proto.metadata_props[:]
    proto.metadata_props.add(key="maskwatch", value=json.dumps(words))
    onnx.save(proto, str(file))
    return file


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped detector, one that answers otherwise, and both together."""
    folder = tmp_path_factory.mktemp("detectors")
    own = locate("face_ssd.onnx")
    words = words_of(own)
    proto = onnx.load(str(own))
    for entry in proto.graph.initializer:
        if entry.name.startswith("model.trunk") and len(entry.dims) == 4:
            entry.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(entry) * 0.9, entry.name))
    other = save(proto, words | {"name": "other"}, folder / "other.onnx")
    proto = onnx.load(str(own))
    words = add_member(proto, words, EnsembleMember(other, 0.25))
    return {"own": own, "other": other, "both": save(proto, words, folder / "both.onnx")}


@pytest.mark.parametrize("shape", [(192, 320), (64, 128)])
def test_both_together_answer_with_their_weighted_mean(
    files: dict[str, Path], shape: tuple[int, int]
) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (1, *shape, 3), np.uint8)
    answers = (open_session(files[name], "detector").run(pixels) for name in ("own", "other", "both"))
    for own, other, together in zip(*answers, strict=True):
        assert np.abs(own - other).max() > 0.1
        np.testing.assert_allclose(together, 0.75 * own + 0.25 * other, atol=1e-4)


def test_both_together_are_a_detector_like_any_other(files: dict[str, Path]) -> None:
    running = Running(files["both"], 96, threshold=0.0)
    assert len(running.detect(np.full((60, 90, 3), 90, np.uint8)))
    costs = {name: macs(file, (1, 64, 128, 3)) for name, file in files.items()}
    assert costs["both"] == costs["own"] + costs["other"]


def test_the_file_tells_what_it_holds(files: dict[str, Path]) -> None:
    words = {name: words_of(file) for name, file in files.items()}
    both = words["both"]
    assert both["parameters"] == words["own"]["parameters"] + words["other"]["parameters"]
    assert both["name"] == words["own"]["name"]
    assert (both["companion"]["name"], both["companion"]["share"]) == ("other", 0.25)
    assert "averaged with" in both["architecture"]


def test_a_training_can_start_from_the_first_of_them(files: dict[str, Path]) -> None:
    examples = [torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1]
    models = []
    for name in ("own", "both"):
        models.append(SSD(0.35, 64))
        load_exported(models[-1], files[name], examples)
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_an_export_with_a_companion_is_compared_with_both(files: dict[str, Path], tmp_path: Path) -> None:
    state = {"kind": "detector", "recipe": {"width": 0.35, "channels": 16}}
    checkpoint.save(tmp_path / "c.pt", state | {"average": SSD(0.35, 16).state_dict()})
    words = onnx_export.read_metadata("detector", None)
    out = tmp_path / "out.onnx"
    difference = onnx_export.export_detector(
        tmp_path / "c.pt", out, words, companion=EnsembleMember(files["own"])
    )
    assert difference < parity.MAX_ROUNDING
    assert words_of(out)["companion"]["name"] == words_of(files["own"])["name"]


def test_a_stranger_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    proto, words = onnx.load(str(files["own"])), words_of(files["own"])
    (tmp_path / "text.onnx").write_text("not a model")
    for file in (tmp_path / "text.onnx", tmp_path / "absent.onnx"):
        with pytest.raises(DataError, match=r"onnx: not a detector that maskwatch exported"):
            add_member(proto, words, EnsembleMember(file))
    other = save(
        onnx.load(str(files["own"])), words | {"levels": words["levels"][:-1]}, tmp_path / "other.onnx"
    )
    with pytest.raises(DataError, match="cannot be averaged with this detector: other levels"):
        add_member(proto, words, EnsembleMember(other))
    assert proto == onnx.load(str(files["own"]))
