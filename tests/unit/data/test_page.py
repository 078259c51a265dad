from __future__ import annotations

from pathlib import Path

import pytest

from maskwatch.data.page import page, table, write_text
from maskwatch.errors import SinkError


def test_text_is_escaped() -> None:
    assert "<title>a &amp; b</title>" in page("a & b", [])
    assert '<th scope="col">&lt;16</th>' in table(["source", "<16"], [["x", "1"]])


def test_a_file_in_a_new_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "page.html", "ä")
    assert (tmp_path / "new" / "page.html").read_bytes() == "ä".encode()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"page\.html: cannot be written"):
        write_text(tmp_path / "file" / "page.html", "")
