from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image as PIL

from clips import write_clip
from fakes import scene
from maskwatch.sources.media_kinds import has_video_name, is_video, is_video_data

IMAGES = [scene({(number, 0): (255, 0, 0)}, 352, 288) for number in range(3)]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("a.mp4", "libx264"), ("a.mov", "mpeg4"), ("a.mkv", "libx264"), ("a.webm", "libvpx")),
        *(("a.avi", "mpeg4"), ("a.flv", "flv"), ("a.ts", "libx264"), ("a.m2ts", "libx264")),
        *(("a.mpg", "mpeg2video"), ("a.vob", "mpeg2video"), ("a.m2v", "mpeg2video"), ("a.3g2", "mpeg4")),
        *(("a.h264", "libx264"), ("a.asf", "msmpeg4"), ("a.wmv", "wmv2"), ("a.y4m", "rawvideo")),
        *(("a.hevc", "libx265"), ("a.ogv", "libtheora"), ("a.mxf", "mpeg2video"), ("a.rm", "rv20")),
        ("a.nut", "mpeg4"),
    ],
)
def test_videos_under_any_name(tmp_path: Path, name: str, codec: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"no {codec} in this FFmpeg")
    data = write_clip(tmp_path / name, IMAGES, fps=25, codec=codec).read_bytes()
    assert has_video_name(name)
    for other in ("film", "film.dat", "film.mp4", name):
        path = tmp_path / f"other {other}"
        path.write_bytes(data)
        assert is_video(str(path)), other
    assert is_video_data(data[:4096], name)


@pytest.mark.parametrize("name", ["film.jpg", "film.png"])
def test_a_video_with_the_name_of_a_picture(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(write_clip(tmp_path / "a.mp4", IMAGES).read_bytes())
    assert is_video(str(tmp_path / name))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF"])
def test_pictures_under_any_name(tmp_path: Path, form: str) -> None:
    for name in ("a", "a.mp4", "a.jpg", "a.ts"):
        PIL.new("RGB", (16, 8)).save(tmp_path / name, format=form)
        assert not is_video(str(tmp_path / name)), name
        assert not is_video_data((tmp_path / name).read_bytes()[:4096], name), name


def test_moving_jpegs_begin_as_one_does(tmp_path: Path) -> None:
    path = tmp_path / "a.mjpeg"
    PIL.new("RGB", (64, 48)).save(tmp_path / "one.jpg")
    path.write_bytes((tmp_path / "one.jpg").read_bytes() * 3)
    assert is_video(str(path))
    path.rename(tmp_path / "a.jpg")
    assert not is_video(str(tmp_path / "a.jpg"))


@pytest.mark.parametrize("data", [b"", b"Dear diary\n" * 99, b"BM is no bitmap" * 9])
def test_where_the_content_says_nothing_the_name_does(tmp_path: Path, data: bytes) -> None:
    for name, expected in (("a.mp4", True), ("a.jpg", False), ("a.txt", False), ("a", False)):
        (tmp_path / name).write_bytes(data)
        assert is_video(str(tmp_path / name)) is expected
        assert is_video_data(data, name) is expected


def test_play_lists_count_as_videos_so_that_their_error_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text("#EXTM3U\na.ts\n")
    assert is_video(str(tmp_path / "a.m3u8"))
