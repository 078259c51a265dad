"""Headers of pictures: whatever is wrong with one, the error is the data set's."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import PIL.Image
import pytest

from made import files
from maskwatch.data.picture_files import picture_size, read_header
from maskwatch.errors import DataError
from maskwatch.sources.images import DECODE_ERRORS


def test_size_and_turn(tmp_path: Path) -> None:
    header = read_header(files.exif_rotated(tmp_path, orientation=6))
    assert header.orientation == 6
    with PIL.Image.open(tmp_path / "rotated_6.jpg") as picture:
        assert header.upright == picture.size[::-1]


@pytest.mark.parametrize("error", DECODE_ERRORS)
def test_whatever_the_reader_raises_is_one_line(tmp_path: Path, error: type[Exception]) -> None:
    """Damaged AVIF pictures raise a RuntimeError as soon as they are opened."""
    path = files.plain_jpeg(tmp_path)
    with (
        mock.patch.object(PIL.Image, "open", side_effect=error("what it says")),
        pytest.raises(DataError, match=r"plain\.jpg: not a readable picture"),
    ):
        picture_size(path)
