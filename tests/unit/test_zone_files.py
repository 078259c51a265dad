from __future__ import annotations

import json
from pathlib import Path

import pytest

from maskwatch.errors import ConfigError
from maskwatch.people.zones import Zone
from maskwatch.settings import load_settings
from maskwatch.zone_files import dump_zones, load_zones, zones_from

ZONES = (
    Zone("Hall", "zone", ((0, 0), (0.123456789012345, 0), (1e-7, 1))),
    Zone('a "quoted" \\ name', "line", ((0.1, 0.2), (1 / 3, 1.0))),
    Zone("入口 👩\u200d🚀", "ignore", ((0, 0), (1, 0), (1, 1))),
)


def write(folder: Path, text: str, name: str = "zones.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert load_zones(write(tmp_path, dump_zones(ZONES))) == ZONES
    assert load_zones(write(tmp_path, "\ufeff" + dump_zones(ZONES))) == ZONES
    assert load_zones(write(tmp_path, dump_zones(()))) == ()


def test_what_is_written_is_a_part_of_the_settings(tmp_path: Path) -> None:
    path = write(tmp_path, "[alerts]\nafter = 9\n\n" + dump_zones(ZONES), "maskwatch.toml")
    assert load_settings(path).zones == ZONES


def test_the_json_of_the_page_is_read(tmp_path: Path) -> None:
    text = json.dumps({"zones": [zone.record() for zone in ZONES]})
    assert load_zones(write(tmp_path, text, "zones.JSON")) == ZONES


def test_a_zone_is_a_zone_where_nothing_else_is_said() -> None:
    assert zones_from([{"name": "a", "points": [[0, 0], [1, 0], [1, 1]]}])[0].kind == "zone"
    assert zones_from(ZONES) == ZONES


GOOD = '[[zones]]\nname = "door"\nkind = "line"\npoints = [[0, 0], [1, 1]]\n'


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("z.toml", GOOD.replace(", [1, 1]", ""), "zone 'door': a line needs at least 2 points, got 1"),
        ("z.toml", GOOD + GOOD, "zone 'door': 2 zones have this name"),
        ("z.toml", GOOD + "colour = 1", "zone 'door': unknown colour; known are name, kind, points"),
        ("z.toml", GOOD.replace("points", "corners"), "zone 'door': unknown corners"),
        ("z.toml", '[[zones]]\nname = "door"', "zone 'door': it has no points"),
        ("z.toml", "[[zones]]\npoints = [[0, 0], [1, 1]]", "zone 1 needs a name, got None"),
        ("z.toml", GOOD + "[[zone]]\nname = 'x'", "unknown zone; a zones file holds zones alone"),
        ("z.toml", "", "it has no list named zones"),
        ("z.toml", "zones = 3", "zones are a list.*got 3"),
        ("z.toml", "[zones]\nname = 'x'", "zones are a list"),
        ("z.toml", "zones = [3]", "zone 1 is no table of name, kind, points, got 3"),
        ("z.toml", "[[zones", "not a readable zones file"),
        ("z.toml", '{"zones": []}', "not a readable zones file"),
        ("z.json", "[[zones]]", "not a readable zones file"),
        ("z.json", "[]", "it has no list named zones"),
        ("z.json", '{"zones": null}', "zones are a list.*got None"),
        ("z.json", '{"zones": "abc"}', "zones are a list"),
        (
            "z.json",
            '{"zones": [{"name": "a", "kind": "line", "points": [[0, 0], [NaN, 1]]}]}',
            "'a': point 2",
        ),
        ("z.json", "[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = write(tmp_path, text, name)
    with pytest.raises(ConfigError, match=message) as caught:
        load_zones(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["zones.toml", "zones.json"])
def test_files_that_are_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="no such zones file"):
        load_zones(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(ConfigError, match="not a readable zones file"):
        load_zones(tmp_path / name)
    (tmp_path / f"2{name}").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a readable zones file"):
        load_zones(tmp_path / f"2{name}")
