"""The page of the output format shows and explains every field that is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from maskwatch.counting import Counts
from maskwatch.people.counts import PeopleCounts
from maskwatch.people.history import History
from maskwatch.people.person import People, Person
from maskwatch.results import Result
from maskwatch.sinks.rows import COLUMNS, EVENT_COLUMNS, event_record
from maskwatch.sinks.summary import StreamSummary
from maskwatch.types import Event, Faces, Frame

PAGE = (Path(__file__).parents[3] / "docs" / "concepts" / "output.md").read_text(encoding="utf-8")


def examples() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def written() -> list[dict[str, Any]]:
    """A record of each type: picture, frame, event, summary."""
    faces = Faces(np.zeros((1, 4), np.float32), np.ones(1, np.float32), np.eye(3, dtype=np.float32)[:1])
    frame = Frame(np.zeros((9, 9, 3), np.uint8))
    summary = StreamSummary("a.mp4")
    somebody = Person(1, (0, 0, 9, 9), probabilities=(1.0, 0.0, 0.0))
    followed = Result(frame, faces, people=People((somebody,), PeopleCounts(so_far=Counts(masked=1))))
    summary.add(followed)
    summary.history = History()
    event = event_record(Event("no_mask", 3.0, "Person 1", votes={}), "a.mp4")
    return [Result(frame, faces).record(), followed.record(), event, summary.record()]


def keys(value: Any) -> Any:
    """What a record consists of, without its values."""
    if isinstance(value, dict):
        return {key: keys(one) for key, one in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def named(value: Any) -> set[str]:
    """The names of all fields."""
    if isinstance(value, dict):
        return set(value).union(*(named(one) for one in value.values()))
    return set().union(*(named(one) for one in value)) if isinstance(value, list) else set()


def test_the_examples_have_the_fields_that_are_written_in_their_order() -> None:
    assert [json.dumps(keys(example)) for example in examples()] == [
        json.dumps(keys(record)) for record in written()
    ]


def test_every_field_is_explained() -> None:
    explained = set(re.findall(r"`(\w+)`", PAGE))
    history = {"start", "minutes", "hours", "days"}  # in the guide to zones
    assert set().union(*(named(record) for record in written())) - history <= explained


def test_every_column_is_named() -> None:
    explained = set(re.findall(r"`(\w+)`", PAGE))
    box = {"x1", "y1", "x2", "y2", "face"}
    assert {*COLUMNS, *EVENT_COLUMNS} - box <= explained
