import json
from pathlib import Path

import pytest

from conftest import FakeModels
from maskwatch.errors import ConfigError, ModelError, SinkError
from maskwatch.models.store import (
    add_file,
    added_models,
    choose,
    chosen,
    locate_added,
    remove_file,
    store_dir,
)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKWATCH_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


def test_nothing_there() -> None:
    assert added_models() == {}
    assert chosen("detector") is None
    choose("detector", None)
    assert not store_dir().exists()


def test_added_found_chosen_removed(fake_models: FakeModels, store: Path) -> None:
    own = add_file(fake_models.detector, "office-1.2", "detector")
    assert added_models() == {"office-1.2": own}
    assert locate_added(own) == store / "office-1.2.onnx"
    assert own.path.read_bytes() == fake_models.detector.read_bytes()
    choose("detector", "office-1.2")
    choose("classifier", "other")
    assert (chosen("detector"), chosen("classifier")) == ("office-1.2", "other")
    remove_file(own)
    assert added_models() == {}
    assert (chosen("detector"), chosen("classifier")) == (None, "other")
    assert [path.name for path in store.iterdir()] == ["use.json"]


@pytest.mark.parametrize(
    "name", ["", "a b", "use", "Use", "a=b", "a+b", "../up", "x.onnx", ".hidden", "a" * 65]
)
def test_what_is_no_name(fake_models: FakeModels, store: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a model's name"):
        add_file(fake_models.detector, name, "detector")
    assert not store.exists()


def test_a_taken_name_keeps_its_model(fake_models: FakeModels) -> None:
    own = add_file(fake_models.detector, "office", "detector")
    with pytest.raises(ModelError, match="a model 'Office' already"):
        add_file(fake_models.classifier, "Office", "classifier")
    assert added_models() == {"office": own}
    assert locate_added(own).read_bytes() == fake_models.detector.read_bytes()


def test_a_copy_that_fails_leaves_nothing(
    fake_models: FakeModels, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: Path) -> None:
        paths[1].write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(SinkError, match="No space left"):
        add_file(fake_models.detector, "office", "detector")
    assert list(store.iterdir()) == []


def test_a_file_that_has_vanished(fake_models: FakeModels) -> None:
    own = add_file(fake_models.detector, "office", "detector")
    own.path.unlink()
    assert added_models() == {"office": own}
    with pytest.raises(ModelError, match=r"office.onnx is gone; `maskwatch models remove office`") as caught:
        locate_added(own)
    assert "--default" not in str(caught.value)
    choose("detector", "office")
    with pytest.raises(ModelError, match="or `maskwatch models use --default`"):
        locate_added(own)


def test_a_file_that_has_changed(fake_models: FakeModels) -> None:
    own = add_file(fake_models.detector, "office", "detector")
    own.path.write_bytes(b"something else")
    with pytest.raises(ModelError, match="hash differs"):
        locate_added(own)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_choice_that_cannot_be_read(store: Path, content: str) -> None:
    store.mkdir()
    (store / "use.json").write_text(content)
    with pytest.raises(ModelError, match=r"use.json: .*delete it and try again"):
        chosen("detector")


def test_what_else_lies_there_is_no_model(store: Path) -> None:
    store.mkdir()
    (store / "notes.json").write_text(json.dumps({"kind": "poem"}))
    (store / "outside.json").write_text(json.dumps({"kind": "detector", "file": "../x.onnx", "sha256": ""}))
    (store / ".office.0123456789ab.json").write_text("{")
    assert added_models() == {}


def test_the_place_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MASKWATCH_MODELS")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert store_dir() == tmp_path / "maskwatch" / "models"
