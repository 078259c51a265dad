from pathlib import Path

import onnx
import pytest
from onnx import helper

from conftest import FakeModels
from fakes import BLUE, GREEN, scene, write_detector
from maskwatch.app.engines import detectors
from maskwatch.errors import ConfigError, ModelError
from maskwatch.evaluation.inference import parse_models
from maskwatch.factory import kind_of, load
from maskwatch.models.catalog import at_hand
from maskwatch.models.store import added_models, store_dir
from maskwatch.settings import load_settings
from maskwatch.user_models import add, remove, use, use_shipped


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKWATCH_MODELS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


@pytest.fixture
def added(fake_models: FakeModels) -> None:
    add(fake_models.detector, "squares")
    add(fake_models.classifier, "colours")


@pytest.mark.usefixtures("added")
def test_usable_by_name_everywhere() -> None:
    found = load("squares", "colours", 320).detect(scene({(2, 1): BLUE, (5, 3): GREEN}))
    assert sorted(map(str, found.labels)) == ["with_mask", "without_mask"]
    assert (kind_of("squares"), kind_of("colours")) == ("detector", "classifier")
    assert parse_models("colours", "ssd", "mobilenet") == ("ssd", "colours")
    assert parse_models("squares", "ssd", "mobilenet") == ("squares", "mobilenet")
    assert at_hand("classifier") == ["mobilenet", "mobilenet-fast", "colours"]
    assert detectors("ssd")[-1] == "squares"
    with pytest.raises(ModelError, match="did you mean squares"):
        load("sqares")


@pytest.mark.usefixtures("added")
def test_in_use_unless_something_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def named() -> str:
        return load_settings().detect.detector

    assert (use("squares"), use("colours")) == ("detector", "classifier")
    assert load(size=320).detect(scene({(2, 1): BLUE})).labels == ["with_mask"]
    assert load_settings().classify.classifier == "colours"
    assert named() == "squares"
    (tmp_path / "maskwatch.toml").write_text("[detect]\nsize = 320\n")
    assert named() == "squares"
    (tmp_path / "maskwatch.toml").write_text("[detect]\ndetector = 'ssd-fast'\n")
    assert named() == "ssd-fast"
    monkeypatch.setenv("MASKWATCH_DETECT__DETECTOR", "ssd-accurate")
    assert named() == "ssd-accurate"
    assert load_settings(given={"detect": {"detector": "ssd"}}).detect.detector == "ssd"


@pytest.mark.usefixtures("added")
def test_going_back() -> None:
    use("squares")
    use("colours")
    use("ssd")
    assert (load_settings().detect.detector, load_settings().classify.classifier) == ("ssd", "colours")
    use("squares")
    use_shipped()
    assert (load_settings().detect.detector, load_settings().classify.classifier) == ("ssd", "mobilenet")
    use("squares")
    remove("squares")
    assert load_settings().detect.detector == "ssd"


@pytest.mark.usefixtures("added")
def test_a_model_in_use_that_has_vanished(store: Path) -> None:
    use("squares")
    (store / "squares.onnx").unlink()
    with pytest.raises(ModelError, match=r"squares.onnx is gone; .*`maskwatch models use --default`"):
        load()
    (store / "squares.json").unlink()
    with pytest.raises(ModelError, match=r"unknown detector 'squares'.*`maskwatch models use --default`"):
        load()
    use_shipped()
    assert load_settings().detect.detector == "ssd"


def test_what_is_not_taken(fake_models: FakeModels, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model" * 99)
    with pytest.raises(ModelError, match="damaged, or no ONNX model"):
        add(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match="no such model file"):
        add(tmp_path / "nowhere.onnx")
    foreign = onnx.load(str(fake_models.detector))
    del foreign.metadata_props[:]
    onnx.save(foreign, str(tmp_path / "foreign.onnx"))
    with pytest.raises(ModelError, match="none of maskwatch"):
        add(tmp_path / "foreign.onnx")
    helper.set_model_props(foreign, {"maskwatch": '{"format": 1, "kind": "poem"}'})
    onnx.save(foreign, str(tmp_path / "poem.onnx"))
    with pytest.raises(ModelError, match="no known kind"):
        add(tmp_path / "poem.onnx")
    liar = write_detector(tmp_path / "liar.onnx", levels=[{"stride": 16, "anchors": [[32, 32]]}])
    with pytest.raises(ModelError, match="candidates where its metadata promises"):
        add(liar)
    with pytest.raises(ModelError, match="OpenVINO model is two files"):
        add(tmp_path / "model.xml")
    for name in ("ssd", "MobileNet", "none"):
        with pytest.raises(ModelError, match="a name of maskwatch's own"):
            add(fake_models.detector, name)
    with pytest.raises(ConfigError, match="cannot be a model's name"):
        add(fake_models.detector, "a=b")
    assert not store_dir().exists()


def test_unknown_names(added: None) -> None:
    with pytest.raises(ModelError, match=r"no model is named 'x'; there are ssd,.* colours, squares"):
        use("x")
    with pytest.raises(ModelError, match="'x' was not added; added models: colours, squares"):
        remove("x")
    with pytest.raises(ModelError, match="'ssd' comes with maskwatch and stays"):
        remove("ssd")
    assert set(added_models()) == {"squares", "colours"}
