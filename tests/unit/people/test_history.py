from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from maskwatch.counting import Counts
from maskwatch.people.history import KEPT, History
from maskwatch.proportion import Proportion

MINUTE, HOUR, DAY = (length for length, _ in KEPT.values())


def watch(history: History, start: float, end: float, people: int, step: float = 1.0) -> None:
    """Frames from `start` to just before `end`."""
    for i in range(round((end - start) / step)):
        history.view(start + i * step, people)


def test_before_anything_there_is_nothing() -> None:
    history = History()
    assert history.minutes == history.hours == history.days == ()
    assert history.record() == {"start": None, "minutes": [], "hours": [], "days": []}


def test_people_count_where_they_came() -> None:
    history = History()
    history.came(10, "with_mask")
    history.came(59.9, None)
    assert [span.came for span in history.minutes] == [Counts(masked=1, uncertain=1)]
    history.came(60, "without_mask")
    history.came(3600, "with_mask")
    assert [span.came for span in history.minutes] == [Counts(unmasked=1), Counts(masked=1)], "of an hour"
    assert [span.start for span in history.minutes] == [60, 3600]
    assert [span.came.total for span in history.hours] == [3, 1]
    (day,) = history.days
    assert day.came == Counts(masked=2, unmasked=1, uncertain=1)
    assert day.share == Proportion(2, 3)


def test_a_state_known_later_counts_where_the_person_came() -> None:
    history = History()
    history.came(50, None)
    history.came(70, "without_mask")
    history.changed(50, None, "with_mask")
    assert [span.came for span in history.minutes] == [Counts(masked=1), Counts(unmasked=1)]
    history.came(50 + 61 * MINUTE, "with_mask")
    history.changed(50, "with_mask", "without_mask")  # that minute is gone, the hour is not
    assert history.hours[0].came == Counts(unmasked=2)


def test_people_in_view_are_weighted_by_time() -> None:
    history = History()
    watch(history, 0, 15, 4)
    watch(history, 15, 60, 0, step=0.1)
    history.view(60, 0)
    first = history.minutes[0]
    assert first.watched == pytest.approx(60)
    assert first.mean == pytest.approx(1.0), "four people for a quarter of the minute"
    assert first.most == 4


def test_time_is_split_where_spans_meet() -> None:
    history = History()
    history.view(58, 3)
    history.view(62, 1)
    history.view(63, 1)
    first, second = history.minutes
    assert (first.watched, first.mean, first.most) == (2, 3, 3)
    assert (second.watched, second.mean, second.most) == pytest.approx((3, 7 / 3, 3))


def test_who_goes_as_a_minute_ends_is_not_in_the_next() -> None:
    history = History()
    history.view(59, 3)
    history.view(60, 1)
    assert [span.most for span in history.minutes] == [3, 1]


def test_a_pause_was_not_watched() -> None:
    history = History()
    history.view(0, 2)
    history.view(40, 0)
    (minute,) = history.minutes
    assert minute.watched == 5
    assert minute.mean == 2


def test_a_single_frame_has_a_mean() -> None:
    history = History()
    history.view(0, 2)
    (minute,) = history.minutes
    assert (minute.watched, minute.mean, minute.most) == (0, 2, 2)


def test_a_span_without_frames_is_left_out() -> None:
    history = History()
    history.view(0, 1)
    history.view(200, 1)
    assert [span.start for span in history.minutes] == [0, 180]


def test_old_spans_go() -> None:
    history = History()
    for day in range(500):
        history.view(day * DAY, 1)
        history.came(day * DAY, "with_mask")
    for minute in range(90):
        history.view(500 * DAY + minute * MINUTE, 1)
    assert [len(spans) for spans in (history.minutes, history.hours, history.days)] == [60, 3, 400]
    assert history.days[-1].start == 500 * DAY
    assert history.minutes[0].start == 500 * DAY + 30 * MINUTE
    for hour in range(60):
        history.view(501 * DAY + hour * HOUR, 1)
    assert len(history.hours) == 48


def test_spans_follow_the_clock_where_it_is_known() -> None:
    start = datetime(2024, 5, 1, 23, 58, 30, tzinfo=timezone(timedelta(hours=2)))
    history = History(start)
    for t in (0, 29, 31, 89, 91):
        history.came(t, "with_mask")
    assert [span.came.total for span in history.minutes] == [2, 2, 1]
    assert [span.start for span in history.minutes] == [-30, 30, 90]
    assert [span.came.total for span in history.hours] == [4, 1]
    assert [span.came.total for span in history.days] == [4, 1]
    record = history.record()
    assert record["start"] == "2024-05-01T23:58:30+02:00"
    assert [span["time"] for span in record["days"]] == [
        "2024-05-01T00:00:00+02:00",
        "2024-05-02T00:00:00+02:00",
    ]


def test_the_record_is_json() -> None:
    history = History()
    history.came(0, "with_mask")
    watch(history, 0, 3, 1)
    record = json.loads(json.dumps(history.record()))
    assert record["minutes"] == [
        {
            "t": 0,
            "time": None,
            "came": {"masked": 1, "unmasked": 0, "wrong": 0, "uncertain": 0},
            "share": {"value": 1.0, "low": 0.2065, "high": 1.0},
            "watched": 2.0,
            "mean": 1.0,
            "most": 1,
        }
    ]
    assert record["hours"] == record["days"] == record["minutes"]
