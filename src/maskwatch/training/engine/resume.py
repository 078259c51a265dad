"""What a training may go on with: the same recipe and the same data only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from maskwatch.errors import DataError
from maskwatch.training.engine import checkpoint
from maskwatch.training.engine.checkpoint import LAST
from maskwatch.training.recipes.former_keys import with_current_keys


def data_fingerprint(examples: Iterable[bytes], teacher: str) -> str:
    """A hash over what is trained on: a run goes on with the same only.

    Args:
        examples: What identifies each example.
        teacher: SHA-256 of the model that is distilled from; "" without one.
    """
    digest = hashlib.sha256(teacher.encode())
    for example in examples:
        digest.update(example)
    return digest.hexdigest()


def read_last(saved: Path) -> dict[str, Any]:
    """Reads the checkpoint to go on from.

    Raises:
        DataError: There is none.
    """
    if not saved.is_file():
        raise DataError(f"{saved}: no such checkpoint; leave --resume away to start a new run")
    return checkpoint.read(saved)


def recipe_of(folder: Path) -> dict[str, Any]:
    """The recipe of the run in a folder, with the keys of today.

    Raises:
        DataError: There is no checkpoint in it.
    """
    return with_current_keys(read_last(folder / LAST).get("recipe", {}))


def refuse_another(saved: Path, state: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuses to go on with a checkpoint of another recipe or other data.

    Settings that did not exist when it was written may be anything.

    Args:
        saved: The checkpoint.
        state: What it holds.
        expected: Kind, recipe and data that it should hold.

    Raises:
        DataError: The first difference, in one line.
    """
    if state.get("kind") != expected["kind"]:
        kind = state.get("kind", "foreign checkpoint")
        raise DataError(f"{saved}: holds a {kind}, not a {expected['kind']}")
    recipe = with_current_keys(state.get("recipe", {}))
    for key, old, new in differences(recipe, expected["recipe"]):
        raise DataError(
            f"{saved} was made by another recipe ({key} was {old!r}, is {new!r}); start a new run or give"
            " it the same one"
        )
    if state.get("data", expected["data"]) != expected["data"]:
        raise DataError(
            f"{saved} was trained on other pictures or labels, or with another teacher; start a new run"
            f" (with --start {saved} to keep what it learnt), or give it the same ones"
        )


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], table: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Settings of an old recipe that are others in a new one: key, old value, new value."""
    for key in old:
        was, now = old[key], new.get(key)
        if isinstance(was, Mapping) and isinstance(now, Mapping) and table == "":
            yield from differences(was, now, f"{key}.")
        elif was != now:
            yield table + key, was, now
