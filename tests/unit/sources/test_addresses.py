from __future__ import annotations

import pytest

from maskwatch.errors import SourceError
from maskwatch.sources.addresses import is_address, read_address, without_secrets


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("rtsp://cam/live", "rtsp://cam/live"),
        ("RTSP://Cam:8554/Live", "rtsp://Cam:8554/Live"),
        ("Http://10.0.0.7/a.m3u8?x=1", "http://10.0.0.7/a.m3u8?x=1"),
        ("rtsp://admin:geheim@10.0.0.7:554/h264", "rtsp://admin:geheim@10.0.0.7:554/h264"),
        ("rtsp://admin:p[ss@127.0.0.1:8554/x", "rtsp://admin:p%5Bss@127.0.0.1:8554/x"),
        ("rtsp://admin:a#b@cam/x", "rtsp://admin:a%23b@cam/x"),
        ("rtsp://admin:a/b@cam/x", "rtsp://admin:a%2Fb@cam/x"),
        ("rtsp://admin:a?b@cam:554/x?y=1", "rtsp://admin:a%3Fb@cam:554/x?y=1"),
        ("rtsp://admin:p@ss@cam/x", "rtsp://admin:p%40ss@cam/x"),
        ("rtsp://admin:a/b@c@cam/x", "rtsp://admin:a%2Fb%40c@cam/x"),
        ("rtsp://admin:a:b@cam/x", "rtsp://admin:a%3Ab@cam/x"),
        ("rtsp://admin:100%@cam/x", "rtsp://admin:100%25@cam/x"),
        ("rtsp://admin:a%23b@cam/x", "rtsp://admin:a%23b@cam/x"),
        ("rtsp://admin@cam/x", "rtsp://admin@cam/x"),
        ("rtsp://[fe80::1]:554/x", "rtsp://[fe80::1]:554/x"),
        ("rtsp://u:p@[::1]/x", "rtsp://u:p@[::1]/x"),
        ("http://cam/mail/to@example.com/x", "http://cam/mail/to@example.com/x"),
        ("udp://@239.0.0.1:1234", "udp://239.0.0.1:1234"),
        ("rtsp://ädmin:ä@cam/x", "rtsp://%C3%A4dmin:%C3%A4@cam/x"),
    ],
)
def test_what_people_paste_is_understood(text: str, url: str) -> None:
    assert read_address(text).url == url
    assert read_address(url).url == url  # mended once, it stays as it is


@pytest.mark.parametrize(
    "text", ["http://[::1/x", "rtsp://", "rtsp://user:geheim@", "rtsp:// /x", "rtsp://u:geheim@ho st/x"]
)
def test_what_cannot_be_understood_is_one_line_without_secrets(text: str) -> None:
    with pytest.raises(SourceError, match="# is %23") as caught:
        read_address(text)
    assert "\n" not in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_unknown_kinds_are_told_without_secrets() -> None:
    with pytest.raises(SourceError, match="ftp://cam/x: unknown kind of address; known are http, ") as caught:
        read_address("ftp://admin:geheim@cam/x?password=geheim")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://admin:geheim@cam:554/live?x=geheim", "rtsp://cam:554/live"),
        ("rtsp://cam/user=admin&password=geheim&channel=1", "rtsp://cam/user=***&password=***&channel=1"),
        ("http://cam/snap.jpg?pwd=geheim", "http://cam/snap.jpg"),
        ("http://cam/video/token=geheim/1", "http://cam/video/token=***/1"),
        ("http://cam/v#auth=geheim", "http://cam/v"),
        ("RTSP://u:geheim/x@cam/a", "rtsp://cam/a"),
        ("rtsp://u:gehe@im@ ?", "rtsp:// "),
        ("people.mp4", "people.mp4"),
        ("a folder/user=x.mp4", "a folder/user=x.mp4"),
        ("0", "0"),
    ],
)
def test_secrets_are_never_shown(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert "geheim" not in shown
    if is_address(text) and text != "rtsp://u:gehe@im@ ?":
        assert read_address(text).shown == shown


@pytest.mark.parametrize("text", ["16:01:04.mp4", "C:/film.mp4", "a.mp4", "://x", "1://x", "ä://x", ""])
def test_paths_are_no_addresses(text: str) -> None:
    assert not is_address(text)
