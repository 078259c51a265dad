from pathlib import Path

import pytest

from clips import write_clip
from fakes import scene
from maskwatch.errors import SourceError
from maskwatch.image_files import save_image
from maskwatch.settings import load_settings
from maskwatch.sources.addresses import without_secrets
from maskwatch.sources.camera import Camera
from maskwatch.sources.images import Images
from maskwatch.sources.opening import open_source
from maskwatch.sources.stream import Stream
from maskwatch.sources.video import VideoFile


def test_number_is_a_camera() -> None:
    source = open_source(" 2 ")
    assert isinstance(source, Camera)
    assert (source.number, source.name, source.live) == (2, "camera 2", True)


def test_address_is_a_stream_with_the_set_timeout() -> None:
    settings = load_settings(given={"sources": {"timeout": 1.5}})
    source = open_source("RTSP://admin:geheim@10.0.0.1:554/cam", settings.sources)
    assert isinstance(source, Stream)
    assert (source.name, source.timeout, source.live) == ("rtsp://10.0.0.1:554/cam", 1.5, True)


def test_pictures(tmp_path: Path) -> None:
    for name in ("b2.png", "b10.png"):
        save_image(tmp_path / name, scene({}))
    source = open_source(str(tmp_path))
    assert isinstance(source, Images)
    assert [(frame.source, frame.index) for frame in source] == [
        (str(tmp_path / "b2.png"), 0),
        (str(tmp_path / "b10.png"), 0),
    ]
    assert not source.live


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no source given"),
        ("  ", "no source given"),
        ("nowhere.mp4", "nowhere.mp4: no such file"),
        ("gopher://user:pass@host/x", "gopher://host/x: unknown kind of address; known are"),
        ("-1", "no such file"),
    ],
)
def test_what_means_nothing(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://host/cam", "rtsp://host/cam"),
        ("rtsp://user:secret@host:554/cam", "rtsp://host:554/cam"),
        ("rtsp://user:se/cr@et@host/cam", "rtsp://host/cam"),
        ("rtsp://user:se#cret?@host/cam", "rtsp://host/cam"),
        ("http://host/video?user=a&password=secret", "http://host/video"),
        ("http://user:secret@host/v?p=secret@x", "http://host/v"),
        ("file.mp4", "file.mp4"),
    ],
)
def test_secrets_are_not_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize("text", ["100", "99999999999", "9" * 5000])
def test_numbers_that_no_camera_has(text: str) -> None:
    with pytest.raises(SourceError, match=f"no camera {text[:20]}.*: they are counted from 0") as caught:
        open_source(text)
    assert len(str(caught.value)) < 200


def test_zeros_in_front_change_no_number() -> None:
    source = open_source("007")
    assert isinstance(source, Camera)
    assert source.number == 7


def test_kind_is_decided_by_content(tmp_path: Path) -> None:
    """A picture named as a video, and a video named as a picture or not at all."""
    save_image(tmp_path / "a.jpg", scene({}))
    (tmp_path / "a.jpg").rename(tmp_path / "a.mp4")
    assert isinstance(open_source(str(tmp_path / "a.mp4")), Images)
    clip = write_clip(tmp_path / "b.mp4", [scene({})] * 3)
    for name in ("film", "film.jpg"):
        clip = clip.rename(tmp_path / name)
        assert isinstance(open_source(str(clip)), VideoFile)


def test_limit_holds_for_all_sources(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "b.mp4", [scene({})] * 3)
    settings = load_settings(given={"sources": {"max_megapixels": 0.01}})
    with pytest.raises(SourceError, match=r"320 x 240 pixels are more than the 0\.01 million"):
        open_source(str(clip), settings.sources)
