"""How times and numbers are said."""

from __future__ import annotations

import pytest

from maskwatch.rules.wording import amount, duration, lasted, reminding


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (0.5, "0.5 seconds"),
        (0.1 + 0.2, "0.3 seconds"),
        (1, "1 second"),
        (1.0, "1 second"),
        (2.5, "2.5 seconds"),
        (3.0, "3 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "1 minute 1 second"),
        (90.0, "1 minute 30 seconds"),
        (120.9, "2 minutes"),
        (3599, "59 minutes 59 seconds"),
        (3600, "1 hour"),
        (3659, "1 hour"),
        (3660, "1 hour 1 minute"),
        (7200, "2 hours"),
        (9000.5, "2 hours 30 minutes"),
        (100_000, "27 hours 46 minutes"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "least", "words"),
    [
        (3.04, 3, "3 seconds"),  # frames come when they come
        (3.04, 3.0, "3 seconds"),
        (0.53, 0.5, "0.5 seconds"),
        (2.6, 2.5, "2.5 seconds"),
        (2.999, 3, "3 seconds"),
        (7.9, 3, "7 seconds"),
        (59.9, 3, "59 seconds"),
        (60.0, 3, "1 minute"),
        (123.4, 3, "2 minutes"),
        (90.2, 90, "1 minute 30 seconds"),
        (5400.0, 0, "1 hour 30 minutes"),
        (1.0, 0, "1 second"),
        (0.9, 0, ""),
        (0, 0, ""),
    ],
)
def test_what_is_said_of_how_long_it_lasted(seconds: float, least: float, words: str) -> None:
    assert lasted(seconds, least) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 people"), (1, "1 person"), (2, "2 people"), (1.25, "1.25 people")],
)
def test_amounts(number: float, words: str) -> None:
    assert amount(number, "person", "people") == words


def test_reminders() -> None:
    assert [reminding("Person 3 is here", number) for number in (0, 1, 2)] == [
        "Person 3 is here",
        "Reminder: person 3 is here",
        "Reminder: person 3 is here",
    ]
