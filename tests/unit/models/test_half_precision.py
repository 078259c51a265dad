from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from maskwatch.models.download import locate
from maskwatch.models.half_precision import halve, restore
from maskwatch.models.runtime import open_session


def whole() -> onnx.ModelProto:
    model = onnx.load(str(locate("face_ssd.onnx")))
    restore(model)
    return model


def test_the_file_is_half_as_large_and_answers_alike(tmp_path: Path) -> None:
    before, after = tmp_path / "whole.onnx", tmp_path / "half.onnx"
    model = whole()
    for entry in model.graph.initializer:  # the shipped weights are rounded already
        if entry.data_type == onnx.TensorProto.FLOAT:
            weights = numpy_helper.to_array(entry) * np.float32(1.0001)
            entry.CopyFrom(numpy_helper.from_array(weights, entry.name))
    onnx.save(model, str(before))
    halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(after))
    assert after.stat().st_size < 0.65 * before.stat().st_size
    picture = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3), np.uint8)
    answers = [open_session(path, "detector").run(picture) for path in (before, after)]
    for a, b in zip(*answers, strict=True):
        np.testing.assert_allclose(a, b, atol=0.03)
        assert not np.array_equal(a, b)


def test_restored_is_as_before_but_for_the_rounding() -> None:
    model, old = whole(), whole()
    halve(model)
    restore(model)
    assert [node.op_type for node in model.graph.node] == [node.op_type for node in old.graph.node]
    for entry, was in zip(model.graph.initializer, old.graph.initializer, strict=True):
        assert entry.name == was.name
        assert entry.data_type == was.data_type
        a, b = (numpy_helper.to_array(one) for one in (entry, was))
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-7)
