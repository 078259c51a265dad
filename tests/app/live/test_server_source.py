from __future__ import annotations

from pathlib import Path

import pytest

from maskwatch.app.live import server_source
from maskwatch.errors import SourceError


def test_an_address_is_opened_as_written_right_and_shown_without_secrets() -> None:
    source = server_source.stream(" RTSP://admin:ge#heim@cam.local/live?token=geheim ")
    assert source.address == "rtsp://admin:ge%23heim@cam.local/live?token=geheim"
    assert source.name == "rtsp://cam.local/live"
    assert not source.is_file
    assert "heim" not in repr(source)


@pytest.mark.parametrize("address", ["", "cam.local", "file:///etc/passwd", "rtsp:/cam", "gopher://cam"])
def test_what_is_no_address_of_a_stream(address: str) -> None:
    with pytest.raises(SourceError, match="a stream's address looks like"):
        server_source.stream(address)


@pytest.mark.parametrize("address", ["http://[::1/x", "rtsp://", "rtsp://u:geheim@"])
def test_what_cannot_be_understood(address: str) -> None:
    with pytest.raises(SourceError, match="not an address that can be understood") as caught:
        server_source.stream(address)
    assert "geheim" not in str(caught.value)


def test_files_may_have_colons_in_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("16:01:04.mp4").touch()
    source = server_source.video_file(' "16:01:04.mp4" ')
    assert source.is_file
    assert source.address == str(tmp_path / "16:01:04.mp4")


@pytest.mark.parametrize(
    "path", ["nowhere.mp4", "x" * 300, "a\0b", "~nobody-of-this-name/a.mp4", "/dev/null"]
)
def test_what_is_no_file(path: str) -> None:
    with pytest.raises(SourceError, match="no such file on this computer"):
        server_source.video_file(path)
