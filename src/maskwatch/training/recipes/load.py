"""Recipe files: TOML tables into frozen dataclasses, with no key that means nothing."""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_origin, get_type_hints

from maskwatch.errors import ConfigError
from maskwatch.toml_file import read_toml

Recipe = TypeVar("Recipe")

SHIPPED = Path(__file__).parent


def load_recipe(
    kind: type[Recipe],
    file: str | Path | None,
    changes: Sequence[str] = (),
    beneath: Mapping[str, Any] | None = None,
) -> Recipe:
    """Reads a recipe.

    Args:
        kind: The dataclass to fill.
        file: A TOML file, the name of a shipped recipe, or None for the defaults.
        changes: "key=value" or "table.key=value", the value in TOML; they win over the file.
        beneath: Settings that hold where neither file nor changes say anything.

    Raises:
        ConfigError: No such recipe, not TOML, or a key or value that makes no sense.
    """
    content: dict[str, Any] = {}
    if file is not None:
        path = Path(file)
        if not path.suffix:
            path = SHIPPED / f"{file}.toml"
        try:
            content = read_toml(path, "recipe")
        except FileNotFoundError:
            shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.toml")))
            raise ConfigError(f"{file}: no such recipe; shipped are {shipped}") from None
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise ConfigError(f"{change!r}: expected key=value")
        table = content
        *tables, last = key.strip().split(".")
        for name in tables:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise ConfigError(f"{change!r}: {name} is no table of the recipe")
        try:
            table[last] = tomllib.loads(f"value = {value.strip()}")["value"]
        except (ValueError, RecursionError):
            table[last] = value.strip()
    return _fill(kind, _over(content, beneath or {}), "")


def _over(content: Mapping[str, Any], beneath: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables in one; the first wins, table by table."""
    joined = dict(beneath) | dict(content)
    for key in beneath.keys() & content.keys():
        if isinstance(beneath[key], Mapping) and isinstance(content[key], Mapping):
            joined[key] = _over(content[key], beneath[key])
    return joined


def _fill(kind: type[Recipe], content: Mapping[str, Any], where: str) -> Recipe:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in hints:
            close = difflib.get_close_matches(key, hints, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(hints)}"
            raise ConfigError(f"recipe: no setting {where}{key}{hint}")
        values[key] = _value(hints[key], value, where + key)
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"recipe: {error}") from error


def _value(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise ConfigError(f"recipe: {name} is a table, not {value!r}")
        return _fill(hint, value, name + ".")
    origin = get_origin(hint) or hint
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"recipe: {name} = {value} is no finite number")
    if origin is tuple and isinstance(value, list):
        return tuple(value)
    if origin is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, origin) or (origin is int and isinstance(value, bool)):
        raise ConfigError(f"recipe: {name} = {value!r} is not of type {getattr(origin, '__name__', origin)}")
    return value
