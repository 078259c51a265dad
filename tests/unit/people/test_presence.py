from __future__ import annotations

import numpy as np
import pytest

from maskwatch.people.counts import LineCounts
from maskwatch.people.presence import CLEAR, Gate, Presence, Sighting
from maskwatch.people.zones import Zone

SIZE = (1000, 500)
WIDTH = 40.0  # of a face: clear is 10 pixels away
DOOR = Zone("door", "line", ((0.5, 0.8), (0.5, 0.2)))  # walked upwards: its right is the picture's right
RIGHT_HALF = Zone("right", "zone", ((0.5, 0), (1, 0), (1, 1), (0.5, 1)))


def seen(*places: tuple[int, float, float], size: tuple[int, int] = SIZE) -> Sighting:
    """People by number with the centres of their faces in pixels."""
    boxes = [(x - WIDTH / 2, y - 25, x + WIDTH / 2, y + 25) for _, x, y in places]
    return Sighting([number for number, _, _ in places], np.array(boxes, np.float64).reshape(-1, 4), size)


def walk(*xs: float, y: float = 250) -> LineCounts:
    gate = Gate(DOOR)
    for x in xs:
        gate.update(seen((1, x, y)))
    return gate.counts


def test_clear_is_a_share_of_the_face() -> None:
    assert CLEAR * WIDTH == 10, "the numbers below stand on this"


@pytest.mark.parametrize(
    ("xs", "forward", "backward"),
    [
        ((400, 600), 1, 0),
        ((600, 400), 0, 1),
        ((400, 495, 499, 501, 505, 600), 1, 0),
        ((400, 600, 400, 600), 2, 1),
        ((400, 450), 0, 0),
        ((400, 505, 400), 0, 0),  # not clearly over it
        ((400, 509), 0, 0),
        ((400, 510.5), 1, 0),
        ((400,) + (495, 505) * 50, 0, 0),  # stands on it
        ((400,) + (495, 505) * 50 + (600,), 1, 0),
        ((400,) + (495, 505) * 50 + (400,), 0, 0),
        ((495, 505, 600), 0, 0),  # nobody knows where he came from
        ((505, 400, 600), 1, 0),
    ],
)
def test_crossing_a_line(xs: tuple[float, ...], forward: int, backward: int) -> None:
    assert walk(*xs) == LineCounts(forward, backward)


def test_beyond_the_ends_of_a_line_nothing_counts() -> None:
    assert walk(400, 600, y=60) == LineCounts()
    gate = Gate(DOOR)
    for x, y in ((400, 250), (400, 30), (600, 30), (600, 250)):
        gate.update(seen((1, x, y)))
    assert gate.counts == LineCounts(), "around its end"


def test_who_is_not_seen_on_the_line_has_crossed_it() -> None:
    gate = Gate(DOOR)
    gate.update(seen((1, 400, 250)))
    for _ in range(50):
        gate.update(seen())
    gate.update(seen((1, 600, 250)))
    assert gate.counts == LineCounts(1, 0)


def test_people_cross_each_for_himself() -> None:
    gate = Gate(DOOR)
    for step in range(21):
        gate.update(seen((1, 400 + 10 * step, 250), (2, 600 - 10 * step, 250), (3, 300, 250)))
    assert gate.counts == LineCounts(1, 1)


def test_another_size_of_the_picture_is_no_step() -> None:
    gate = Gate(DOOR)
    gate.update(seen((1, 400, 250)))
    gate.update(seen((1, 800, 500), size=(2000, 1000)))
    gate.update(seen((1, 400, 250)))
    assert gate.counts == LineCounts()


def test_who_is_forgotten_begins_anew() -> None:
    gate = Gate(DOOR)
    gate.update(seen((1, 400, 250)))
    gate.forget(1)
    gate.forget(2)
    gate.update(seen((1, 600, 250)))
    assert gate.counts == LineCounts()


def test_a_zone_is_left_when_that_is_clear() -> None:
    presence = Presence(RIGHT_HALF)
    for x, expected in ((480, False), (495, False), (501, True), (495, True), (491, True), (489, False)):
        presence.update(seen((1, x, 250)))
        assert (1 in presence) is expected, x


def test_nobody_flickers_on_an_edge() -> None:
    presence = Presence(RIGHT_HALF)
    presence.update(seen((1, 505, 250)))
    for x in (494, 506) * 50:
        presence.update(seen((1, x, 250)))
        assert 1 in presence


def test_who_is_not_found_stays() -> None:
    presence = Presence(RIGHT_HALF)
    presence.update(seen((1, 700, 250), (2, 300, 250)))
    presence.update(seen())
    assert 1 in presence
    assert 2 not in presence
    presence.forget(1)
    assert 1 not in presence
