import numpy as np
import pytest

from maskwatch.annotate import ZONES, draw_zones
from maskwatch.counting import Counts
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts
from maskwatch.people.zones import Zone
from maskwatch.types import Image


def ground(width: int = 320, height: int = 240, value: int = 127) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def has(image: Image, colour: tuple[int, int, int]) -> bool:
    return bool((image == colour).all(axis=2).any())


HALL = Zone("Hall", "zone", ((0.1, 0.3), (0.9, 0.3), (0.9, 0.9), (0.1, 0.9)))
DOOR = Zone("Door", "line", ((0.5, 0.9), (0.5, 0.3)))


@pytest.mark.parametrize("value", [0, 127, 255])
def test_zones_are_seen_on_any_ground_and_leave_their_inside_free(value: int) -> None:
    canvas = ground(value=value)
    assert draw_zones(canvas, [HALL]) is canvas
    assert has(canvas, ZONES["zone"].colour)
    assert has(canvas, (0, 0, 0)), "a rim, and letters"
    assert (canvas[80:208, 40:280] == value).all()


def test_kinds_of_zones_differ_in_more_than_colour() -> None:
    area = Zone("Hall", "ignore", HALL.points)
    side = slice(90, 205), 32
    solid, dashed = draw_zones(ground(), [HALL])[side], draw_zones(ground(), [area])[side]
    assert (solid == ZONES["zone"].colour).all()
    assert 0.3 < (dashed == ZONES["ignore"].colour).all(axis=1).mean() < 0.7


@pytest.mark.parametrize("turned", [False, True])
def test_the_arrow_of_a_line_points_to_its_right(turned: bool) -> None:
    door = Zone("Door", "line", DOOR.points[::-1]) if turned else DOOR
    drawn = (draw_zones(ground(), [door]) == ZONES["line"].colour).all(axis=2)
    left, right = drawn[100:190, 145:157].sum(), drawn[100:190, 163:175].sum()
    assert bool(left > right) is turned, "the head has more of it than the shaft"


def test_zones_tell_their_counts() -> None:
    counts = PeopleCounts(zones={"Hall": ZoneCounts(Counts(1), Counts(2))}, lines={"Door": LineCounts(1, 0)})
    for zone in (HALL, DOOR):
        named, counted = draw_zones(ground(), [zone]), draw_zones(ground(), [zone], counts)
        assert (counted != named).any()
        assert (draw_zones(ground(), [zone], PeopleCounts()) == named).all(), "no count of it"


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (12, 12)])
def test_zones_on_tiny_pictures_do_no_harm(size: tuple[int, int]) -> None:
    assert draw_zones(ground(*size), [HALL, DOOR]).shape == ground(*size).shape
