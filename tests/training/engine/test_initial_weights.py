from pathlib import Path

import pytest
import torch

from maskwatch.errors import ConfigError, DataError, ModelError
from maskwatch.models.download import locate
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.initial_weights import find_start, load_start, settings_of
from maskwatch.training.nets.mask_net import MaskNet
from maskwatch.training.nets.ssd import SSD


def test_the_shipped_models_are_the_usual_start_and_decide_the_size() -> None:
    detector, classifier = find_start("detector", "shipped"), find_start("classifier", "shipped")
    assert (detector, classifier) == (locate("face_ssd.onnx"), locate("mask_mobilenet.onnx"))
    assert settings_of("detector", detector) == {"width": 0.35, "channels": 64}
    assert settings_of("classifier", classifier) == {"width": 1.0, "faces": {"size": 112, "margin": 1.4}}


def test_other_starts_decide_nothing(tmp_path: Path) -> None:
    assert find_start("detector", "none") is None
    assert settings_of("detector", None) == settings_of("detector", tmp_path / "a.pth") == {}


def test_imagenet_is_fetched_like_every_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKWATCH_CACHE", str(tmp_path))
    monkeypatch.setenv("MASKWATCH_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"mobilenet_v2-7ebf99e0\.pth is not here.*download\.pytorch\.org"):
        find_start("classifier", "imagenet")


def test_the_fast_classifier_can_be_started_from() -> None:
    """Its width is its file's."""
    start = find_start("classifier", "fast")
    assert start == locate("mask_mobilenet_fast.onnx")
    usual = settings_of("classifier", find_start("classifier", "shipped"))
    assert 0 < settings_of("classifier", start)["width"] < usual["width"]
    with pytest.raises(ConfigError, match="fast: no such file; --start takes shipped, imagenet, none or a"):
        find_start("detector", "fast")


def test_an_absent_file_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r"nosuch\.pt: no such file; --start takes shipped, fast, imagenet"):
        find_start("classifier", "nosuch.pt")


def test_the_other_kind_of_model_is_refused() -> None:
    with pytest.raises(DataError, match="holds a detector, not a classifier; choose another --start"):
        settings_of("classifier", locate("face_ssd.onnx"))


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors", ".pth"])
def test_a_damaged_file_is_one_clear_line(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"bad{suffix}").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="bad"):
        load_start(MaskNet(0.35), tmp_path / f"bad{suffix}", [])


def test_a_foreign_onnx_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match=r"--start: .*bad\.onnx: damaged, or no ONNX model"):
        settings_of("classifier", tmp_path / "bad.onnx")


def test_another_width_is_one_clear_line(tmp_path: Path) -> None:
    torch.save(MaskNet(0.35).trunk.state_dict(), tmp_path / "trunk.pth")
    checkpoint.save(tmp_path / "whole.pt", {"average": MaskNet(0.35).state_dict()})
    for name in ("trunk.pth", "whole.pt"):
        with pytest.raises(DataError, match=r"width 0\.5; set the recipe's width to the file's") as caught:
            load_start(MaskNet(0.5), tmp_path / name, [])
        assert "\n" not in str(caught.value)


def test_a_trunk_alone_leaves_the_head_as_it_is(tmp_path: Path) -> None:
    source, target = MaskNet(0.35), MaskNet(0.35)
    checkpoint.save(tmp_path / "whole.pt", {"average": source.state_dict()})
    head = target.dense.weight.detach().clone()
    load_start(target, tmp_path / "whole.pt", [], trunk_only=True)
    assert torch.equal(target.trunk.first.weight, source.trunk.first.weight)
    assert torch.equal(target.dense.weight, head)
    load_start(target, tmp_path / "whole.pt", [])
    assert torch.equal(target.dense.weight, source.dense.weight)


def test_the_shipped_trunk_fits_under_another_head() -> None:
    model = MaskNet(1.0, hidden=8)
    before = model.dense.weight.detach().clone()
    pictures = [torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)]
    load_start(model, locate("mask_mobilenet.onnx"), pictures, trunk_only=True)
    assert torch.equal(model.dense.weight, before)
    with pytest.raises(DataError, match="does not hold this model"):
        load_start(model, locate("mask_mobilenet.onnx"), pictures)


def test_a_detector_starts_from_a_checkpoint(tmp_path: Path) -> None:
    source, target = SSD(0.35, 16), SSD(0.35, 16)
    checkpoint.save(tmp_path / "whole.pt", {"average": source.state_dict()})
    load_start(target, tmp_path / "whole.pt", [])
    assert torch.equal(target.trunk.first.weight, source.trunk.first.weight)
