"""Videos whose clock, form or name is unusual, and files that only pretend to be videos."""

from __future__ import annotations

import os
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from clips import with_display_matrix, write_clip
from fakes import BLUE, GREEN, RED, scene
from maskwatch.errors import SourceError
from maskwatch.sinks.video import VideoSink
from maskwatch.sources.opening import open_source
from maskwatch.sources.video import VideoFile
from maskwatch.types import Image


def steps(first: int = 20, count: int = 20) -> list[Image]:
    """Pictures of one grey that get lighter by 8."""
    return [np.full((96, 128, 3), first + 8 * number, np.uint8) for number in range(count)]


def greys(video: VideoFile) -> list[int]:
    return [round(float(frame.image.mean())) for frame in video]


def assert_steady(video: VideoFile, count: int, interval: float = 0.1) -> None:
    """All frames come at the usual pace, and each is found again by its time."""
    frames = list(video)
    times = [frame.t for frame in frames]
    assert len(frames) == count
    assert 0 <= times[0] < 0.5
    assert [b - a for a, b in pairwise(times)] == pytest.approx([interval] * (count - 1), abs=0.002)
    for number in (0, 1, count // 2 - 1, count // 2, count - 1):
        found = VideoFile(video.name).frame_at(times[number])
        assert found.t == pytest.approx(times[number], abs=0.002)
        assert np.abs(found.image.astype(int) - frames[number].image).max() <= 2, number


@pytest.mark.parametrize(
    ("name", "codec"), [("a.ts", "libx264"), ("a.mpg", "mpeg2video"), ("a.ts", "mpeg2video")]
)
def test_joined_recordings_go_on(tmp_path: Path, name: str, codec: str) -> None:
    fps = 25 if codec == "mpeg2video" else 10  # MPEG-2 knows few rates
    parts = [
        write_clip(tmp_path / f"{first}{name}", steps(first), fps, codec=codec).read_bytes()
        for first in (20, 60)
    ]
    (tmp_path / name).write_bytes(b"".join([*parts, parts[0]]))
    video = VideoFile(str(tmp_path / name))
    assert_steady(video, 60, 1 / fps)
    assert video.frames == 60
    assert video.seconds == pytest.approx(60 / fps, abs=0.05)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mp4"])
def test_an_hour_without_a_frame_is_left_out(tmp_path: Path, name: str) -> None:
    times = [number / 10 + (3600 if number >= 10 else 0) for number in range(20)]
    path = write_clip(tmp_path / name, steps(), times=times, options={"bf": "0", "g": "5"})
    if name == "a.mp4":  # its index says that the frame before is shown for an hour: that is believed
        assert [f.t for f in VideoFile(str(path))] == pytest.approx(times, abs=0.002)
        assert VideoFile(str(path)).frame_at(3600.0).t == pytest.approx(3601.0)
        return
    assert_steady(VideoFile(str(path)), 20)
    assert VideoFile(str(path)).frames == 20
    assert VideoFile(str(path)).seconds == pytest.approx(2.0, abs=0.1)


def test_a_time_behind_a_hole_is_found(tmp_path: Path) -> None:
    """The index of Matroska is not read before the first seek; nothing else tells of the hole."""
    times = [float(number + (100 if number >= 10 else 0)) for number in range(200)]
    noise = np.random.default_rng(1).integers(0, 256, (200, 48, 64, 3), np.uint8)
    images = [np.where(np.arange(48)[:, None, None] < 24, noise[n], n).astype(np.uint8) for n in range(200)]
    path = write_clip(tmp_path / "a.mkv", images, fps=1, times=times, options={"bf": "0", "g": "5"})
    found = VideoFile(str(path)).frame_at(150.0)
    assert found.t == pytest.approx(150.0)
    assert found.image[32:].mean() == pytest.approx(150, abs=4)


def test_half_a_minute_without_a_frame_is_believed_of_a_file_with_an_index(tmp_path: Path) -> None:
    times = [0.0, 0.1, 30.0, 30.1, 60.0]
    path = write_clip(tmp_path / "a.mkv", steps(count=5), times=times)
    assert [frame.t for frame in VideoFile(str(path))] == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("name", ["a.h264", "a.264", "a"])
def test_raw_video_has_no_times_and_gets_the_usual_ones(tmp_path: Path, name: str) -> None:
    data = write_clip(tmp_path / "raw.h264", steps(), fps=25).read_bytes()
    (tmp_path / name).write_bytes(data)
    video = open_source(str(tmp_path / name))
    assert isinstance(video, VideoFile)
    assert_steady(video, 20, 0.04)
    assert video.frames == 20
    assert video.seconds == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", {"bf": "3", "g": "8", "sc_threshold": "0"}),
        ("libx264", {"bf": "0"}),
        ("mpeg4", {"bf": "2", "g": "6"}),
        ("mpeg4", {}),
    ],
)
def test_frames_of_avi_are_shown_in_order(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    path = write_clip(tmp_path / "a.avi", steps(), codec=codec, options=options)
    video = VideoFile(str(path))
    assert_steady(video, 20)
    shown = greys(video)
    assert shown == sorted(shown)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize(("x", "y"), [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_turned_and_mirrored_videos_come_upright(tmp_path: Path, transpose: bool, x: int, y: int) -> None:
    picture = scene({(0, 0): RED, (3, 0): BLUE, (0, 2): GREEN}, 128, 96)
    path = write_clip(tmp_path / "a.mp4", [picture] * 2)
    with_display_matrix(path, *((0, y, x, 0) if transpose else (x, 0, 0, y)))
    upright = picture.transpose(1, 0, 2) if transpose else picture
    upright = upright[::y, ::x]
    (frame, *_) = VideoFile(str(path))
    assert frame.image.shape == upright.shape
    assert np.abs(frame.image.astype(int) - upright).mean() < 6


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.mkv"])
@pytest.mark.parametrize(("aspect", "size"), [(Fraction(16, 11), (186, 96)), (Fraction(1, 2), (128, 192))])
def test_pixels_come_square(tmp_path: Path, name: str, aspect: Fraction, size: tuple[int, int]) -> None:
    path = write_clip(tmp_path / name, steps(count=3), aspect=aspect)
    assert {frame.image.shape for frame in VideoFile(str(path))} == {(size[1], size[0], 3)}


def two_videos(path: Path, default: int) -> None:
    """A small video first and a large one second; `default` is the number of the one that is shown."""
    with av.open(str(path), "w") as out:
        streams = []
        for width in (64, 320):
            stream = out.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = width, 48, "yuv420p"
            streams.append(stream)
        for stream in streams:
            stream.disposition = av.stream.Disposition(0)
        if default >= 0:
            streams[default].disposition = av.stream.Disposition.default
        for stream in streams:
            for _ in range(3):
                image = np.zeros((48, stream.width, 3), np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
            out.mux(stream.encode(None))


@pytest.mark.parametrize(("default", "width"), [(1, 320), (0, 64), (-1, 320)])
def test_of_several_videos_the_default_one_or_the_largest(tmp_path: Path, default: int, width: int) -> None:
    two_videos(tmp_path / "a.mkv", default)
    video = VideoFile(str(tmp_path / "a.mkv"))
    assert [frame.image.shape[1] for frame in video] == [width] * 3
    assert video.frame_at(0.1).image.shape[1] == width


def test_too_large_videos_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", steps(count=2))
    with pytest.raises(
        SourceError, match=r"128 x 96 pixels are more than the 0\.01 million .*max_megapixels"
    ):
        VideoFile(str(path), max_megapixels=0.01)
    assert len(list(VideoFile(str(path), max_megapixels=0.0123))) == 2


def test_a_video_that_grows_on_the_way_is_not_followed(tmp_path: Path) -> None:
    small = write_clip(tmp_path / "a.ts", steps(count=5)).read_bytes()
    large = write_clip(tmp_path / "b.ts", [np.zeros((960, 1280, 3), np.uint8)] * 5).read_bytes()
    (tmp_path / "c.ts").write_bytes(small + large)
    assert len(list(VideoFile(str(tmp_path / "c.ts")))) == 10
    video = VideoFile(str(tmp_path / "c.ts"), max_megapixels=0.1)
    assert {frame.image.shape for frame in video} == {(96, 128, 3)}
    assert video.skipped


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "a.mp4", steps(count=3)).rename("16:01:04.mp4")
    assert len(list(VideoFile("16:01:04.mp4"))) == 3
    with VideoSink(Path("17:01:04.mp4"), sound="16:01:04.mp4") as video:
        video.write_image(steps(count=1)[0], 0.0)
    assert len(list(VideoFile("17:01:04.mp4"))) == 1
    with pytest.raises(SourceError, match="no such file"):
        VideoFile("concat:16:01:04.mp4|16:01:04.mp4")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.m3u8", "#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", "a play list"),
        ("a.mp4", "\ufeff#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", "a play list"),
        ("a.mp4", "ffconcat version 1.0\nfile {}\n", "a play list"),
        ("a.ffconcat", "\n ffconcat version 1.0\nfile {}\n", "a play list"),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", "a play list"),
        ("a.concat", "file {}\n", "not a video"),
        ("a.ans", "\x1b[31mhello\n" * 50, "not a video"),
        ("a.diz", "hello\n" * 50, "not a video"),
        ("a.ass", "[Script Info]\nTitle: {}\n", "not a video"),
    ],
)
def test_texts_are_not_followed_or_drawn(tmp_path: Path, name: str, text: str, message: str) -> None:
    clip = write_clip(tmp_path / "clip.ts", steps(count=3))
    (tmp_path / name).write_text(text.format(clip))
    with pytest.raises(SourceError, match=message) as caught:
        VideoFile(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), os.devnull):
        for opened in (VideoFile, open_source):
            with pytest.raises(SourceError, match="neither a file nor a folder"):
                opened(path)
    for opened in (VideoFile, open_source):
        with pytest.raises(SourceError, match="the name is too long"):
            opened("x" * 300 + ".mp4")
        with pytest.raises(SourceError, match="not a path"):
            opened("a\0b.mp4")

    def forbidden(path: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "stat", forbidden)
    for opened in (VideoFile, open_source):
        with pytest.raises(SourceError, match="not allowed to read it"):
            opened("locked.mp4")


def test_a_size_that_only_the_frames_say_is_limited_too(tmp_path: Path) -> None:
    """Motion JPEG without any header of its own: two pictures that promise 16,000 x 16,000 pixels."""
    data = bytearray(cv2.imencode(".jpg", steps(count=1)[0])[1].tobytes())
    size = data.index(b"\xff\xc0") + 5
    assert data[size : size + 4] == struct.pack(">2H", 96, 128)
    (tmp_path / "a.mjpeg").write_bytes(data * 3)
    assert len(list(VideoFile(str(tmp_path / "a.mjpeg")))) == 3
    data[size : size + 4] = struct.pack(">2H", 16_000, 16_000)
    (tmp_path / "a.mjpeg").write_bytes(data * 3)
    with pytest.raises(SourceError, match=r"16000 x 16000 pixels are more|more than 100 million pixels"):
        list(VideoFile(str(tmp_path / "a.mjpeg")))
