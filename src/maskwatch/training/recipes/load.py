"""Reads recipe files: TOML into `Recipe`, with one clear line for every key and value that makes no sense."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_type_hints

import tomli_w
from pydantic import TypeAdapter, ValidationError

from maskwatch.errors import ConfigError
from maskwatch.toml_file import read_toml
from maskwatch.training.recipes.former_keys import with_current_keys
from maskwatch.training.recipes.schema import PREVIOUS, SETTINGS, ExportSettings, Recipe, Stage
from maskwatch.types import ModelKind

SHIPPED: Final = Path(__file__).parent
"""The folder of the shipped recipes."""

_Checked = TypeVar("_Checked")

_OF_THE_RUN: Final = ("kind", "stages", "model_soup", "metadata", "export")
_OF_A_STAGE: Final = ("name", "start", "teacher")
_TYPES: Final = {
    "int_type": "int",
    "float_type": "float",
    "bool_type": "bool",
    "string_type": "str",
    "tuple_type": "list",
}


def read_table(kind: ModelKind, file: str | Path | None) -> dict[str, Any]:
    """Reads a recipe file without checking what it says.

    Args:
        kind: Of the model; "fine-tune" stands for "fine-tune-detector" or "fine-tune-classifier".
        file: A TOML file, the name of a shipped recipe, or None for nothing.

    Raises:
        ConfigError: No such recipe, not TOML, or one for the other kind of model.
    """
    if file is None:
        return {}
    path = Path(file)
    if not path.suffix:
        path = SHIPPED / f"{file}.toml"
        if not path.is_file():
            path = SHIPPED / f"{file}-{kind}.toml"
    try:
        table = read_toml(path, "recipe")
    except FileNotFoundError:
        shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.toml")))
        raise ConfigError(f"{file}: no such recipe; shipped are {shipped}") from None
    if table.get("kind", kind) != kind:
        raise ConfigError(f"{file}: a recipe for a {table['kind']}; use maskwatch train {table['kind']}")
    return table


def load_recipe(
    kind: ModelKind,
    file: str | Path | None,
    changes: Sequence[str] = (),
    defaults: Mapping[str, Any] | None = None,
) -> Recipe:
    """Reads a recipe.

    Args:
        kind: Of the model.
        file: A TOML file, the name of a shipped recipe, or None for the defaults.
        changes: "key=value" or "table.key=value", the value in TOML; they win over the file, in all stages.
            "stages.NAME.key=value" changes one stage.
        defaults: Settings that hold where neither file nor changes say anything.

    Raises:
        ConfigError: No such recipe, not TOML, or a key or value that makes no sense.
    """
    return build_recipe(kind, read_table(kind, file), _read_changes(changes), defaults or {})


def build_recipe(
    kind: ModelKind,
    table: Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Recipe:
    """Makes a recipe of what a file says; see `load_recipe`.

    Raises:
        ConfigError: A key or value makes no sense.
    """
    changes = changes or {}
    stages = table.get("stages", [{}])
    if not isinstance(stages, list) or not stages or not all(isinstance(row, Mapping) for row in stages):
        raise ConfigError("recipe: stages is a list of tables, [[stages]], with at least one of them")
    of_one_stage = changes.get("stages", {})
    if not isinstance(of_one_stage, Mapping):
        raise ConfigError("recipe: a stage is changed by stages.NAME.key=value")
    below = merge(with_current_keys(defaults or {}), with_current_keys(_shared(table)))
    above = with_current_keys(_shared(changes))
    made = []
    for number, row in enumerate(stages):
        if number:  # what the run starts from is not what its later stages start from
            below.pop("start", None)
            above.pop("start", None)
        name = row.get("name", f"stage{number + 1}")
        content: dict[str, Any] = {"name": name, "start": PREVIOUS if number else "shipped"}
        for layer in (below, with_current_keys(row), above, with_current_keys(of_one_stage.get(name, {}))):
            content = merge(content, layer)
        made.append(_stage(kind, content))
    if unknown := [name for name in of_one_stage if name not in [stage.name for stage in made]]:
        names = ", ".join(stage.name for stage in made)
        raise ConfigError(f"recipe: no stage {unknown[0]}; the stages are {names}")
    tables = merge(_of_the_run(table), _of_the_run(changes))
    export = _checked(ExportSettings, tables.pop("export", {}), "export.")
    try:
        return Recipe(kind, tuple(made), export=export, **tables)
    except ValidationError as error:
        raise _clear(error, Recipe, "") from None


def to_toml(recipe: Recipe) -> str:
    """A recipe, every value of it, as `load_recipe` reads it."""
    return tomli_w.dumps(_without_none(recipe.as_table()))


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables in one; what stands above wins, table by table."""
    merged = dict(below) | dict(above)
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            merged[key] = merge(below[key], above[key])
    return merged


def _read_changes(changes: Sequence[str]) -> dict[str, Any]:
    """What --set says, as a table."""
    content: dict[str, Any] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise ConfigError(f"{change!r}: expected key=value")
        table = content
        *tables, last = key.strip().split(".")
        for name in tables:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise ConfigError(f"{change!r}: {name} has a value already and is no table")
        try:
            table[last] = tomllib.loads(f"value = {value.strip()}")["value"]
        except (ValueError, RecursionError):
            table[last] = value.strip()
    return content


def _shared(table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file that hold for all stages."""
    return {key: value for key, value in table.items() if key not in _OF_THE_RUN}


def _of_the_run(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: table[key] for key in ("model_soup", "metadata", "export") if key in table}


def _stage(kind: ModelKind, content: dict[str, Any]) -> Stage:
    own = {key: content.pop(key, None) for key in _OF_A_STAGE}
    settings = _checked(SETTINGS[kind], content, "")
    try:
        return Stage(**own, settings=settings)
    except ValidationError as error:
        raise _clear(error, Stage, f"stage {own['name']}: ") from None


def _checked(of: type[_Checked], content: Any, where: str) -> _Checked:
    try:
        # As JSON, because there a list may be a tuple though types are checked strictly.
        return TypeAdapter(of).validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        raise _clear(error, of, where) from None
    except (RecursionError, ValueError):  # thousands of levels or of digits
        raise ConfigError(f"recipe: {where.rstrip('.') or 'it'} holds a value that is too long") from None


def _clear(error: ValidationError, of: type, where: str) -> ConfigError:
    """The first thing that is wrong, in one line."""
    first = error.errors(include_url=False)[0]
    *tables, key = first["loc"] or (where.rstrip(".") or "it",)
    name = where + ".".join(map(str, first["loc"]))
    if first["type"] == "unexpected_keyword_argument":
        known = _fields_of(of, tables)
        close = difflib.get_close_matches(str(key), known, 1)
        hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"
        return ConfigError(f"recipe: no setting {name}{hint}")
    if first["type"] in ("dataclass_type", "dict_type"):
        return ConfigError(f"recipe: {name.rstrip('.')} is a table, not {first['input']!r}")
    if first["type"] in _TYPES:
        return ConfigError(f"recipe: {name} = {first['input']!r} is not of type {_TYPES[first['type']]}")
    return ConfigError(f"recipe: {name} = {first['input']!r}: {first['msg'].lower()}")


def _fields_of(of: type, tables: Sequence[object]) -> list[str]:
    """The settings of a table of a recipe."""
    for table in tables:
        hint = get_type_hints(of).get(str(table), of)
        of = next((part for part in (hint, *get_args(hint)) if hasattr(part, "__dataclass_fields__")), of)
    names = list(get_type_hints(of))
    return [*names, "start", "teacher", *_OF_THE_RUN] if of in SETTINGS.values() else names


def _without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has no word for nothing: such keys are left out, and empty tables with them."""
    kept: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            value = _without_none(value) or None
        elif isinstance(value, list | tuple):
            value = [_without_none(row) if isinstance(row, Mapping) else row for row in value]
        if value is not None:
            kept[key] = value
    return kept
