"""What names of files can do to terminals, spreadsheets and archives: nothing."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import numpy as np
import pytest

from conftest import Cli, FakeModels
from fakes import BLUE, scene
from maskwatch.errors import SourceError, printable
from maskwatch.image_files import save_image
from maskwatch.results import Result
from maskwatch.sinks.rows import Csv, EventsCsv, safe_cell
from maskwatch.types import Event, Faces, Frame

EVIL = "a\n\x1b[2J\x1b]0;title\x07\u202egnp.jpg"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain.jpg", "plain.jpg"),
        ("Jürgen 李.jpg", "Jürgen 李.jpg"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\u2028b", "a\\u2028b"),
        (b"b\xff.jpg".decode("utf-8", "surrogateescape"), "b\\udcff.jpg"),
        ("C:\\temp", "C:\\temp"),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown
    assert str(SourceError(text)) == shown


@pytest.mark.skipif(os.name == "nt", reason="such names are not allowed there")
def test_names_on_a_terminal(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    (tmp_path / EVIL).write_text("no picture")
    done = cli("detect", EVIL, "no\x1b[2Jpe.jpg", fake_models.options)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 4
    assert "\x1b" not in done.stderr
    for command in (["watch", EVIL], ["explain", EVIL], ["data", "check", EVIL], ["bench", EVIL + ".onnx"]):
        done = cli(*command)
        assert len(done.stderr.splitlines()) == 1, command
        assert "\x1b" not in done.stderr + done.stdout


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_become_text(start: str) -> None:
    name = f"{start}HYPERLINK(1).jpg"
    stream, events = io.StringIO(newline=""), io.StringIO(newline="")
    faces = Faces(np.array([[-1.5, 2, 3, 4]], np.float32), np.ones(1, np.float32))
    result = Result(Frame(scene({}), 0, 0.0, name), faces, (Event("no_mask", 1.0, name),))
    for rows in (Csv(stream), EventsCsv(events)):
        with rows:
            rows.write(result)
    (row,) = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert row["source"] == printable(f"'{name}")
    assert row["x1"] == "-1.5"
    (row,) = csv.DictReader(io.StringIO(events.getvalue(), newline=""))
    assert (row["source"], row["message"]) == (printable(f"'{name}"),) * 2


def test_other_cells_stay() -> None:
    for value in ("a=b", "", -1, -0.5, None, True, "1.0"):
        assert safe_cell(value) is value


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("..\\..\\evil.jpg", "evil"),
        ("../../evil.jpg", "evil"),
        ("/etc/passwd", "passwd"),
        ("C:\\evil.jpg", "evil"),
        ("C:evil.jpg", "C_evil"),
        ("a\x00b\nc.jpg", "a_b_c"),
        ("...", "picture"),
        ("..", "picture"),
        ("", "picture"),
        ("Jürgen 李.jpg", "Jürgen 李"),
    ],
)
def test_entries_of_an_archive_stay_in_their_folder(name: str, stem: str) -> None:
    pytest.importorskip("streamlit")
    from maskwatch.app.files.results import _entry_stem

    assert _entry_stem(name) == stem


def test_marked_pictures_keep_strange_names(cli: Cli, fake_models: FakeModels, tmp_path: Path) -> None:
    save_image(tmp_path / "=a.png", scene({(2, 1): BLUE}))
    done = cli("detect", "=a.png", "-f", "csv", "--save", "out", fake_models.options)
    assert done.stdout.splitlines()[1].startswith("'=a.png,")
    assert (tmp_path / "out" / "=a.png").is_file()
