from __future__ import annotations

from pathlib import Path

import pytest

from maskwatch.atomic_file import write_text
from maskwatch.errors import SinkError


def test_a_file_in_a_new_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "page.html", "ä")
    assert (tmp_path / "new" / "page.html").read_bytes() == "ä".encode()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"page\.html: cannot be written"):
        write_text(tmp_path / "file" / "page.html", "")
