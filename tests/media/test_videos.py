"""Video files in and out."""

from __future__ import annotations

import gc
import shutil
import subprocess
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from clips import write_clip
from fakes import BLUE, GREEN, RED, box, scene
from maskwatch.annotate import STYLES
from maskwatch.errors import SinkError, SourceError
from maskwatch.results import Result
from maskwatch.sinks.video import VideoSink
from maskwatch.sources import video as video_module
from maskwatch.sources.video import VideoFile
from maskwatch.types import Faces, Frame, Image


def grey(value: int, width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), value, np.uint8)


STEPS = [grey(value) for value in range(20, 220, 20)]


def values(frames: list[Frame]) -> list[int]:
    """What frames of one grey show."""
    return [round(float(frame.image.mean())) for frame in frames]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.avi", "mpeg4"),
        ("a.mkv", "libx264"),
        ("a.webm", "libvpx"),
        ("a.ts", "libx264"),
    ],
)
def test_every_frame_in_order(tmp_path: Path, name: str, codec: str) -> None:
    path = write_clip(tmp_path / name, STEPS, codec=codec)
    video = VideoFile(str(path))
    frames = list(video)
    assert np.abs(np.array(values(frames)) - range(20, 220, 20)).max() <= 5
    assert [frame.index for frame in frames] == list(range(10))
    first = frames[0].t
    assert 0 <= first < 0.2
    assert [frame.t - first for frame in frames] == pytest.approx(np.arange(10) / 10, abs=0.002)
    assert {frame.source for frame in frames} == {str(path)}
    assert (video.skipped, video.live) == (0, False)
    assert video.fps == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.ts", "libx264"), ("a.avi", "mpeg4")])
@pytest.mark.parametrize(("t", "number"), [(0.0, 0), (0.3, 3), (0.31, 4), (0.899, 9), (7.0, 9)])
def test_a_frame_by_its_time(tmp_path: Path, name: str, codec: str, t: float, number: int) -> None:
    path = write_clip(tmp_path / name, STEPS, codec=codec)
    first = next(iter(VideoFile(str(path)))).t
    frame = VideoFile(str(path)).frame_at(first + t if t else 0.0)
    assert values([frame])[0] == pytest.approx(20 + 20 * number, abs=5)


def test_a_jump_that_went_too_far_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.avi", STEPS, codec="utvideo")  # every frame can be jumped to
    too_far = iter([0.5])
    monkeypatch.setattr(video_module, "start_of", lambda _: next(too_far, 0.0))
    assert values([VideoFile(str(path)).frame_at(0.3)])[0] == pytest.approx(80, abs=5)
    assert list(too_far) == [], "it had tried to jump"


def test_length_is_known_beforehand(tmp_path: Path) -> None:
    video = VideoFile(str(write_clip(tmp_path / "a.mp4", STEPS)))
    assert video.frames == 10
    assert video.seconds == pytest.approx(1.0)


def test_can_be_read_twice_and_left_early(tmp_path: Path) -> None:
    video = VideoFile(str(write_clip(tmp_path / "a.mp4", STEPS)))
    for frame in video:
        if frame.index == 3:
            break
    assert len(list(video)) == len(list(video)) == 10


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [0.0, 0.05, 0.5, 0.55, 1.4]
    path = write_clip(tmp_path / "a.mp4", STEPS[:5], times=times)
    assert [frame.t for frame in VideoFile(str(path))] == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_phone_videos_are_turned_upright(tmp_path: Path, degrees: int) -> None:
    """As FFmpeg's own player turns them."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("needs ffmpeg to write a rotation into a file")

    def ffmpeg(*arguments: str) -> None:
        subprocess.run(["ffmpeg", "-v", "error", *arguments], cwd=tmp_path, check=True, capture_output=True)

    write_clip(tmp_path / "flat.mp4", [scene({(0, 0): RED, (3, 0): BLUE, (0, 2): GREEN}, 128, 96)] * 3)
    ffmpeg("-i", "flat.mp4", "-c", "copy", "-metadata:s:v", f"rotate={degrees}", "turned.mp4")
    ffmpeg("-i", "turned.mp4", "-frames:v", "1", "upright.png")
    (frame, *_) = VideoFile(str(tmp_path / "turned.mp4"))
    assert frame.image.shape == ((96, 128, 3) if degrees == 180 else (128, 96, 3))
    upright = cv2.imread(str(tmp_path / "upright.png"))
    assert upright is not None
    assert np.abs(frame.image.astype(int) - upright).max() <= 8


def test_damaged_frames_are_left_out_and_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (120, 160, 3), np.uint8) for _ in range(20)]
    path = write_clip(tmp_path / "a.avi", images, codec="mpeg4")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for position, size in packets[7:9]:
        assert position is not None
        data[position + 8 : position + 8 + size // 2] = bytes(size // 2)
    path.write_bytes(data)
    video = VideoFile(str(path))
    frames = list(video)
    assert 10 <= len(frames) < 20
    assert video.skipped > 0
    assert frames[-1].t > 1.5  # it went on behind the damage


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "no such file"),
        (b"", "the file is empty"),
        (b"Dear diary, today\n" * 99, "not a video"),
    ],
)
def test_no_videos(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "a.mp4"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SourceError, match=f"^{path}: .*{message}"):
        VideoFile(str(path))


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a folder, not a video"):
        VideoFile(str(tmp_path))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    write_clip(tmp_path / "both.mp4", STEPS, sound="aac")
    with av.open(str(tmp_path / "both.mp4")) as source, av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with pytest.raises(SourceError, match="holds no video"):
        VideoFile(str(tmp_path / "a.mp4"))


def undecodable(path: Path) -> Path:
    """A video whose index is whole and whose frames are noise."""
    data = bytearray(write_clip(path, STEPS).read_bytes())
    start = data.index(b"mdat") + 4
    data[start : data.index(b"moov") - 4] = b"\xff" * (data.index(b"moov") - 4 - start)
    path.write_bytes(data)
    return path


def test_no_decodable_frame(tmp_path: Path) -> None:
    video = VideoFile(str(undecodable(tmp_path / "a.mp4")))
    with pytest.raises(SourceError, match="no frame of this video can be decoded"):
        list(video)


def result(image: Image, t: float) -> Result:
    faces = Faces(
        np.array([box(1, 0)], np.float32),
        np.array([0.9], np.float32),
        np.array([[0.9, 0.05, 0.05]], np.float32),
        np.array([None], np.object_),
    )
    return Result(Frame(image, t=t), faces)


def streams(path: Path) -> dict[str, object]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        sound = container.streams.audio
        return {
            "codec": video.codec_context.name,
            "pixels": video.codec_context.pix_fmt,
            "size": (video.width, video.height),
            "sound": sound[0].codec_context.codec.canonical_name if sound else None,
            "sound seconds": float(sound[0].duration * sound[0].time_base)
            if sound and sound[0].duration and sound[0].time_base
            else 0.0,
        }


def test_written_for_browsers(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.mp4"
    with VideoSink(path, fps=10) as video:
        for number in range(10):
            video.write(result(scene({(1, 0): BLUE}, 128, 96), number / 10))
    assert streams(path) == {
        "codec": "h264",
        "pixels": "yuv420p",
        "size": (128, 96),
        "sound": None,
        "sound seconds": 0.0,
    }
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it starts before it is loaded
    frames = list(VideoFile(str(path)))
    assert len(frames) == 10
    marked = np.abs(frames[4].image.astype(int) - STYLES["with_mask"].colour).max(axis=2)
    assert (marked < 60).any()  # the frame around the face came through the compression
    assert [p.name for p in path.parent.iterdir()] == ["out.mp4"]


def test_times_are_kept(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.52, 2.0]
    with VideoSink(tmp_path / "a.mp4") as video:
        for t in times:
            video.write_image(grey(99), t)
    written = VideoFile(str(tmp_path / "a.mp4"))
    assert [frame.t for frame in written] == pytest.approx(times, abs=0.001)
    assert written.seconds >= 2.0


def test_times_that_stand_still_do_no_harm(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "a.mp4") as video:
        for t in (0.0, 0.0, 0.1, 0.1):
            video.write_image(grey(99), t)
    assert len(list(VideoFile(str(tmp_path / "a.mp4")))) == 4


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (1, 1), (2, 2)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    with VideoSink(tmp_path / "a.mp4") as video:
        for number in range(3):
            video.write_image(grey(180, *size), number / 10)
    even = tuple(side + side % 2 for side in size)
    assert streams(tmp_path / "a.mp4")["size"] == even
    assert values(list(VideoFile(str(tmp_path / "a.mp4"))))[0] == pytest.approx(180, abs=3)  # no black edge


def test_size_may_change_on_the_way(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "a.mp4") as video:
        video.write_image(grey(100, 64, 48), 0)
        video.write_image(grey(100, 200, 100), 0.1)
    assert {f.image.shape for f in VideoFile(str(tmp_path / "a.mp4"))} == {(48, 64, 3)}


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.mkv", "libx264", "libmp3lame"),
        ("a.webm", "libvpx", "libopus"),
        ("a.avi", "mpeg4", "pcm_s16le"),
        ("a.ts", "libx264", "aac"),
    ],
)
def test_sound_is_kept(tmp_path: Path, name: str, codec: str, sound: str) -> None:
    source = write_clip(tmp_path / name, STEPS * 2, codec=codec, sound=sound)
    frames = VideoFile(str(source))
    with VideoSink(tmp_path / "out.mp4", str(source), frames.fps) as video:
        for frame in frames:
            video.write_image(frame.image, frame.t)
    got = streams(tmp_path / "out.mp4")
    assert got["sound"] in ("aac", "mp3")
    seconds = got["sound seconds"]
    assert isinstance(seconds, float)
    assert 1.99 < seconds < 2.15
    with av.open(str(tmp_path / "out.mp4")) as container:
        loud = np.concatenate([np.abs(f.to_ndarray()).ravel() for f in container.decode(audio=0)])
    assert loud.max() > 0.1


def test_silent_source_gives_silent_video(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", STEPS)
    with VideoSink(tmp_path / "out.mp4", str(source)) as video:
        video.write_image(grey(9), 0)
    assert streams(tmp_path / "out.mp4")["sound"] is None


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with VideoSink(tmp_path / "a.mp4") as video:
            video.write_image(grey(9), 0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with VideoSink(tmp_path / "never.mp4"):
        pass  # no frame, no file
    assert list(tmp_path.iterdir()) == []


def test_input_is_never_overwritten(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", STEPS)
    before = source.read_bytes()
    with pytest.raises(SinkError, match="the input itself"):
        VideoSink(source, str(source))
    assert source.read_bytes() == before


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot be written"):
        VideoSink(tmp_path / "file" / "a.mp4")


def test_colours_survive_the_round_trip(tmp_path: Path) -> None:
    squares = {(0, 0): BLUE, (2, 1): GREEN, (4, 0): RED}
    with VideoSink(tmp_path / "a.mp4") as video:
        for number in range(3):
            video.write_image(scene(squares), number / 10)
    (frame, *_) = VideoFile(str(tmp_path / "a.mp4"))
    for (column, row), colour in squares.items():
        middle = frame.image[row * 32 + 16, column * 32 + 16].astype(int)
        assert np.abs(middle - colour).max() < 40


def test_no_picture_stays_in_memory(tmp_path: Path) -> None:
    """PyAV's frames and their side data hold each other; at 4K each frame that waits for Python is 12 MB."""
    clip = write_clip(tmp_path / "a.mp4", [grey(index % 250) for index in range(60)])
    gc.collect()
    gc.disable()
    try:
        read = sum(1 for _ in VideoFile(str(clip)))
        kept = sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
    finally:
        gc.enable()
    assert read == 60
    assert kept == 0
