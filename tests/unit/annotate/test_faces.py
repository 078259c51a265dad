import re

import numpy as np
import pytest

from maskwatch.annotate import STYLES, UNCERTAIN, UNCLASSIFIED, annotate, outline
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


def test_a_caption_is_shortened_only_where_it_would_cover_a_neighbour() -> None:
    def coloured(*boxes: tuple[float, float, float, float]) -> int:
        """Coloured pixels a face, most of which are its caption."""
        drawn = annotate(ground(640, 480), faces(*boxes))
        return int((drawn == STYLES["with_mask"].colour).all(axis=2).sum()) // len(boxes)

    alone = coloured((300, 100, 320, 124))
    apart = coloured((100, 100, 120, 124), (100, 300, 120, 324), (400, 100, 420, 124))
    crowd = coloured(*((x, y, x + 20, y + 24) for x in range(100, 500, 25) for y in range(100, 400, 30)))
    assert apart == pytest.approx(alone, rel=0.02)
    assert crowd < alone / 2


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
