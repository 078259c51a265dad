import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from fakes import scene
from maskwatch.errors import SinkError
from maskwatch.results import Result
from maskwatch.sinks.rows import COLUMNS, Csv, JsonLines
from maskwatch.types import Faces, Frame


def result(n: int = 2, source: str = "a.jpg", classified: bool = True) -> Result:
    faces = Faces(
        np.array([[1.04, 2, 30.26, 40]] * n, np.float32).reshape(-1, 4),
        np.full(n, 0.98771, np.float32),
        np.full((n, 3), [0.97, 0.02, 0.01], np.float32) if classified else None,
        np.array([None, "dark"] * n, np.object_)[:n] if classified else None,
        np.arange(n) if classified else None,
    )
    return Result(Frame(scene({}), 7, 0.28049, source), faces)


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
                "track_id": number,
                "probabilities": {"with_mask": 0.97, "without_mask": 0.02, "mask_worn_incorrectly": 0.01},
            }
            for number, reason in enumerate((None, "dark"))
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
