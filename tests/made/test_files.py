"""The made files are what their names say."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps, UnidentifiedImageError

from . import files


@pytest.mark.parametrize(
    ("make", "mode"),
    [
        (files.plain_jpeg, "RGB"),
        (files.grey, "L"),
        (files.grey16, "I;16"),
        (files.alpha, "RGBA"),
        (files.palette, "P"),
        (files.cmyk, "CMYK"),
    ],
)
def test_kinds_of_pictures(tmp_path: Path, make: files.Maker, mode: str) -> None:
    with Image.open(make(tmp_path)) as picture:
        assert picture.mode == mode
        assert picture.size == (320, 240)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_rotated_is_upright_once_turned(tmp_path: Path, orientation: int) -> None:
    with Image.open(files.exif_rotated(tmp_path, orientation=orientation)) as picture:
        assert picture.getexif()[0x0112] == orientation
        upright = np.asarray(ImageOps.exif_transpose(picture))[..., ::-1]
    assert np.abs(upright.astype(int) - files.small()).mean() < 3


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
def test_animated_has_three_frames(tmp_path: Path, ending: str) -> None:
    with Image.open(files.animated(tmp_path, ending)) as picture:
        assert getattr(picture, "n_frames", 1) == 3


def test_huge_picture_is_a_small_file(tmp_path: Path) -> None:
    path = files.huge_png(tmp_path, 3000, 2050)
    with Image.open(path) as picture:
        picture.load()
        assert picture.size == (3000, 2050)
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize("make", [files.truncated_jpeg, files.empty, files.text_as_jpeg])
def test_bad_pictures_do_not_load(tmp_path: Path, make: files.Maker) -> None:
    with pytest.raises((OSError, UnidentifiedImageError)), Image.open(make(tmp_path)) as picture:
        picture.load()


def test_videos_without_frames(tmp_path: Path) -> None:
    with av.open(str(files.frameless_video(tmp_path))) as container:
        assert not container.streams.video
    with (
        av.open(str(files.undecodable_video(tmp_path))) as container,
        pytest.raises(av.error.InvalidDataError),
    ):
        next(container.decode(video=0))
    with av.open(str(files.truncated_video(tmp_path))) as container:
        assert next(container.decode(video=0)).width == 320
