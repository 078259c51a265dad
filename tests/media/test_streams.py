"""Streams from real servers on this machine."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from clips import write_clip
from fakes import BLUE, RED, scene
from maskwatch.errors import SourceError
from maskwatch.latest import Latest
from maskwatch.sources.opening import open_source
from maskwatch.sources.stream import Stream, open_stream
from maskwatch.sources.video import VideoFile
from servers import CameraServer, camera, silent

SECRETS = ("admin", "geheim")
LOGIN = "admin:geheim@"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CameraServer]:
    clip = write_clip(tmp_path / "clip.mp4", [scene({(number, 0): BLUE}) for number in range(10)])
    with camera(scene({(1, 1): BLUE}), clip) as running:
        yield running


def assert_no_secret(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in text]


def test_live_frames_with_wall_clock_times(server: CameraServer) -> None:
    stream = open_stream(server.url("/live?password=geheim", LOGIN))
    assert stream.live
    frames = []
    for frame in stream:
        frames.append(frame)
        if len(frames) == 5:
            break
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert frames[0].image.shape == (240, 320, 3)
    assert frames[0].image[48, 48].argmax() == 0  # the blue square
    assert all(a.t <= b.t for a, b in pairwise(frames))
    assert frames[0].source == f"http://127.0.0.1:{server.server_port}/live"


def test_newest_frame_is_seen_however_slow_the_reader(server: CameraServer) -> None:
    with Latest(open_stream(server.url("/live"))) as frames:
        next(frames)
        server.image = scene({(1, 1): RED})
        time.sleep(1)  # the camera sends dozens of pictures meanwhile
        assert next(frames).image[48, 48].argmax() == 2
    assert frames.dropped > 5


def test_broken_connection_is_opened_again(server: CameraServer, caplog: pytest.LogCaptureFixture) -> None:
    server.frames = 3
    stream = Stream(server.url("/live", LOGIN))
    indices = []
    with caplog.at_level(logging.DEBUG, "maskwatch"):
        for frame in stream:
            indices.append(frame.index)
            if stream.reconnects == 2:
                break
    assert indices == list(range(len(indices)))  # they go on counting
    assert server.visits == 3
    assert "connection lost, trying again" in caplog.text
    assert_no_secret(caplog.text)


def test_patience_ends(server: CameraServer) -> None:
    server.frames = 2
    stream = Stream(server.url("/live", LOGIN), patience=1.0)
    frames = iter(stream)
    next(frames)
    server.shutdown()
    server.server_close()
    with pytest.raises(SourceError, match="connection lost for 1 seconds") as caught:
        list(frames)
    assert_no_secret(str(caught.value))


def test_close_ends_the_waiting_at_once(server: CameraServer) -> None:
    server.frames = 3
    stream = Stream(server.url("/live"), patience=3600)
    frames = iter(stream)
    next(frames)
    server.shutdown()
    server.server_close()
    threading.Timer(0.3, stream.close).start()
    assert [frame.index for frame in frames] == [1, 2]


def test_file_behind_an_address_is_read_frame_by_frame(server: CameraServer) -> None:
    source = open_source(server.url("/clip.mp4?password=geheim", LOGIN))
    assert isinstance(source, VideoFile)
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(10))
    assert frames[-1].t == pytest.approx(0.9, abs=0.01)
    assert frames[0].source == f"http://127.0.0.1:{server.server_port}/clip.mp4"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/nothing", "there is nothing at this address"),
        ("/locked", "wrong or missing user name and password"),
    ],
)
def test_wrong_addresses(server: CameraServer, path: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        open_stream(server.url(path, LOGIN))
    assert_no_secret(str(caught.value))


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtmp"])
def test_nobody_there(scheme: str) -> None:
    with pytest.raises(SourceError, match=r"nobody answers|cannot be") as caught:
        list(open_stream(f"{scheme}://{LOGIN}127.0.0.1:1/cam"))
    assert_no_secret(str(caught.value))
    assert "127.0.0.1:1" in str(caught.value)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_silence_is_not_waited_for(scheme: str) -> None:
    with silent() as port, pytest.raises(SourceError, match=r"no answer within 0\.5 seconds") as caught:
        list(open_stream(f"{scheme}://{LOGIN}127.0.0.1:{port}/cam", timeout=0.5))
    assert_no_secret(str(caught.value))
