from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from maskwatch.errors import ConfigError
from maskwatch.people.zones import Zone, centres, check_zones, outside
from maskwatch.types import Faces

HALF = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
BOW_TIE = ((0, 0), (1, 1), (1, 0), (0, 1))


def faces(*boxes: tuple[float, float, float, float]) -> Faces:
    return Faces(
        np.array(boxes, np.float32).reshape(-1, 4), np.linspace(0.9, 0.5, len(boxes), dtype=np.float32)
    )


def test_a_zone_is_plain_data() -> None:
    zone = Zone("  Door ", "line", [[0, 0.5], [1, 0.5]])  # type: ignore[arg-type]
    assert zone == Zone("Door", "line", ((0.0, 0.5), (1.0, 0.5)))
    assert hash(zone) == hash(Zone("Door", "line", ((0.0, 0.5), (1.0, 0.5))))
    assert zone.record() == {"name": "Door", "kind": "line", "points": [[0.0, 0.5], [1.0, 0.5]]}
    assert zone.corners((200, 100)).tolist() == [[0, 50], [200, 50]]


def test_a_polygon_may_cross_itself() -> None:
    assert Zone("tie", "zone", BOW_TIE).points == BOW_TIE


@pytest.mark.parametrize(
    ("name", "kind", "points", "message"),
    [
        ("door", "line", [[0, 0]], "zone 'door': a line needs at least 2 points, got 1"),
        ("desk", "zone", HALF[:2], "zone 'desk': a zone needs at least 3 points, got 2"),
        ("tv", "ignore", (), "zone 'tv': an area to be ignored needs at least 3 points, got 0"),
        (
            "a",
            "zone",
            [[0, 0], [1, 0], [1, 1.5]],
            "zone 'a': point 3 lies outside the picture: .* got 1, 1.5",
        ),
        ("a", "zone", [[0, 0], [-0.1, 0], [1, 1]], "zone 'a': point 2 lies outside the picture"),
        ("a", "line", [[0, 0], [float("nan"), 0]], "zone 'a': point 2 lies outside the picture.*nan"),
        ("a", "line", [[0, 0], [float("inf"), 0]], "zone 'a': point 2 lies outside"),
        ("a", "line", [[0.5, 0.5]] * 4, "zone 'a': all its points are the same"),
        ("a", "zone", [[0, 0], [0.5, 0.5], [1, 1]], "zone 'a': it encloses nothing"),
        ("a", "line", [[0, 0], [1]], r"zone 'a': point 2 is no pair of numbers, got \[1\]"),
        ("a", "line", [[0, 0], ["0", "1"]], "zone 'a': point 2 is no pair of numbers"),
        ("a", "line", [[0, 0], [True, False]], "zone 'a': point 2 is no pair of numbers"),
        ("a", "line", [[0, 0], 7], "zone 'a': point 2 is no pair of numbers, got 7"),
        ("a", "line", "0011", "zone 'a': points are pairs of x and y, got '0011'"),
        ("a", "line", [[0, 0], [1, 1]] * 33, "zone 'a': a line may have 64 points, got 66"),
        ("a", "circle", HALF, "zone 'a': kind is 'circle', and not zone, line, ignore"),
        ("a", [], HALF, r"zone 'a': kind is \[\]"),
        ("", "zone", HALF, "a zone needs a name, got ''"),
        ("  ", "zone", HALF, "a zone needs a name"),
        (5, "zone", HALF, "a zone needs a name, got 5"),
        ("x" * 41, "zone", HALF, "has 41 characters, of at most 40"),
        ("a\x1b[2J", "zone", HALF, "characters that cannot be shown"),
        ("a\nb", "zone", HALF, "characters that cannot be shown"),
    ],
)
def test_bad_zones_are_told_in_one_line(name: Any, kind: Any, points: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Zone(name, kind, points)
    assert re.search(message, str(caught.value))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def test_names_in_any_script_may_be_used() -> None:
    for name in ("Tür 3", "入口", "x" * 40, "👩\u200d🚀"):
        assert Zone(name, "zone", HALF).name == name


def test_zones_of_a_stream() -> None:
    zones = [Zone(f"{i}", "zone", HALF) for i in range(32)]
    assert check_zones(zones) == tuple(zones)
    with pytest.raises(ConfigError, match="33 zones are too many: a stream may have 32"):
        check_zones([*zones, Zone("one more", "zone", HALF)])
    with pytest.raises(ConfigError, match="zone '1': 2 zones have this name; each needs its own"):
        check_zones([*zones[:4], Zone("1", "line", HALF)])


def test_the_centre_stands_for_a_person_and_is_always_in_the_picture() -> None:
    points = centres(np.array([[10, 20, 30, 60], [-50, -50, 10, 10], [90, 190, 300, 300]]), (100, 200))
    assert points[:2].tolist() == [[0.2, 0.2], [0, 0]]
    assert ((points >= 0) & (points < 1)).all()
    assert points[2] == pytest.approx([1, 1])
    assert centres(np.zeros((0, 4)), (100, 200)).shape == (0, 2)


def test_faces_in_an_ignored_area_are_dropped() -> None:
    found = faces((0, 0, 20, 20), (45, 0, 60, 20), (35, 0, 60, 20), (150, 0, 190, 20))
    zones = [Zone("poster", "ignore", HALF), Zone("hall", "zone", ((0, 0), (1, 0), (1, 1)))]
    left = outside(found, zones, (100, 50))
    np.testing.assert_array_equal(left.boxes, found.boxes[[1, 3]])
    np.testing.assert_array_equal(left.scores, found.scores[[1, 3]])


def test_without_an_ignored_area_nothing_is_dropped() -> None:
    found = faces((0, 0, 20, 20))
    assert outside(found, [Zone("hall", "zone", HALF)], (100, 50)) is found
    assert len(outside(Faces.empty(), [Zone("tv", "ignore", HALF)], (100, 50))) == 0
