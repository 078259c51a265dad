"""The sound of marked videos, where the sound of the source is unusual."""

from __future__ import annotations

import logging
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from clips import write_clip
from maskwatch.sinks.sound import SoundClock
from maskwatch.sinks.video import VideoSink
from maskwatch.sources.video import VideoFile
from maskwatch.types import Image

IMAGES: list[Image] = [np.full((48, 64, 3), 9 * number, np.uint8) for number in range(20)]


def marked(source: Path) -> Path:
    """Copies a video as `detect --save` does."""
    frames = VideoFile(str(source))
    path = source.parent / "out" / "marked.mp4"
    with VideoSink(path, str(source), frames.fps) as video:
        for frame in frames:
            video.write_image(frame.image, frame.t)
    assert [file.name for file in path.parent.iterdir()] == ["marked.mp4"]  # nothing temporary
    return path


def beeping(path: Path, start: float, seconds: float, layout: str = "mono", rate: int = 48_000) -> Path:
    """A video of 2 s that is black, except for white frames while a tone sounds from `start` on."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"bf": "0"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("mp2", rate=rate, layout=layout)
        for number in range(50):
            white = start <= number / 25 < start + seconds
            image = np.full((48, 64, 3), 255 if white else 0, np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(video.encode(None))
        t = np.arange(2 * rate) / rate
        wave = (np.sin(t * 3000) * 20_000 * ((t >= start) & (t < start + seconds))).astype(np.int16)
        channels = 1 if layout == "mono" else 2
        tone = av.AudioFrame.from_ndarray(wave.repeat(channels)[None], format="s16", layout=layout)
        tone.sample_rate, tone.pts = rate, 0
        out.mux(audio.encode(tone))
        out.mux(audio.encode(None))
    return path


def onsets(path: Path) -> tuple[list[float], list[float]]:
    """Times at which the pictures of a video become white, and at which its sound becomes loud."""
    with av.open(str(path)) as container:
        white = [(f.time, f.to_ndarray(format="gray").mean() > 128) for f in container.decode(video=0)]
    with av.open(str(path)) as container:
        loud = [
            (cast(float, frame.time), float(np.abs(frame.to_ndarray()).max()) > 0.05)
            for frame in container.decode(audio=0)
        ]
    return tuple([b[0] for a, b in pairwise(times) if b[1] and not a[1]] for times in (white, loud))  # type: ignore[return-value]


def seconds_of_sound(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_sound_of_joined_recordings_keeps_with_the_picture(tmp_path: Path, suffix: str) -> None:
    part = beeping(tmp_path / f"a{suffix}", 0.8, 0.4).read_bytes()
    (tmp_path / f"joined{suffix}").write_bytes(part * 8)
    pictures, sound = onsets(marked(tmp_path / f"joined{suffix}"))
    assert len(pictures) == len(sound) == 8
    assert np.abs(np.array(pictures) - sound).max() < 0.06  # one frame and one packet of AAC
    assert pictures[-1] - pictures[0] == pytest.approx(14, abs=0.01)


def test_sound_that_changes_its_form_on_the_way(tmp_path: Path) -> None:
    forms = (("mono", 48_000), ("stereo", 48_000), ("stereo", 44_100), ("mono", 32_000))
    parts = [
        beeping(tmp_path / f"{number}.ts", 0.8, 0.4, *form).read_bytes() for number, form in enumerate(forms)
    ]
    (tmp_path / "joined.ts").write_bytes(b"".join(parts))
    pictures, sound = onsets(marked(tmp_path / "joined.ts"))
    assert len(pictures) == len(sound) == 4
    assert np.abs(np.array(pictures) - sound).max() < 0.06


def with_unknown_sound(path: Path) -> Path:
    """A video whose sound names a codec that does not exist."""
    data = bytearray(write_clip(path, IMAGES, codec="mpeg4", sound="pcm_s16le").read_bytes())
    format_tag = data.index(b"strf", data.index(b"auds")) + 8
    data[format_tag : format_tag + 2] = b"\x99\x77"
    path.write_bytes(data)
    return path


def test_unknown_sound_is_left_out_with_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = marked(with_unknown_sound(tmp_path / "a.avi"))
    assert len(list(VideoFile(str(path)))) == 20
    with av.open(str(path)) as container:
        assert not container.streams.audio
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "its sound is in a format that is not known" in caplog.text


def test_damaged_sound_never_costs_the_video(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for number, (suffix, codec, sound) in enumerate(
        [(".ts", "libx264", "aac"), (".mp4", "libx264", "aac"), (".mkv", "libx264", "libmp3lame")] * 2
    ):
        source = write_clip(tmp_path / f"{number}{suffix}", IMAGES, codec=codec, sound=sound)
        data = bytearray(source.read_bytes())
        with av.open(str(source)) as container:
            packets = [bytes(packet) for packet in container.demux(audio=0)]
        for packet in packets[3 * (number > 2) :]:
            place = data.find(packet) if packet else -1
            if place >= 0:
                data[place : place + len(packet)] = rng.integers(0, 256, len(packet), np.uint8).tobytes()
        source.write_bytes(data)
        assert len(list(VideoFile(str(marked(source))))) == 20


@pytest.mark.parametrize("rate", [5_512, 8_000, 44_100, 96_000])
def test_all_rates_of_sound(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("pcm_s16le", rate=rate, layout="5.1")
        for image in IMAGES:
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(video.encode(None))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 6 * 2 * rate), np.int16), format="s16", layout="5.1")
        tone.sample_rate, tone.pts = rate, 0
        out.mux(audio.encode(tone))
        out.mux(audio.encode(None))
    assert seconds_of_sound(marked(path)) == pytest.approx(2.0, abs=0.3)


def test_a_huge_time_stamp_of_sound(tmp_path: Path) -> None:
    write_clip(tmp_path / "good.mp4", IMAGES, sound="aac", options={"bf": "0"})
    with av.open(str(tmp_path / "good.mp4")) as source, av.open(str(tmp_path / "a.mkv"), "w") as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for number, packet in enumerate(source.demux()):
            if packet.dts is None or packet.pts is None:
                continue
            if packet.stream.type == "audio" and number > 60:
                packet.pts += 1 << 40
                packet.dts += 1 << 40
            packet.stream = streams[packet.stream.index]
            out.mux(packet)
    path = marked(tmp_path / "a.mkv")
    assert len(list(VideoFile(str(path)))) == 20
    assert seconds_of_sound(path) == pytest.approx(2.0, abs=0.1)
    with av.open(str(path)) as container:
        assert max(frame.time or 0.0 for frame in container.decode(audio=0)) < 2.1


def test_clock_follows_the_picture_where_recordings_are_joined() -> None:
    """The sound of each recording of 2 s is 0.1 s longer than its frames."""
    clock = SoundClock(5.0, jumps=True, offsets=(2.0, 4.0, 6.0))
    times = [clock(5.0 + number / 10, 0.1) for _ in range(4) for number in range(21)]
    kept = [time for time in times if time is not None]
    assert kept == pytest.approx([number / 10 for number in range(81)])


def test_clock_keeps_a_little_silence_before_the_beginning() -> None:
    clock = SoundClock(5.0, jumps=False)
    assert [clock(4.98, 0.02), clock(5.0, 0.02)] == pytest.approx([0.0, 0.02])
