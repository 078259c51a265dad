"""The CSV with a row a person."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from fakes import scene
from maskwatch.errors import SinkError
from maskwatch.people.person import People, Person
from maskwatch.results import Result
from maskwatch.sinks.people import PEOPLE_COLUMNS, PeopleCsv
from maskwatch.types import Faces, Frame


def result(t: float, *numbers: int, source: str = "a.mp4") -> Result:
    persons = [Person(n, (0, 0, 9, 9), "with_mask", 0.9, zones=("hall", "=door")) for n in numbers]
    frame = Frame(scene({}), t=t, source=source)
    return Result(frame, Faces.empty(), people=People(tuple(persons)))


def test_a_row_a_person_is_written_at_the_end() -> None:
    stream = io.StringIO()
    with PeopleCsv(stream) as sink:
        for t in (0.0, 1.0, 2.5):
            sink.write(result(t, 1, 2))
        assert stream.getvalue().count("\n") == 1
    stream.seek(0)
    first, second = csv.DictReader(stream)
    assert tuple(first) == PEOPLE_COLUMNS
    assert (first["source"], first["track_id"], second["track_id"]) == ("a.mp4", "1", "2")
    assert (first["seconds"], first["seconds_with_mask"], first["share_with_mask"]) == ("2.5", "2.5", "1.0")
    assert (first["state"], first["zones"]) == ("with_mask", "hall; =door")


def test_each_source_has_its_own_persons_and_so_has_one_that_begins_again() -> None:
    stream = io.StringIO()
    with PeopleCsv(stream) as sink:
        for one in (
            result(0.0, 1),
            result(3.0, 1),
            result(0.0, 1, source="b.mp4"),
            result(2.0, 1, source="b.mp4"),
            result(0.0, 1, source="b.mp4"),
            result(1.0, 1, source="b.mp4"),
        ):
            sink.write(one)
    stream.seek(0)
    rows = [(row["source"], row["track_id"], row["seconds"]) for row in csv.DictReader(stream)]
    assert rows == [("a.mp4", "1", "3.0"), ("b.mp4", "1", "2.0"), ("b.mp4", "1", "1.0")]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("old")
    sink = PeopleCsv(path).__enter__()
    sink.write(result(0.0, 1))
    sink.__exit__(ZeroDivisionError, None, None)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with pytest.raises(SinkError, match="/dev/full: cannot be written"), PeopleCsv(Path("/dev/full")) as sink:
        sink.write(result(0.0, 1))
