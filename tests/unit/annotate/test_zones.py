import numpy as np
import pytest

from maskwatch.annotate import annotate_people
from maskwatch.people.zones import Zone
from maskwatch.types import Image

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def drawn(*zones: Zone, value: int = 127) -> Image:
    return annotate_people(np.full((240, 320, 3), value, np.uint8), [], 0.0, zones)


def white(image: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray((image == 255).all(axis=2), np.bool_)


def test_a_zone_is_closed_and_empty() -> None:
    edges = white(drawn(Zone("Door", "zone", SQUARE)))
    rows, columns = slice(62, 178), slice(82, 238)
    for side in (edges[rows, 78:83], edges[rows, 236:242]):
        assert side.any(axis=1).all()
    for side in (edges[58:63, columns], edges[176:182, columns]):
        assert side.any(axis=0).all()
    assert not edges[100:170, 100:230].any()


def test_what_is_ignored_is_dashed() -> None:
    side = white(drawn(Zone("Poster", "ignore", SQUARE)))[90:176, 236:242].any(axis=1)
    assert 0.3 < side.mean() < 0.7


@pytest.mark.parametrize(
    ("points", "right"), [(((0.5, 0.9), (0.5, 0.1)), True), (((0.5, 0.1), (0.5, 0.9)), False)]
)
def test_the_arrow_of_a_line_points_to_its_right(
    points: tuple[tuple[float, float], ...], right: bool
) -> None:
    lit = white(drawn(Zone("L", "line", points)))[110:131]  # beside the middle; the name is further up
    sides = int(lit[:, 163:].sum()), int(lit[:, :157].sum())
    assert (sides[0] > sides[1]) is right
    assert min(sides) == 0


@pytest.mark.parametrize("value", [0, 127, 255])
def test_names_and_edges_are_seen_on_any_ground(value: int) -> None:
    plain, named = (drawn(Zone(name, "zone", SQUARE), value=value) for name in ("i", "A long name"))
    assert (plain != named).sum() > 100
    assert (plain != value).any()


def test_names_stay_inside_the_picture() -> None:
    inside = (drawn(Zone("A long name", "zone", SQUARE)) != drawn(Zone("i", "zone", SQUARE))).sum()
    corner = ((0.98, 0.98), (1.0, 0.98), (1.0, 1.0))
    outside = (drawn(Zone("A long name", "zone", corner)) != drawn(Zone("i", "zone", corner))).sum()
    assert outside > 0.7 * inside
