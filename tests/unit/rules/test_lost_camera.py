"""The alert for a camera that sends no picture."""

from __future__ import annotations

import pytest

from maskwatch.people.person import People
from maskwatch.rules import LostCameraRule, SilenceRule
from maskwatch.types import Event

NOBODY = People()


def test_a_loss_is_told_once_and_so_is_the_return() -> None:
    rule = LostCameraRule(after=10)
    assert rule.update(NOBODY, 99) == []
    assert [rule.silence(float(s), 100.0 + s) for s in range(10)] == [[]] * 10
    assert rule.silence(10, 110) == [
        Event("camera_lost", 110, "The camera is lost: no picture for 10 seconds", since=100)
    ]
    assert [rule.silence(float(s), 100.0 + s) for s in range(11, 190)] == [[]] * 179
    assert rule.update(NOBODY, 290) == [
        Event("camera_back", 290, "The camera is back, after 3 minutes without a picture")
    ]
    assert rule.update(NOBODY, 291) == []


def test_each_loss_is_told() -> None:
    rule = LostCameraRule(after=10)
    for start in (0.0, 100.0):
        assert [event.kind for event in rule.silence(12, start + 12)] == ["camera_lost"]
        assert [event.kind for event in rule.update(NOBODY, start + 13)] == ["camera_back"]


def test_a_short_silence_is_no_news() -> None:
    rule = LostCameraRule(after=10)
    assert rule.silence(9.9, 9.9) == []
    assert rule.update(NOBODY, 10) == []


@pytest.mark.parametrize(
    ("after", "seconds", "words"),
    [(10, 10.4, "10 seconds"), (0.5, 0.6, "0.5 seconds"), (10, 125.0, "2 minutes"), (0, 0.3, "a moment")],
)
def test_words(after: float, seconds: float, words: str) -> None:
    rule = LostCameraRule(after)
    (lost,) = rule.silence(seconds, 1000)
    (back,) = rule.update(NOBODY, 1001)
    assert lost.message == f"The camera is lost: no picture for {words}"
    assert back.message == f"The camera is back, after {words} without a picture"


def test_what_is_usual() -> None:
    assert LostCameraRule().after == 10
    assert isinstance(LostCameraRule(), SilenceRule)
