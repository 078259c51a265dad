import csv
import io
import json
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest

from fakes import scene
from maskwatch.errors import SinkError
from maskwatch.people.person import Person
from maskwatch.results import Result
from maskwatch.sinks.base import EventSink, SummarySink
from maskwatch.sinks.rows import COLUMNS, EVENT_COLUMNS, Csv, EventsCsv, JsonLines
from maskwatch.types import Event, Faces, Frame
from people import people, person


def result(n: int = 2, source: str = "a.jpg", classified: bool = True) -> Result:
    faces = Faces(
        np.array([[1.04, 2, 30.26, 40]] * n, np.float32).reshape(-1, 4),
        np.full(n, 0.98771, np.float32),
        np.full((n, 3), [0.97, 0.02, 0.01], np.float32) if classified else None,
        np.array([None, "dark"] * n, np.object_)[:n] if classified else None,
    )
    return Result(Frame(scene({}), 7, 0.28049, source), faces)


def followed(*persons: Person, numbers: tuple[int, ...], events: tuple[Event, ...] = ()) -> Result:
    """A frame of a stream, with a face for each number; that of nobody is -1."""
    faces = result(len(numbers)).faces.with_(
        track_ids=np.array(numbers, np.int64), looked=np.array([number != 2 for number in numbers])
    )
    return Result(Frame(scene({}), 7, 0.28, "a.mp4"), faces, events, people=people(*persons))


ALONE = Event("camera_lost", 12.00049, "The camera is lost", since=2.0)
OF_SOMEBODY = Event(
    "no_mask", 3.0, "Person 1", 1, "Door", "without_mask", 0.12345, {"without_mask": 5, "with_mask": 1}, 2
)


def test_json_lines_keep_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.jsonl"
    with JsonLines(path) as rows:
        rows.write(result())
        rows.write(result(0))
    first, second = path.read_text().splitlines()
    assert json.loads(first) == {
        "source": "a.jpg",
        "index": 7,
        "t": 0.28,
        "width": 320,
        "height": 240,
        "faces": [
            {
                "box": [1.0, 2.0, 30.3, 40.0],
                "score": 0.9877,
                "label": "with_mask",
                "certain": reason is None,
                "reason": reason,
                "track_id": None,
                "looked": True,
                "probabilities": {"with_mask": 0.97, "without_mask": 0.02, "mask_worn_incorrectly": 0.01},
            }
            for reason in (None, "dark")
        ],
    }
    assert json.loads(second)["faces"] == []


def test_csv_has_a_row_a_face() -> None:
    stream = io.StringIO()
    with Csv(stream) as rows:
        rows.write(result(source='odd, "name".jpg'))
        rows.write(result(0))
        rows.write(result(1, classified=False))
    stream.seek(0)
    table = list(csv.DictReader(stream))
    assert tuple(table[0]) == COLUMNS
    assert [row["face"] for row in table] == ["0", "1", "0"]
    assert table[0]["source"] == 'odd, "name".jpg'
    assert (table[1]["x2"], table[1]["reason"], table[1]["with_mask"]) == ("30.3", "dark", "0.97")
    assert (table[2]["label"], table[2]["with_mask"], table[2]["score"]) == ("", "", "0.9877")


def test_people_are_in_the_record_of_a_frame() -> None:
    somebody = person(
        2,
        "without_mask",
        since=1.23456,
        zones=("Door",),
        confidence=0.91239,
        probabilities=(0.05, 0.9, 0.05),
        votes={"without_mask": 4},
        last_seen=9.0,
        seen=False,
    )
    record = followed(somebody, numbers=(2, -1)).record()
    assert [(face["track_id"], face["looked"]) for face in record["faces"]] == [(2, False), (None, True)]
    assert record["people"] == [
        {
            "track_id": 2,
            "box": [100.0, 40.0, 140.0, 90.0],
            "seen": False,
            "state": "without_mask",
            "confidence": 0.9124,
            "certain": True,
            "reason": None,
            "since": 1.235,
            "first_seen": 1.235,
            "last_seen": 9.0,
            "probabilities": {"with_mask": 0.05, "without_mask": 0.9, "mask_worn_incorrectly": 0.05},
            "votes": {"with_mask": 0, "without_mask": 4, "mask_worn_incorrectly": 0},
            "zones": ["Door"],
        }
    ]
    assert "people" not in result().record()


def test_columns_of_the_csv_never_move() -> None:
    assert COLUMNS[:18] == (
        *("source", "index", "t", "width", "height", "face", "x1", "y1", "x2", "y2", "score", "label"),
        *("certain", "reason", "track_id", "with_mask", "without_mask", "mask_worn_incorrectly"),
    )
    assert COLUMNS[18:] == (
        *("looked", "person_state", "person_confidence", "person_certain", "person_reason", "person_since"),
        "person_zones",
    )
    assert EVENT_COLUMNS[:4] == ("source", "t", "kind", "message")


def test_a_row_tells_of_the_person_whose_face_it_is() -> None:
    stream = io.StringIO()
    with Csv(stream) as rows:
        rows.write(
            followed(
                person(1, "without_mask", since=2.5, zones=("Door", "=Hall")),
                person(2, None),
                person(3, "with_mask", seen=False),
                numbers=(2, 1, -1),
            )
        )
    undecided, unmasked, nobody = csv.DictReader(io.StringIO(stream.getvalue()))
    assert [row["track_id"] for row in (undecided, unmasked, nobody)] == ["2", "1", ""]
    assert [row["looked"] for row in (undecided, unmasked, nobody)] == ["False", "True", "True"]
    assert (unmasked["label"], unmasked["person_state"]) == ("with_mask", "without_mask")
    assert (unmasked["person_since"], unmasked["person_zones"]) == ("2.5", "Door; =Hall")
    assert (unmasked["person_certain"], unmasked["person_confidence"]) == ("True", "0.9")
    assert (undecided["person_state"], undecided["person_reason"]) == ("", "undecided")
    assert {nobody[column] for column in COLUMNS[19:]} == {""}


def test_events_are_lines_of_their_own() -> None:
    stream = io.StringIO()
    with JsonLines(stream, events=True) as rows:
        rows.write(followed(numbers=(), events=(OF_SOMEBODY,)))
        rows.write_events([ALONE], "a.mp4")
        rows.write_events([], "a.mp4")
    frame, event, alone = (json.loads(line) for line in stream.getvalue().splitlines())
    assert "type" not in frame
    assert event == {
        "type": "event",
        "source": "a.mp4",
        "t": 3.0,
        "kind": "no_mask",
        "message": "Person 1",
        "track_id": 1,
        "zone": "Door",
        "state": "without_mask",
        "since": 0.123,
        "votes": {"with_mask": 1, "without_mask": 5, "mask_worn_incorrectly": 0},
        "reminder": 2,
    }
    assert {name: alone[name] for name in ("t", "track_id", "zone", "state", "votes")} == {
        "t": 12.0,
        "track_id": None,
        "zone": "",
        "state": None,
        "votes": None,
    }


def test_events_only_where_they_are_wanted() -> None:
    stream = io.StringIO()
    with JsonLines(stream) as rows:
        rows.write(followed(numbers=(), events=(OF_SOMEBODY,)))
        rows.write_events([ALONE], "a.mp4")
    assert len(stream.getvalue().splitlines()) == 1


def test_events_as_csv() -> None:
    stream = io.StringIO()
    with EventsCsv(stream) as rows:
        rows.write(followed(numbers=(), events=(OF_SOMEBODY,)))
        rows.write_events([ALONE], "a.mp4")
    event, alone = csv.DictReader(io.StringIO(stream.getvalue()))
    assert tuple(event) == EVENT_COLUMNS
    assert (event["track_id"], event["zone"], event["since"], event["reminder"]) == (
        "1",
        "Door",
        "0.123",
        "2",
    )
    assert [event[f"votes_{label}"] for label in ("with_mask", "without_mask", "mask_worn_incorrectly")] == [
        "1",
        "5",
        "0",
    ]
    assert (alone["kind"], alone["track_id"], alone["votes_with_mask"], alone["since"]) == (
        *("camera_lost", "", ""),
        "2.0",
    )


def test_who_takes_what() -> None:
    stream = io.StringIO()
    assert [isinstance(sink, EventSink) for sink in (JsonLines(stream), EventsCsv(stream), Csv(stream))] == [
        True,
        True,
        False,
    ]
    assert [isinstance(sink, SummarySink) for sink in (JsonLines(stream), Csv(stream))] == [True, False]


def test_names_in_no_encoding_survive() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    odd = b"b\xff.jpg".decode("utf-8", "surrogateescape")
    with JsonLines(stream, flush=True) as rows:
        rows.write(result(0, odd))
    assert json.loads(stream.buffer.getvalue())["source"] == odd


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def fail() -> None:
        with JsonLines(path) as rows:
            rows.write(result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "out.jsonl", tmp_path):
        with pytest.raises(SinkError) as caught:
            JsonLines(path)
        assert str(path) in str(caught.value)


def test_full_disk_is_told() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with (
        pytest.raises(OSError, match="space"),
        full.open("w") as stream,
        JsonLines(stream, flush=True) as rows,
    ):
        rows.write(result())


class Limited(io.StringIO):
    """A file on a disk with room for so many characters."""

    def __init__(self, inner: TextIO, room: int) -> None:
        super().__init__()
        self._inner, self._room = inner, room

    def write(self, text: str) -> int:
        self._inner.write(text[: self._room])
        self._inner.flush()
        if len(text) > self._room:
            raise OSError(28, "No space left on device")
        self._room -= len(text)
        return len(text)

    def close(self) -> None:
        self._inner.close()


def test_a_recording_has_its_name_from_the_first_result_on(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    sink = JsonLines(path, recording=True)
    assert path.read_text() == "old"
    sink.write(result())
    assert json.loads(path.read_text())["index"] == 7, "as it stands, for a program that is killed"
    sink.write(result())
    sink.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(path.read_text().splitlines()) == 2
    assert list(tmp_path.iterdir()) == [path]


def test_a_recording_keeps_its_whole_results_on_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    sink = Csv(path, recording=True)
    line = len(sink._text(result(1)))
    sink._stream = Limited(sink._stream, 2 * line + 10)
    sink.write(result(1))
    sink.write(result(1))
    with pytest.raises(SinkError, match="No space left"):
        sink.write(result(1))
    with pytest.raises(SinkError, match="No space left"):
        sink.write(result(1))  # even where there is room again
    sink.__exit__(SinkError, SinkError(), None)
    text = path.read_text()
    assert len(list(csv.reader(io.StringIO(text)))) == 3, "the header and two whole rows"
    assert text.endswith("\n")


def test_a_recording_that_fails_before_its_first_result_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), Csv(path, recording=True):
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with EventsCsv(path, recording=True):
        pass
    assert path.read_text().split(",")[0] == EVENT_COLUMNS[0], "no event is a result, too"
