"""Results as they are written: whatever is in them, what was written can be read back."""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

import numpy as np

from benchmarks.robustness.fuzzing.kind import Kind
from maskwatch.labels import LABELS, Reason
from maskwatch.people.person import People, Person
from maskwatch.results import Result
from maskwatch.sinks.rows import COLUMNS, EVENT_COLUMNS, Csv, EventsCsv, JsonLines, event_record
from maskwatch.types import Event, Faces, Frame

_NUMBERS: Final = (0.0, -0.0, 0.5, 1.0, 1e-30, 12345.678, 1e9, -3.25, 1e300, 719.99999)
_TEXTS: Final = (
    *(
        "a.jpg",
        "",
        "=cmd()",
        "-1",
        "@x",
        "a,b",
        'a"b',
        "a\nb",
        "a\rb",
        "\tb",
        "é",
        "\u202e",
        "x" * 3000,
        "\udcff",
    ),
    *("\x1b[2J", "'", "a;b", "null", "\x00", "\U0001f637", "rtsp://cam", "\u2028", " "),
)


def _made(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Returns a result in a JSON form of its own."""

    def number() -> float:
        return chance.choice((*_NUMBERS, chance.uniform(-10, 2000)))

    def text() -> str:
        return chance.choice(_TEXTS)

    def perhaps(value: Any) -> Any:
        return value if chance.random() < 0.7 else None

    n = chance.choice((0, 1, 2, 5, 40))
    persons = [
        {
            "track_id": i + 1,
            "box": [number() for _ in range(4)],
            "state": perhaps(chance.choice(LABELS)),
            "confidence": chance.random(),
            "reason": perhaps(chance.choice(get_args(Reason))),
            "since": number(),
            "probabilities": perhaps([chance.random() for _ in LABELS]),
            "votes": {label: chance.randrange(9) for label in LABELS if chance.random() < 0.5},
            "zones": [text() for _ in range(chance.randrange(3))],
        }
        for i in range(chance.choice((0, 1, 3)))
    ]
    events = [
        {
            "t": number(),
            "kind": text(),
            "message": text(),
            "track_id": perhaps(chance.randrange(9)),
            "zone": text(),
            "since": perhaps(number()),
            "votes": perhaps({label: 1 for label in LABELS if chance.random() < 0.5}),
        }
        for _ in range(chance.choice((0, 0, 1, 3)))
    ]
    return json.dumps(
        {
            "source": text(),
            "index": chance.choice((0, 1, 10**6, 2**40)),
            "t": number(),
            "boxes": [[float(np.float32(min(number(), 1e30))) for _ in range(4)] for _ in range(n)],
            "scores": [chance.random() for _ in range(n)],
            # A row of None: followed, but not looked at yet.
            "probabilities": perhaps([perhaps([chance.random() for _ in LABELS]) for _ in range(n)]),
            "reasons": [perhaps(chance.choice(get_args(Reason))) for _ in range(n)],
            "track_ids": perhaps([chance.choice((-1, 1, 2, 3)) for _ in range(n)]),
            "persons": perhaps(persons),
            "events": events,
        }
    ).encode("ascii")


def result_of(told: dict[str, Any]) -> Result:
    """Returns the result that `_made` describes."""
    n = len(told["boxes"])
    rows = told["probabilities"]
    faces = Faces(
        np.array(told["boxes"], np.float32).reshape(n, 4),
        np.array(told["scores"], np.float32),
        None
        if rows is None
        else np.array([[math.nan] * len(LABELS) if r is None else r for r in rows], np.float32).reshape(n, -1)
        if n
        else np.zeros((0, len(LABELS)), np.float32),
        None if rows is None else np.array([*told["reasons"], None], object)[:-1],
        None if told["track_ids"] is None else np.array(told["track_ids"], np.int64),
        None if rows is None else np.array([row is not None for row in rows], np.bool_),
    )
    people = None
    if told["persons"] is not None:
        people = People(
            tuple(
                Person(
                    **{
                        **person,
                        "box": tuple(person["box"]),
                        "zones": tuple(person["zones"]),
                        "probabilities": person["probabilities"] and tuple(person["probabilities"]),
                    }
                )
                for person in told["persons"]
            )
        )
    frame = Frame(np.zeros((4, 6, 3), np.uint8), told["index"], told["t"], told["source"])
    return Result(frame, faces, tuple(Event(**event) for event in told["events"]), people=people)


def _refuse_constant(name: str) -> NoReturn:
    raise AssertionError(f"{name} is no JSON")


def _round_trip(data: bytes, folder: Path) -> None:
    """Writes a result in all forms, and reads it back as a stranger would."""
    result = result_of(json.loads(data))
    source = result.frame.source
    with JsonLines(folder / "out.jsonl", events=True) as lines:
        lines.write(result)
    text = (folder / "out.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n")
    read = [json.loads(line, parse_constant=_refuse_constant) for line in text[:-1].split("\n")]
    assert read[0] == json.loads(json.dumps(result.record())), "another record than was written"
    assert read[1:] == [json.loads(json.dumps(event_record(event, source))) for event in result.events]
    for sink, columns, count in (
        (Csv(folder / "out.csv"), COLUMNS, len(result.faces)),
        (EventsCsv(folder / "events.csv"), EVENT_COLUMNS, len(result.events)),
    ):
        with sink:
            sink.write(result)
        path = folder / ("out.csv" if sink.__class__ is Csv else "events.csv")
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert tuple(header) == columns
        assert len(rows) == count, (len(rows), count)
        for row in rows:
            assert len(row) == len(columns)
            assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row), row


OUTPUTS: Final = (Kind("results", lambda folder: [b""], _made, _round_trip),)
"""Results with odd values."""
