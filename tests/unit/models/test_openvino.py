import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from conftest import FakeModels
from fakes import BLUE, GREEN, scene
from maskwatch.errors import ModelError
from maskwatch.factory import kind_of, load
from maskwatch.models.openvino import write_ir
from maskwatch.models.runtime import open_session

pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def detector(fake_models: FakeModels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(fake_models.detector, tmp_path_factory.mktemp("ir") / "detector.xml")


@pytest.fixture(scope="module")
def classifier(fake_models: FakeModels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(fake_models.classifier, tmp_path_factory.mktemp("ir") / "classifier.xml")


def write(model: Path, out: Path) -> Path:
    write_ir(model, out, open_session(model, kind_of(str(model))).network.entries)
    return out


def test_usable_wherever_an_onnx_file_is(detector: Path, classifier: Path, fake_models: FakeModels) -> None:
    assert sorted(path.name for path in detector.parent.iterdir()) == ["detector.bin", "detector.xml"]
    picture = scene({(2, 1): BLUE, (5, 3): GREEN})
    found = load(str(detector), str(classifier), 320).detect(picture)
    wanted = load(str(fake_models.detector), str(fake_models.classifier), 320).detect(picture)
    assert found.labels == wanted.labels
    np.testing.assert_allclose(found.boxes, wanted.boxes, atol=1e-3)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-5)
    assert (kind_of(str(detector)), kind_of(str(classifier))) == ("detector", "classifier")


def test_it_says_of_itself_what_the_onnx_file_says(classifier: Path, fake_models: FakeModels) -> None:
    metadata = open_session(classifier, "classifier").metadata
    assert metadata == open_session(fake_models.classifier, "classifier").metadata


def test_threads_can_share_it(classifier: Path) -> None:
    model = open_session(classifier, "classifier")
    crops = np.random.default_rng(0).integers(0, 255, (8, 4, 32, 32, 3), np.uint8)
    alone = [model.run(batch)[0] for batch in crops]
    got: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        for _ in range(20):
            got[number] = model.run(crops[number])[0]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, wanted in enumerate(alone):
        np.testing.assert_array_equal(got[number], wanted)


def test_what_cannot_be_used(detector: Path, fake_models: FakeModels, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a detector, where a classifier is needed"):
        open_session(detector, "classifier")
    write_ir(fake_models.detector, tmp_path / "foreign.xml", {})
    with pytest.raises(ModelError, match="an OpenVINO model, but none of maskwatch"):
        open_session(tmp_path / "foreign.xml", "detector")
    alone = tmp_path / "alone.xml"
    alone.write_bytes(detector.read_bytes())
    with pytest.raises(ModelError, match=r"its weights, alone\.bin, are not beside it"):
        open_session(alone, "detector")
    (tmp_path / "alone.bin").write_bytes(b"")
    alone.write_text("<no/>")
    with pytest.raises(ModelError, match="damaged, or no OpenVINO model") as caught:
        open_session(alone, "detector")
    assert "\n" not in str(caught.value)


def test_failure_while_running(classifier: Path) -> None:
    with pytest.raises(ModelError, match="the model failed"):
        open_session(classifier, "classifier").run(np.zeros((5, 5), np.uint8))


def test_nothing_is_written_when_it_fails(fake_models: FakeModels, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="OpenVINO cannot write it"):
        write_ir(tmp_path / "bad.onnx", tmp_path / "out" / "a.xml", {})
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(ModelError, match=r"named \*\.xml"):
        write_ir(fake_models.detector, tmp_path / "a.bin", {})


def test_without_openvino(detector: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelError, match="pip install 'maskwatch\\[openvino\\]'"):
        open_session(detector, "detector")
