"""Zones as people and the page write them: in TOML and in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from maskwatch.errors import ConfigError, shorten
from maskwatch.people.zones import Zone, check_zones
from maskwatch.toml_file import read_parsed, read_toml

_KEYS: Final = ("name", "kind", "points")
_NAME: Final = "zones file"


def load_zones(path: Path) -> tuple[Zone, ...]:
    """Reads a file of zones: TOML with [[zones]], or the JSON that the page exports, {"zones": [...]}.

    Args:
        path: The file. JSON is what ends in .json.

    Raises:
        ConfigError: The file cannot be read, or a zone makes no sense; the message names file and zone.
    """
    try:
        is_json = path.suffix.lower() == ".json"
        content: Any = read_parsed(path, json.loads, _NAME) if is_json else read_toml(path, _NAME)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such {_NAME}") from None
    if not isinstance(content, dict) or "zones" not in content:
        raise ConfigError(f"{path}: not a {_NAME}: it has no list named zones, such as [[zones]] in TOML")
    if unknown := [key for key in content if key != "zones"]:
        raise ConfigError(f"{path}: unknown {unknown[0]}; a {_NAME} holds zones alone")
    try:
        return zones_from(content["zones"])
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def dump_zones(zones: Sequence[Zone]) -> str:
    """Returns the zones as TOML, which `load_zones` reads back and which fits into maskwatch.toml."""
    return "\n".join(_toml(zone) for zone in zones) if zones else "zones = []\n"


def zones_from(value: object) -> tuple[Zone, ...]:
    """Returns the zones of a list as TOML, JSON or the environment give it.

    Args:
        value: Each zone is a mapping with name, points and kind ("zone" where it is left out), or a `Zone`.

    Raises:
        ConfigError: A zone makes no sense, there are too many, or two have the same name.
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise ConfigError(f"zones are a list, such as [[zones]] in TOML, got {shorten(value)}")
    return check_zones([_zone(number, one) for number, one in enumerate(value, start=1)])


def _zone(number: int, value: object) -> Zone:
    if isinstance(value, Zone):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(f"zone {number} is no table of {', '.join(_KEYS)}, got {shorten(value)}")
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"zone {number} needs a name, got {shorten(name)}")
    if unknown := [key for key in value if key not in _KEYS]:
        raise ConfigError(f"zone {shorten(name)}: unknown {unknown[0]}; known are {', '.join(_KEYS)}")
    if "points" not in value:
        raise ConfigError(f"zone {shorten(name)}: it has no points")
    return Zone(name, value.get("kind", "zone"), value["points"])


def _toml(zone: Zone) -> str:
    # A string of JSON is one of TOML, too: names hold no control characters.
    name = json.dumps(zone.name, ensure_ascii=False)
    points = ", ".join(f"[{x!r}, {y!r}]" for x, y in zone.points)
    return f'[[zones]]\nname = {name}\nkind = "{zone.kind}"\npoints = [{points}]\n'
