from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from maskwatch.people.zone_geometry import Points, crossings, distance, inside

SQUARE = np.array([[1, 1], [3, 1], [3, 3], [1, 3]], np.float64)
HORSESHOE = np.array([[0, 0], [6, 0], [6, 6], [4, 6], [4, 2], [2, 2], [2, 6], [0, 6]], np.float64)
STAR = np.array([[5, 0], [8, 9], [0, 3], [10, 3], [2, 9]], np.float64)  # crosses itself five times


def at(*points: tuple[float, float]) -> Points:
    return np.array(points, np.float64).reshape(-1, 2)


def test_inside_a_square() -> None:
    points = at((2, 2), (0, 2), (4, 2), (2, 0), (2, 4))
    assert inside(points, SQUARE).tolist() == [True, False, False, False, False]
    assert inside(at(), SQUARE).shape == (0,)


def test_left_and_upper_edges_belong_to_a_polygon_and_the_others_do_not() -> None:
    assert inside(at((1, 2), (2, 1), (1, 1)), SQUARE).all()
    assert not inside(at((3, 2), (2, 3), (3, 3), (1, 3), (3, 1)), SQUARE).any()


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("first", range(8))
def test_a_concave_polygon_whatever_its_order(direction: int, first: int) -> None:
    polygon = np.roll(HORSESHOE, first, axis=0)[::direction]
    points = at((1, 5), (5, 5), (3, 1), (3, 3), (3, 5.9), (-1, 2), (7, 2))
    assert inside(points, polygon).tolist() == [True, True, True, False, False, False, False]


def test_what_a_polygon_encloses_twice_is_outside() -> None:
    assert inside(at((5, 1.5)), STAR).all(), "a point of the star"
    assert not inside(at((5, 5)), STAR).any(), "its middle"


def test_a_shared_edge_belongs_to_exactly_one_polygon() -> None:
    left = at((0, 0), (0.3, 0), (0.7, 1), (0, 1))
    right = at((1, 0), (1, 1), (0.7, 1), (0.3, 0))
    rows = np.linspace(0, 1, 500, endpoint=False)
    edge = np.stack([0.3 + 0.4 * rows, rows], axis=1)
    assert (inside(edge, left) ^ inside(edge, right)).all()


def test_inside_agrees_with_opencv_on_polygons_made_at_random() -> None:
    draw = np.random.default_rng(5)
    for _ in range(30):
        angles = np.sort(draw.uniform(0, 2 * np.pi, 9))
        radii = draw.uniform(1, 10, 9)
        polygon = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
        points = draw.uniform(-10, 10, (200, 2))
        contour = polygon.astype(np.float32)
        expected = [cv2.pointPolygonTest(contour, (float(x), float(y)), False) > 0 for x, y in points]
        clear = distance(points, np.vstack([polygon, polygon[:1]])) > 1e-4
        np.testing.assert_array_equal(inside(points, polygon)[clear], np.array(expected)[clear])


def test_the_distance_is_that_of_the_nearest_part() -> None:
    line = at((0, 0), (10, 0), (10, 10))
    points = at((5, 3), (-3, -4), (13, 5), (10, 14), (4, 0))
    assert distance(points, line) == pytest.approx([3, 5, 3, 4, 0])
    assert distance(at((3, 4)), at((0, 0), (0, 0))) == pytest.approx([5]), "points that coincide"


DOWN = at((5, 0), (5, 10))  # walked from above to below: its left is where x is larger


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((8, 5), (2, 5), 1),
        ((2, 5), (8, 5), -1),
        ((2, 5), (4, 5), 0),
        ((8, 11), (2, 11), 0),  # beyond its end
        ((8, 5), (2, 20), 0),  # around its end
        ((8, 5), (8, 5), 0),
    ],
)
def test_a_step_over_a_line(before: tuple[float, float], after: tuple[float, float], expected: int) -> None:
    assert crossings(at(before), at(after), DOWN).tolist() == [expected]
    assert crossings(at(before), at(after), DOWN[::-1]).tolist() == [-expected], "walked the other way"


def test_forward_is_to_the_right_hand() -> None:
    """Walking to the right in the picture, the right hand is below."""
    assert crossings(at((5, 2)), at((5, 8)), at((0, 5), (10, 5))).tolist() == [1]


def test_a_step_over_a_corner_counts_once_and_there_and_back_not_at_all() -> None:
    corner = at((0, 0), (5, 5), (10, 0))  # like a V
    assert crossings(at((5, 0)), at((5, 9)), corner).tolist() == [1], "through the very corner"
    assert crossings(at((0, 4)), at((10, 4)), corner).tolist() == [0], "in and out again"
    assert crossings(at((5, 4)), at((10, 4)), corner).tolist() == [1]


def test_steps_that_stop_on_the_line_add_up() -> None:
    draw = np.random.default_rng(2)
    line = at((2, 5), (5, 5), (5, 8), (8, 8))
    for _ in range(200):
        path = draw.integers(0, 11, (12, 2)).astype(np.float64)  # often on the line and its corners
        path[-1] = path[0]
        there = crossings(path[:-1], path[1:], line)
        back = crossings(path[1:], path[:-1], line)
        assert there.sum() == -back.sum()
        fine = [np.linspace(a, b, 7) for a, b in pairwise(path)]
        small = sum(int(crossings(part[:-1], part[1:], line).sum()) for part in fine)
        assert small == there.sum(), "the same way in small steps"
