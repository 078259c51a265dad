"""Keeps the user's own models: files that were added under a name, and which models are in use.

    NAME.onnx   the model
    NAME.json   what it is and its hash; a model is there when this file is
    use.json    the names that are taken where none is given

They are kept apart from the downloads: a cache may be emptied at any time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import ConfigError, ModelError, SinkError, one_line
from maskwatch.folder_lock import locked
from maskwatch.models.download import sha256, user_folder
from maskwatch.types import ModelKind

_CHOICE: Final = "use"  # never a model's name
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class AddedModel:
    """A model that the user has added.

    Attributes:
        name: Its name.
        kind: "detector" or "classifier".
        file: File name in `store_dir`.
        sha256: Hash of the file when it was added.
    """

    name: str
    kind: ModelKind
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Path of the file, which may have vanished."""
        return store_dir() / self.file


def store_dir() -> Path:
    """Returns the folder of added models: MASKWATCH_MODELS, or one in the system's folder for data."""
    if chosen := os.environ.get("MASKWATCH_MODELS"):
        return Path(chosen)
    return user_folder(
        lambda: platformdirs.user_data_path("maskwatch", appauthor=False) / "models",
        "Application Support/maskwatch/models",
    )


def added_models() -> dict[str, AddedModel]:
    """Returns the added models by name, with those whose file has vanished.

    Models whose description is damaged are left out; see `damaged_models`.
    """
    models = {}
    for path in _descriptions():
        try:
            model = _read_added(path)
        except ModelError:
            continue
        models[model.name] = model
    return models


def damaged_models() -> dict[str, str]:
    """Returns the models whose description in the store is damaged: name -> what is wrong.

    A JSON file without a model beside it may be anybody's; it is none of them.
    """
    damaged = {}
    for path in _descriptions():
        try:
            _read_added(path)
        except ModelError as error:
            if path.with_name(f"{path.stem}.onnx").is_file():
                damaged[path.stem] = str(error)
    return damaged


def _descriptions() -> list[Path]:
    return [path for path in sorted(store_dir().glob("*.json")) if _is_name(path.stem)]


def locate_added(model: AddedModel) -> Path:
    """Returns the path of an added model's file.

    Raises:
        ModelError: It has vanished, or is not the file that was added.
    """
    path, advice = model.path, _advice(model)
    if not path.is_file():
        raise ModelError(f"the {model.kind} {model.name!r} was added, but {path} is gone; {advice}")
    if sha256(path) != model.sha256:
        raise ModelError(f"{path}: not the file that was added (its hash differs); {advice}")
    return path


def _advice(model: AddedModel) -> str:
    text = f"`maskwatch models remove {model.name}`, then add it again"
    if chosen(model.kind) == model.name:
        text += ", or `maskwatch models use --default`"
    return text


def check_name(name: str) -> None:
    """Checks that a name cannot be taken for something else, such as a file.

    Raises:
        ConfigError: It can.
    """
    if not _is_name(name):
        raise ConfigError(
            f"{name!r} cannot be a model's name: up to 64 letters, digits, dots, dashes and underscores;"
            " choose another with --name"
        )


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name.lower() != _CHOICE and not name.endswith((".onnx", ".xml"))


def add_file(path: Path, name: str, kind: ModelKind) -> AddedModel:
    """Copies a model file into the store; the caller has tried that it works.

    Raises:
        ConfigError: The name is not allowed.
        ModelError: The name is taken.
        SinkError: The store cannot be written to; nothing was changed.
    """
    check_name(name)
    with locked(store_dir()):
        return _add_file(path, name, kind)


def _add_file(path: Path, name: str, kind: ModelKind) -> AddedModel:
    folder = store_dir()
    description = folder / f"{name}.json"
    # On some systems a.onnx and A.onnx are one file.
    if name.lower() in {path.stem.lower() for path in _descriptions()}:
        raise ModelError(f"there is a model {name!r} already; remove it first, or choose another --name")
    # Not the suffix of the user's file: NAME.json is the description.
    target = folder / f"{name}.onnx"
    with AtomicFile(target) as copy:
        try:
            shutil.copyfile(path, copy.path)
        except OSError as error:
            raise SinkError(f"{target}: cannot be written ({error.strerror or error})") from error
        model = AddedModel(name, kind, target.name, sha256(copy.path))
    # Written last: a copy that failed half-way left no model behind.
    _write(description, {key: value for key, value in asdict(model).items() if key != "name"})
    return model


def remove_file(model: AddedModel) -> None:
    """Deletes a model and its file; if it was in use, the shipped model is used again.

    Raises:
        ModelError: A file cannot be deleted.
    """
    if chosen(model.kind) == model.name:
        choose(model.kind, None)
    try:
        (store_dir() / f"{model.name}.json").unlink(missing_ok=True)
        model.path.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(f"{model.path}: cannot be deleted ({error.strerror or error})") from error


def remove_damaged(name: str) -> None:
    """Deletes what is left of a model whose description is damaged.

    Raises:
        ModelError: A file cannot be deleted.
    """
    for suffix in (".json", ".onnx"):
        path = store_dir() / f"{name}{suffix}"
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(f"{path}: cannot be deleted ({error.strerror or error})") from error


def chosen(kind: ModelKind) -> str | None:
    """Returns the name of the model in use; None for the shipped one."""
    name = _read(store_dir() / f"{_CHOICE}.json").get(kind)
    return name if isinstance(name, str) and name else None


def choose(kind: ModelKind, name: str | None) -> None:
    """Puts a model to use in place of the shipped one; None goes back to that.

    Raises:
        SinkError: The store cannot be written to.
    """
    path = store_dir() / f"{_CHOICE}.json"
    if name is None and not path.exists():
        return
    with locked(store_dir()):
        try:
            before = _read(path)
        except ModelError:  # damaged: what it said is lost anyway
            before = {}
        names = {key: value for key, value in before.items() if key != kind}
        if name is not None:
            names[kind] = name
        _write(path, names)


def _read_added(path: Path) -> AddedModel:
    """Returns the model that a JSON file describes.

    Raises:
        ModelError: The file describes none.
    """
    description = _read(path)
    kind, file, digest = (str(description.get(key, "")) for key in ("kind", "file", "sha256"))
    if kind not in ("detector", "classifier") or Path(file).name != file or not file:
        advice = f"`maskwatch models remove {path.stem}`, then add the model again"
        raise ModelError(f"{path}: not what maskwatch wrote; {advice}")
    return AddedModel(path.stem, "detector" if kind == "detector" else "classifier", file, digest)


def _read(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file; an empty one where the file does not exist."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except RecursionError:
        raise ModelError(f"{path}: cannot be read (nested too deeply); delete it and try again") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({one_line(error)}); delete it and try again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: not what maskwatch wrote; delete it and try again")
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    with AtomicFile(path) as draft:
        try:
            draft.path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error
