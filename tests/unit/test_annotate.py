import re

import cv2
import numpy as np
import pytest

from maskwatch.annotate import STYLES, UNCERTAIN, UNCLASSIFIED, ZONES, annotate, draw_zones, heat_map, outline
from maskwatch.counting import Counts
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts
from maskwatch.people.zones import Zone
from maskwatch.types import LABELS, Faces, Image


def faces(*boxes: tuple[float, float, float, float], label: int = 0, reason: str | None = None) -> Faces:
    n = len(boxes)
    probabilities = np.full((n, 3), 0.05, np.float32)
    probabilities[:, label] = 0.9
    return Faces(
        np.array(boxes, np.float32),
        np.full(n, 0.9, np.float32),
        probabilities,
        np.array([reason] * n, np.object_),
    )


def ground(width: int = 320, height: int = 240, value: int = 127) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def has(image: Image, colour: tuple[int, int, int]) -> bool:
    return bool((image == colour).all(axis=2).any())


def test_states_differ_in_more_than_colour() -> None:
    styles = [STYLES[label] for label in LABELS]
    for looks in ([s.text for s in styles], [s.symbol for s in styles], [s.weight for s in styles]):
        assert len(set(looks)) == 3
    assert UNCERTAIN.dashed
    assert not any(style.dashed for style in styles)


def test_styles_speak_css() -> None:
    assert STYLES["without_mask"].css == "#d55e00"
    assert all(re.fullmatch("#[0-9a-f]{6}", style.css) for style in STYLES.values())


def test_drawing_leaves_the_input_alone() -> None:
    image = ground()
    drawn = annotate(image, faces((100, 80, 180, 180)))
    assert (image == 127).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert (drawn != image).any()


def test_nothing_found_nothing_drawn() -> None:
    np.testing.assert_array_equal(annotate(ground(), Faces.empty()), ground())


@pytest.mark.parametrize("label", range(3))
@pytest.mark.parametrize("value", [0, 127, 255])
def test_frame_is_on_the_box_and_seen_on_any_ground(label: int, value: int) -> None:
    drawn = annotate(ground(value=value), faces((100, 80, 180, 180), label=label))
    middle = drawn[130]  # the row through the middle crosses the left and the right side
    colour = STYLES[LABELS[label]].colour
    crossings = np.flatnonzero((middle == colour).all(axis=1))
    assert np.abs(crossings[crossings < 140] - 100).max() <= 2
    assert np.abs(crossings[crossings > 140] - 180).max() <= 2
    assert (drawn[130, 104:176] == value).all()  # the face itself stays free
    assert has(drawn, (0, 0, 0))  # the rim


def test_doubt_breaks_the_line_and_changes_the_colour() -> None:
    box = (60, 80, 260, 230)
    sure = annotate(ground(), faces(box))
    unsure = annotate(ground(), faces(box, reason="dark"))
    column = slice(90, 225), 60
    assert (sure[column] == STYLES["with_mask"].colour).all()
    broken = (unsure[column] == UNCERTAIN.colour).all(axis=1)
    assert 0.3 < broken.mean() < 0.7


def test_unclassified_faces_are_neutral() -> None:
    found = Faces(np.array([[100, 80, 180, 180]], np.float32), np.array([0.8], np.float32))
    drawn = annotate(ground(), found)
    assert has(drawn, UNCLASSIFIED.colour)
    assert not any(has(drawn, style.colour) for style in STYLES.values())


def test_label_stays_inside_at_every_corner() -> None:
    colour = STYLES["with_mask"].colour
    inside = (annotate(ground(), faces((120, 100, 200, 200))) == colour).all(axis=2).sum()
    for box in [(0, 0, 80, 100), (240, 0, 320, 100), (240, 140, 320, 240), (-20, -20, 60, 80)]:
        drawn = annotate(ground(), faces(box))
        # The filled label makes up most of the coloured pixels: none of it may be cut off.
        assert (drawn == colour).all(axis=2).sum() > 0.6 * inside


def test_lines_grow_with_the_picture() -> None:
    def line(scale: int) -> int:
        box = (100 * scale, 80 * scale, 180 * scale, 180 * scale)
        drawn = annotate(ground(320 * scale, 240 * scale), faces(box))
        return int((drawn[130 * scale] == STYLES["with_mask"].colour).all(axis=1).sum())

    assert line(8) >= 3 * line(1)


def test_small_faces_get_a_small_label() -> None:
    colour = STYLES["with_mask"].colour
    large = (annotate(ground(640, 480), faces((100, 100, 300, 300))) == colour).all(axis=2)
    small = (annotate(ground(640, 480), faces((100, 100, 120, 124))) == colour).all(axis=2)
    assert np.ptp(np.flatnonzero(small.any(axis=0))) < np.ptp(np.flatnonzero(large[:100].any(axis=0))) / 2


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (40, 3), (12, 12)])
def test_tiny_pictures_do_no_harm(size: tuple[int, int]) -> None:
    image = ground(*size)
    assert annotate(image, faces((0, 0, *size), label=2)).shape == image.shape


def test_faces_can_be_numbered() -> None:
    one = faces((100, 80, 180, 180))
    assert (annotate(ground(), one, numbered=True) != annotate(ground(), one)).any()


@pytest.mark.parametrize("value", [0, 127, 255])
def test_an_outline_is_seen_on_any_ground(value: int) -> None:
    image = ground(value=value)
    drawn = outline(image, (100, 80, 180, 180))
    assert (image == value).all()
    changed = (drawn != image).any(axis=2)
    assert changed[80, 100:180].any()
    assert not changed[100:160, 110:170].any(), "nothing inside"


def test_a_heat_map_has_a_contour_where_it_is_strong() -> None:
    heat = np.zeros((64, 64), np.float32)
    heat[40:56, 20:44] = 0.8
    drawn = heat_map(
        ground(64, 64), (10, 10, 54, 54), heat, 0.8, ["One line", "word " * 40], ("none", "80 points")
    )
    size = (drawn.shape[1] - 8) // 2
    right = drawn[:size, -size:]
    white = np.argwhere((right == 255).all(axis=2)) / size * 64
    assert white[:, 0].min() == pytest.approx(40, abs=2)
    assert white[:, 0].max() == pytest.approx(56, abs=2)
    assert white[:, 1].min() == pytest.approx(20, abs=2)
    assert (
        drawn.shape
        == heat_map(
            ground(9, 9), (1, 1, 8, 8), heat[:9, :9], 0.8, ["One line", "word " * 40], ("none", "80 points")
        ).shape
    )
    grey = cv2.cvtColor(right, cv2.COLOR_BGR2GRAY)
    assert grey[-20:, :20].mean() < grey[round(48 / 64 * size), round(32 / 64 * size)], "strong is light, too"


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
