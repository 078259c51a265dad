"""The table of `maskwatch watch`, drawn on a terminal in memory."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from fakes import scene
from maskwatch.cli.people_table import PeopleTable, can_show_table, duration
from maskwatch.counting import Counts
from maskwatch.people.counts import LineCounts, PeopleCounts, ZoneCounts
from maskwatch.people.person import Person
from maskwatch.results import Result
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Faces, Frame
from people import people, person


def terminal(height: int = 30, width: int = 100) -> Console:
    return Console(
        file=io.TextIOWrapper(io.BytesIO(), "utf-8"),
        force_terminal=True,
        width=width,
        height=height,
        _environ={"TERM": "xterm"},
    )


def shown(*persons: Person, height: int = 30, t: float = 10.0, silent: float = 0.0) -> list[str]:
    """The lines of the last picture of the table."""
    counts = PeopleCounts(
        now=Counts(masked=len(persons)),
        so_far=Counts(masked=3, unmasked=1),
        zones={"Door": ZoneCounts(now=Counts(masked=1), so_far=Counts(masked=2))},
        lines={"Gate": LineCounts(4, 3)},
    )
    console = terminal(height)
    summary = StreamSummary("camera 0")
    summary.dropped = 7
    result = Result(
        Frame(scene({}), t=t), Faces.empty(), seconds=0.031, people=people(*persons, counts=counts)
    )
    with PeopleTable(console, summary) as table:
        table.write(result)
        if silent:
            table.pause(silent)
    console.file.flush()
    text = console.file.buffer.getvalue().decode()  # type: ignore[attr-defined]
    last = text[text.rindex("camera 0") :]
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", last).splitlines()


def test_a_row_says_all_of_a_person() -> None:
    lines = shown(
        person(
            3,
            "without_mask",
            since=6.5,
            confidence=0.973,
            votes={"without_mask": 8, "with_mask": 1},
            zones=("Door",),
            last_seen=10.0,
        ),
        person(12, None, probabilities=(0.4, 0.3, 0.3), since=9.0, seen=False, last_seen=8.5),
        person(4, "mask_worn_incorrectly", reason="dark", since=2.0),
    )
    assert re.match(r" *#3 +\S No mask +97 % +3 s +9 +now +Door", lines[2])
    assert re.match(r" *#4 +\? Worn wrongly\? +90 % +8 s +0 +now", lines[3])
    assert re.match(r"#12 +\? Unsure +1 s +0 +1\.5 s ago", lines[4])


def test_above_and_below_stand_the_sums() -> None:
    head, _, _, now, so_far, share, door, gate = shown(person())
    assert re.match(r"camera 0   10\.0 s .*31 ms each   7 dropped", head)
    assert now == "Now     1 person: 1 masked, 0 unmasked, 0 worn wrongly, 0 uncertain"
    assert so_far == "So far  4 people: 3 masked, 1 unmasked, 0 worn wrongly, 0 uncertain"
    assert share.strip() == "75 % wear it right (30 to 95 %)"
    assert door == "Door: 2 people: 2 masked, 0 unmasked, 0 worn wrongly, 0 uncertain, 1 now"
    assert gate == "Gate: 4 forward, 3 backward"


def test_a_low_terminal_shows_those_who_need_attention() -> None:
    persons = [person(n) for n in range(1, 20)] + [person(20, "without_mask"), person(21, None)]
    lines = shown(*persons, height=16)
    assert len(lines) <= 16
    numbers = [int(found[1]) for line in lines if (found := re.match(r" *#(\d+)", line))]
    assert numbers[-2:] == [20, 21]
    assert numbers == sorted(numbers)
    assert f"and {21 - len(numbers)} more" in lines


def test_a_silent_source_is_told_and_nobody_is_shown() -> None:
    head, now, so_far, *_ = shown(person(), silent=12.3)
    assert "NO PICTURE for 12 s" in head
    assert now == "Now     no picture"
    assert so_far.startswith("So far  4 people")
    assert "NO PICTURE" not in shown(person(), silent=0.6)[0], "slow streams are not lost"


def test_before_the_first_picture() -> None:
    console = terminal()
    with PeopleTable(console, StreamSummary("camera 0")):
        pass
    console.file.flush()
    assert b"waiting for the first picture" in console.file.buffer.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("encoding", "term", "able"),
    [("utf-8", "xterm", True), ("ascii", "xterm", False), ("utf-8", "dumb", False)],
)
def test_terminals_that_cannot(encoding: str, term: str, able: bool) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    assert can_show_table(Console(file=file, force_terminal=True, _environ={"TERM": term})) is able
    assert not can_show_table(Console(file=file))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
