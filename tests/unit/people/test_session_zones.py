"""Zones of a session: from frames to what is ignored and what is counted."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from maskwatch.people.counts import LineCounts
from maskwatch.people.zones import Zone
from maskwatch.pipeline import Engine, Session
from maskwatch.results import Result
from maskwatch.types import Faces, Frame, Image

WALL = Zone("wall", "ignore", ((0, 0), (0.2, 0), (0.2, 1), (0, 1)))
HALL = Zone("hall", "zone", ((0.5, 0), (1, 0), (1, 1), (0.5, 1)))
DOOR = Zone("door", "line", ((0.5, 1), (0.5, 0)))


class Passing:
    """Finds a face that goes to the right and one that hangs on the wall at the left."""

    def __init__(self) -> None:
        self.frames = 0

    def detect(self, image: Image) -> Faces:
        x = 200 + 10 * self.frames
        self.frames += 1
        boxes = np.array([[x, 100, x + 40, 150], [20, 20, 60, 70]], np.float32)
        return Faces(boxes, np.array([0.9, 0.8], np.float32))


def watch(session: Session) -> Result:
    image = np.zeros((360, 900, 3), np.uint8)
    for i in range(60):
        result = session(Frame(image, i, i / 15, "camera"))
    return result


def test_who_is_in_an_ignored_area_is_nobody() -> None:
    result = watch(Session(Engine(Passing(), live=True)))
    assert result.people is not None
    assert len(result.faces) == len(result.people) == 2

    result = watch(Session(Engine(Passing(), live=True), zones=[WALL]))
    assert result.people is not None
    assert len(result.faces) == len(result.people) == result.people.counts.so_far.total == 1
    assert result.faces.boxes[0, 0] == 790


def test_people_are_counted_by_zone_and_line() -> None:
    session = Session(
        Engine(Passing(), live=True), zones=[WALL, HALL, DOOR], start=datetime(2024, 5, 1, 12, 0, 58)
    )
    result = watch(session)
    assert result.people is not None
    assert result.people.persons[0].zones == ("hall",)
    assert result.people.counts.zones["hall"].now.total == 1
    assert result.people.counts.lines == {"door": LineCounts(1, 0)}
    first, second = session.history.minutes
    assert (first.came.total, second.came.total) == (1, 0)
    assert (first.most, second.most) == (1, 1)
