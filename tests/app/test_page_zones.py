"""Zones that come from the page."""

import pytest
import streamlit as st

from maskwatch.app.pages.page_zones import PageZones
from maskwatch.people.zones import Zone

DOOR = Zone("Door", "zone", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
TOML = '[[zones]]\nname = "Hall"\npoints = [[0, 0], [1, 0], [1, 1]]\n'


@pytest.fixture
def zones(monkeypatch: pytest.MonkeyPatch) -> PageZones:
    class State(dict[str, object]):
        __getattr__ = dict.__getitem__
        __setattr__ = dict.__setitem__

    monkeypatch.setattr(st, "session_state", State())
    return PageZones("camera", (DOOR,))


def test_what_is_drawn_replaces_what_is_configured_for_this_source_alone(zones: PageZones) -> None:
    assert zones.current == (DOOR,)
    zones.take([])
    assert not zones.current
    zones.take([{"name": "Line", "kind": "line", "points": [[0, 0.5], [1, 0.5]]}])
    assert [zone.name for zone in zones.current] == ["Line"]
    assert PageZones("the demo", (DOOR,)).current == (DOOR,)


def test_what_makes_no_sense_is_told_in_one_line_and_changes_nothing(zones: PageZones) -> None:
    for nonsense in ("x", [{"name": "A", "points": [[0, 0], [1, 0], [2, 2]]}], [DOOR.record()] * 2, None):
        zones.take(nonsense)
        assert zones.error
        assert "\n" not in zones.error
        assert zones.current == (DOOR,)
    zones.take([])
    assert zones.error == ""


def test_a_file_is_read(zones: PageZones) -> None:
    zones.take_file({"name": "hall.toml", "text": TOML})
    assert [zone.name for zone in zones.current] == ["Hall"]
    zones.take_file({"name": "../hall.json", "text": '{"zones": []}'})
    assert not zones.current
    for value in ({"name": "a.toml", "text": "no TOML"}, {"name": "a.toml", "text": "x" * 200_000}, None):
        zones.take_file(value)
        assert zones.error
        assert "/tmp" not in zones.error
    zones.take_file({"name": "bad.toml", "text": "["})
    assert zones.error.startswith("bad.toml: ")
