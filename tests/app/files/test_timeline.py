"""What the timeline is told, and what the table says."""

from __future__ import annotations

import json

from maskwatch.app.files.timeline import timeline_data
from maskwatch.app.files.video_result import people_rows, places_in_words, sentence_of_share
from maskwatch.counting import Counts
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts
from maskwatch.people.summary import PeopleSummary, PersonSummary, Span
from maskwatch.types import Event

NBSP = "\N{NO-BREAK SPACE}"
TWO = PeopleSummary(
    (
        PersonSummary(
            1,
            0.0,
            4.0,
            "without_mask",
            (Span(0.0, 1.0, None), Span(1.0, 4.0, "without_mask")),
            ("hall", "bar"),
        ),
        PersonSummary(
            3, 61.0, 65.0, "with_mask", (Span(61.0, 62.0, "with_mask"), Span(64.0, 65.0, "with_mask"))
        ),
    ),
    (Event("no_mask", 3.0004, "Person 1 ...", track_id=1), Event("crowd", 62.0, "Many")),
    70.0,
)


def test_the_element_gets_people_states_and_alerts() -> None:
    data = json.loads(json.dumps(timeline_data(TWO, ".player")))
    assert (data["player"], data["length"]) == (".player", 70.0)
    assert [state["key"] for state in data["states"]] == [
        *("with_mask", "without_mask", "mask_worn_incorrectly", "undecided")
    ]
    assert len({state["symbol"] for state in data["states"]}) == 4
    assert [state["words"] for state in data["states"]] == [
        *(f"33{NBSP}% (2.0 s)", f"50{NBSP}% (3.0 s)", f"0{NBSP}% (0.0 s)", f"17{NBSP}% (1.0 s)")
    ]
    assert data["people"] == [
        {"number": 1, "spans": [[0.0, 1.0, 3], [1.0, 4.0, 1]]},
        {"number": 3, "spans": [[61.0, 62.0, 0], [64.0, 65.0, 0]]},
    ]
    assert data["events"] == [
        {"t": 3.0, "message": "Person 1 ...", "number": 1},
        {"t": 62.0, "message": "Many", "number": None},
    ]


def test_a_video_without_people_is_one_too() -> None:
    data = timeline_data(PeopleSummary(length=3.0), ".player")
    assert data["people"] == []
    assert all(state["share"] == 0.0 for state in data["states"])


def test_the_table_says_it_in_words() -> None:
    first, second = people_rows(TWO)
    assert {key: value.replace(NBSP, " ") for key, value in first.items()} == {
        "Person": "1",
        "Mask at the end": "\u00d7 No mask",
        "In view": "0:00 to 0:04",
        "Mask": "\N{EN DASH}",
        "No mask": "3.0 s",
        "Worn wrongly": "\N{EN DASH}",
        "Unsure": "1.0 s",
        "Zones": "hall, bar",
    }
    assert second["In view"].replace(NBSP, " ") == "1:01 to 1:05"
    assert second["Zones"] == ""


def test_the_share_is_told_with_its_interval() -> None:
    words = sentence_of_share(TWO)
    assert words is not None
    assert words.replace(NBSP, " ") == "1 of 2 wear the mask right: **50 %** (95 % interval: 9 % to 91 %)"
    assert sentence_of_share(PeopleSummary()) is None


def test_zones_and_lines_are_told() -> None:
    counts = PeopleCounts(
        zones={"hall": ZoneCounts(so_far=Counts(masked=2, unmasked=1)), "bar": ZoneCounts()},
        lines={"door": LineCounts(3, 1)},
    )
    assert list(places_in_words(counts)) == [
        "hall: 3 people (\u2713 2 masked, \u00d7 1 no mask)",
        "bar: 0 people",
        "door: 3 forward, 1 backward",
    ]
