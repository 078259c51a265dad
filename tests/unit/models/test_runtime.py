import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from fakes import write_classifier, write_detector
from maskwatch.errors import ModelError
from maskwatch.models.runtime import open_session


def foreign(path: Path) -> Path:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path


def test_opens_and_explains_itself(tmp_path: Path) -> None:
    model = open_session(write_detector(tmp_path / "d.onnx"), "detector")
    assert model.metadata["name"] == "fake detector"
    logits, offsets = model.run(np.full((1, 64, 128, 3), 127, np.uint8))
    assert logits.shape == (8,)
    assert offsets.shape == (8, 4)


def test_threads_can_share_it(tmp_path: Path) -> None:
    model = open_session(write_classifier(tmp_path / "c.onnx"), "classifier", threads=2)
    crops = np.random.default_rng(0).integers(0, 255, (8, 4, 32, 32, 3), np.uint8)
    alone = [model.run(batch)[0] for batch in crops]
    got: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        got[number] = model.run(crops[number])[0]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, wanted in enumerate(alone):
        np.testing.assert_array_equal(got[number], wanted)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such model file"), (b"", "empty"), (b"not a model" * 50, "damaged, or no ONNX model")],
)
def test_no_model_at_all(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "x.onnx"
    if content is not None:
        path.write_bytes(content)
    assert_refused(path, message)


def test_folder(tmp_path: Path) -> None:
    assert_refused(tmp_path, "folder")


def test_truncated(tmp_path: Path) -> None:
    path = write_detector(tmp_path / "d.onnx")
    path.write_bytes(path.read_bytes()[:400])
    assert_refused(path, "damaged")


def test_foreign(tmp_path: Path) -> None:
    assert_refused(foreign(tmp_path / "f.onnx"), "none of maskwatch")


def test_wrong_kind(tmp_path: Path) -> None:
    assert_refused(write_classifier(tmp_path / "c.onnx"), "a classifier, where a detector is needed")


def test_newer_format(tmp_path: Path) -> None:
    assert_refused(write_detector(tmp_path / "d.onnx", format=2), "newer maskwatch .*upgrade")


def test_no_format(tmp_path: Path) -> None:
    assert_refused(write_detector(tmp_path / "d.onnx", format=None), "no format")


def test_lacking_metadata(tmp_path: Path) -> None:
    assert_refused(write_detector(tmp_path / "d.onnx", levels=None, sizes=None), "lacks levels, sizes")


def test_unreadable_metadata(tmp_path: Path) -> None:
    path = foreign(tmp_path / "f.onnx")
    model = onnx.load(str(path))
    helper.set_model_props(model, {"maskwatch": "{"})
    onnx.save(model, str(path))
    assert_refused(path, "metadata cannot be read")


def test_graph_that_breaks_the_contract(tmp_path: Path) -> None:
    path = write_classifier(tmp_path / "c.onnx")
    model = onnx.load(str(path))
    detector = onnx.load(str(write_detector(tmp_path / "d.onnx")))
    helper.set_model_props(model, {entry.key: entry.value for entry in detector.metadata_props})
    onnx.save(model, str(path))
    assert_refused(path, "takes 'image' .* this file does not")


def test_failure_while_running(tmp_path: Path) -> None:
    model = open_session(write_classifier(tmp_path / "c.onnx"), "classifier")
    with pytest.raises(ModelError, match="the model failed"):
        model.run(np.zeros((1, 5, 5, 3), np.uint8))


def assert_refused(path: Path, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        open_session(path, "detector")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
