"""The user's own models: files that were added under a name, and which ones are in use.

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

from maskwatch.atomic_file import AtomicFile
from maskwatch.errors import ConfigError, ModelError, SinkError
from maskwatch.models.download import sha256, usual_place
from maskwatch.types import ModelKind

_CHOICE: Final = "use"  # never a model's name
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class AddedModel:
    """A model of the user's own.

    Attributes:
        name: What it is called.
        kind: "detector" or "classifier".
        file: File name in `store_dir`.
        sha256: Of the file when it was added.
    """

    name: str
    kind: ModelKind
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the file should be."""
        return store_dir() / self.file


def store_dir() -> Path:
    """Where added models are kept: MASKWATCH_MODELS, or the system's usual place for data."""
    if chosen := os.environ.get("MASKWATCH_MODELS"):
        return Path(chosen)
    base = usual_place("Application Support", "XDG_DATA_HOME", Path(".local", "share"))
    return base / "maskwatch" / "models"


def added_models() -> dict[str, AddedModel]:
    """The added models by name; those whose file has vanished are among them."""
    found = (_read_own(path) for path in sorted(store_dir().glob("*.json")) if _is_name(path.stem))
    return {own.name: own for own in found if own is not None}


def locate_added(own: AddedModel) -> Path:
    """The path of an added model's file.

    Raises:
        ModelError: It has vanished, or is not the file that was added.
    """
    if not own.path.is_file():
        raise ModelError(f"the {own.kind} {own.name!r} was added, but {own.path} is gone; {_way_out(own)}")
    if sha256(own.path) != own.sha256:
        raise ModelError(f"{own.path}: not the file that was added (its hash differs); {_way_out(own)}")
    return own.path


def _way_out(own: AddedModel) -> str:
    text = f"`maskwatch models remove {own.name}`, then add it again"
    if chosen(own.kind) == own.name:
        text += ", or `maskwatch models use --default`"
    return text


def check_name(name: str) -> None:
    """Refuses a name that could be taken for something else.

    Raises:
        ConfigError: It is one.
    """
    if not _is_name(name):
        raise ConfigError(
            f"{name!r} cannot be a model's name: up to 64 letters, digits, dots, dashes and underscores;"
            " choose another with --name"
        )


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name.lower() != _CHOICE and not name.endswith((".onnx", ".xml"))


def add_file(path: Path, name: str, kind: ModelKind) -> AddedModel:
    """Copies a model file, which the caller has tried, into the store.

    Raises:
        ConfigError: The name is no name.
        ModelError: The name is taken.
        SinkError: The store cannot be written to; nothing was changed.
    """
    check_name(name)
    folder = store_dir()
    card = folder / f"{name}.json"
    # On some systems a.onnx and A.onnx are one file.
    if name.lower() in {taken.lower() for taken in added_models()}:
        raise ModelError(f"there is a model {name!r} already; remove it first, or choose another --name")
    target = folder / f"{name}{path.suffix}"
    with AtomicFile(target) as copy:
        try:
            shutil.copyfile(path, copy.path)
        except OSError as error:
            raise SinkError(f"{target}: cannot be written ({error.strerror or error})") from error
        own = AddedModel(name, kind, target.name, sha256(copy.path))
    # Written last: a copy that failed half-way left no model behind.
    _write(card, {key: value for key, value in asdict(own).items() if key != "name"})
    return own


def remove_file(own: AddedModel) -> None:
    """Forgets a model and deletes its file; where it was in use, the shipped one is again.

    Raises:
        ModelError: A file cannot be deleted.
    """
    if chosen(own.kind) == own.name:
        choose(own.kind, None)
    try:
        (store_dir() / f"{own.name}.json").unlink(missing_ok=True)
        own.path.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(f"{own.path}: cannot be deleted ({error.strerror or error})") from error


def chosen(kind: ModelKind) -> str | None:
    """The name that is in use in place of the shipped model's; None for the shipped one."""
    name = _read(store_dir() / f"{_CHOICE}.json").get(kind)
    return name if isinstance(name, str) and name else None


def choose(kind: ModelKind, name: str | None) -> None:
    """Sets what `chosen` says.

    Raises:
        SinkError: The store cannot be written to.
    """
    path = store_dir() / f"{_CHOICE}.json"
    names = {key: value for key, value in _read(path).items() if key != kind}
    if name is not None:
        names[kind] = name
    if names or path.exists():
        _write(path, names)


def _read_own(path: Path) -> AddedModel | None:
    card = _read(path)
    kind, file, digest = (str(card.get(key, "")) for key in ("kind", "file", "sha256"))
    if kind not in ("detector", "classifier") or Path(file).name != file or not file:
        return None
    return AddedModel(path.stem, "detector" if kind == "detector" else "classifier", file, digest)


def _read(path: Path) -> dict[str, Any]:
    """The content of a JSON file; nothing where it does not exist."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); delete it and try again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: not what maskwatch wrote; delete it and try again")
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    with AtomicFile(path) as draft:
        try:
            draft.path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror or error})") from error
