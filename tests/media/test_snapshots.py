"""Addresses that give one picture at a time, and what else streams are made of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from clips import write_clip
from fakes import BLUE, RED, scene
from maskwatch.errors import SourceError
from maskwatch.latest import Latest
from maskwatch.sources.opening import open_source
from maskwatch.sources.stream import Snapshots, Stream, open_stream
from maskwatch.sources.video import VideoFile
from servers import LOGIN, CameraServer, camera, rtsp, sending


@pytest.fixture
def server() -> Iterator[CameraServer]:
    with camera(scene({(1, 1): BLUE})) as running:
        yield running


@pytest.mark.parametrize(
    "path", ["/snap.jpg", "/snap.png", "/snap", "/snap.jpg?channel=1", "/snap.cgi?user=x"]
)
def test_a_snapshot_is_asked_for_again_and_again(
    server: CameraServer, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(server.url(path))
    assert isinstance(source, Snapshots)
    pauses: list[float] = []
    monkeypatch.setattr(source._closed, "wait", pauses.append)
    assert source.live
    assert source.name == server.url(path).partition("?")[0]
    frames = []
    for frame in source:
        frames.append(frame)
        server.image = scene({(1, 1): RED})
        if len(frames) == 4:
            break
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert frames[0].image[48, 48].argmax() == 0
    assert frames[-1].image[48, 48].argmax() == 2
    # A camera must not be asked without a pause: four times a second, whatever a fetch takes.
    assert len(pauses) == 3
    assert all(0 <= pause <= 0.25 for pause in pauses)
    assert max(pauses) > 0
    assert source.reconnects == 0


def test_snapshots_behind_a_password(server: CameraServer) -> None:
    """A password as people paste it, with # and @ in it."""
    source = open_stream(server.url("/secret/snap.jpg", f"{LOGIN}@"))
    frames = list(islice(source, 2))
    assert [frame.index for frame in frames] == [0, 1]
    assert frames[0].source == server.url("/secret/snap.jpg")
    with pytest.raises(SourceError, match="wrong or missing user name and password") as caught:
        open_stream(server.url("/secret/snap.jpg", "admin:geheim@"))
    assert "geheim" not in str(caught.value)


def test_snapshots_go_on_after_an_error(server: CameraServer) -> None:
    source = open_stream(server.url("/snap.jpg"))
    assert isinstance(source, Snapshots)
    frames = iter(source)
    next(frames)
    server.broken = True
    threading.Timer(0.6, setattr, (server, "broken", False)).start()
    assert next(frames).index == 1
    assert source.reconnects == 1


def test_patience_with_snapshots_ends(server: CameraServer) -> None:
    frames = iter(Snapshots(server.url("/snap.jpg"), patience=0.6))
    next(frames)
    server.broken = True
    with pytest.raises(SourceError, match=r"connection lost for 0\.6 seconds"):
        next(frames)


def test_snapshots_can_be_closed(server: CameraServer) -> None:
    with Latest(open_stream(server.url("/snap.jpg"))) as frames:
        next(frames)
    asked = len(server.snapshots)
    threading.Event().wait(0.6)
    assert len(server.snapshots) <= asked + 1


def test_too_large_snapshots_are_refused(server: CameraServer) -> None:
    with pytest.raises(SourceError, match="320 x 240 pixels are more than"):
        list(open_stream(server.url("/snap.jpg"), max_megapixels=0.05))


def test_moving_jpegs_are_no_snapshot(server: CameraServer) -> None:
    source = open_stream(server.url("/live"))
    assert type(source) is Stream


def test_bytes_over_tcp(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.ts", [scene({(number, 0): BLUE}) for number in range(10)])
    with sending(clip.read_bytes() * 2) as port:
        frames = list(islice(open_source(f"TCP://127.0.0.1:{port}"), 12))
    assert [frame.index for frame in frames] == list(range(12))
    assert {frame.source for frame in frames} == {f"tcp://127.0.0.1:{port}"}


def test_rtsp(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.ts", [scene({(number, 0): BLUE}) for number in range(10)])
    with rtsp(clip.read_bytes()) as port:
        frames = list(islice(open_source(f"RTSP://{LOGIN}@127.0.0.1:{port}/live"), 12))
    assert [frame.index for frame in frames] == list(range(12))
    assert frames[0].source == f"rtsp://127.0.0.1:{port}/live"
    assert frames[0].image.shape == (240, 320, 3)


PLAY_LIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"


def test_a_play_list_of_a_server_is_followed_but_not_to_this_computer(
    tmp_path: Path, server: CameraServer
) -> None:
    clip = write_clip(tmp_path / "part.ts", [scene({(number, 0): BLUE}) for number in range(10)])
    server.files = {
        "/good.m3u8": PLAY_LIST.format("part.ts").encode(),
        "/part.ts": clip.read_bytes(),
        "/path.m3u8": PLAY_LIST.format(f"file://{clip}").encode(),
        "/concat.m3u8": PLAY_LIST.format(f"concat:{clip}").encode(),
        "/list.txt": f"ffconcat version 1.0\nfile file:{clip}\n".encode(),
        "/text.ans": b"\x1b[31mhello\n" * 50,
    }
    good = open_source(server.url("/good.m3u8"))
    assert isinstance(good, VideoFile)
    assert len(list(good)) == 10
    for path in ("/path.m3u8", "/concat.m3u8", "/list.txt", "/text.ans"):
        with pytest.raises(SourceError, match=server.url(path)):
            list(open_source(server.url(path)))


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http://", "rtsp://u:geheim@", "HTTP://a b/", "http://[::1"]
)
def test_addresses_that_cannot_be_understood(address: str) -> None:
    with pytest.raises(SourceError, match="not an address that can be understood") as caught:
        open_source(address)
    assert "geheim" not in str(caught.value)
