from __future__ import annotations

from pathlib import Path

import pytest

from conftest import FakeModels
from maskwatch.errors import ModelError
from maskwatch.models.download import locate
from maskwatch.models.macs import macs


def test_convolutions_are_counted_at_the_size_asked_for(fake_models: FakeModels) -> None:
    # One 1x1 convolution from three channels to three.
    assert macs(fake_models.detector, (1, 192, 320, 3)) == 192 * 320 * 3 * 3
    assert macs(fake_models.detector, (1, 64, 64, 3)) == 64 * 64 * 9
    assert macs(fake_models.classifier, (1, 32, 32, 3)) == 0


def test_the_shipped_classifier_costs_what_the_paper_says() -> None:
    # 300 million at 224 pixels with a dense layer for 1000 classes (arXiv 1801.04381, table 4).
    file = locate("mask_mobilenet.onnx")
    assert macs(file, (1, 224, 224, 3)) == pytest.approx(300.8e6 - 1.28e6, rel=0.002)


def test_no_model(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"a\.onnx: its operations cannot be counted"):
        macs(tmp_path / "a.onnx", (1, 64, 64, 3))
