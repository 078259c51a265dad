import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import platformdirs
import platformdirs.macos
import platformdirs.windows
import pytest

from maskwatch.errors import ConfigError, ModelError
from maskwatch.models import download
from maskwatch.models.download import FILES, ModelFile, cache_dir, choose_file, locate, user_folder

CONTENT = b"weights" * 20_000


class Server(ThreadingHTTPServer):
    """Gives the content under /good, half of it under /cut, and counts what was asked for."""

    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.path not in ("/good", "/cut"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/good" else CONTENT[: len(CONTENT) // 2])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKWATCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MASKWATCH_OFFLINE", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def remote(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFile:
    file = ModelFile(
        "some.onnx", "MIT", f"http://127.0.0.1:{server.server_port}/good", hashlib.sha256(CONTENT).hexdigest()
    )
    monkeypatch.setitem(FILES, file.name, file)
    return file


def test_fetched_once(remote: ModelFile, server: Server, cache: Path) -> None:
    assert locate("some.onnx") == cache / "some.onnx"
    assert (cache / "some.onnx").read_bytes() == CONTENT
    locate("some.onnx")
    assert server.asked == 1
    assert list(cache.iterdir()) == [cache / "some.onnx"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "another file than expected"),
        ({"url": "/cut"}, "another file than expected|cannot fetch"),
        ({"url": "/missing"}, "cannot fetch some.onnx .*404"),
    ],
)
def test_nothing_wrong_is_kept(
    remote: ModelFile,
    server: Server,
    cache: Path,
    changes: dict[str, str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "url" in changes:
        changes = {"url": f"http://127.0.0.1:{server.server_port}{changes['url']}"}
    monkeypatch.setitem(FILES, remote.name, replace(remote, **changes))
    with pytest.raises(ModelError, match=message) as caught:
        locate(remote.name)
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_nobody_answers(remote: ModelFile, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, remote.name, replace(remote, url="http://127.0.0.1:1/x"))
    with pytest.raises(ModelError, match=f"put it at {cache / 'some.onnx'}"):
        locate(remote.name)


def test_spoilt_cache_is_refused(remote: ModelFile, server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / remote.name).write_bytes(b"something else")
    with pytest.raises(ModelError, match="hash differs"):
        locate(remote.name)
    assert server.asked == 0


def test_offline_asks_nobody(
    remote: ModelFile, server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASKWATCH_OFFLINE", "1")
    with pytest.raises(ModelError, match="MASKWATCH_OFFLINE"):
        locate(remote.name)
    assert server.asked == 0
    cache.mkdir()
    (cache / remote.name).write_bytes(CONTENT)
    assert locate(remote.name).read_bytes() == CONTENT


def test_shipped_file_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(download, "_HERE", tmp_path)
    with pytest.raises(ModelError, match="install maskwatch again"):
        locate("face_ssd.onnx")


def test_cache_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MASKWATCH_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "maskwatch"


def test_every_url_has_a_hash() -> None:
    for file in FILES.values():
        assert (file.url is None) == (file.sha256 is None)
        assert file.url is None or (file.url.startswith("https://") and len(file.sha256 or "") in (8, 64))


@pytest.mark.parametrize(
    "file", [file for file in FILES.values() if file.url is None], ids=lambda file: file.name
)
def test_every_shipped_model_has_the_card_of_that_very_file(file: ModelFile) -> None:
    card = file.path.with_name(f"{file.path.stem}.CARD.md").read_text(encoding="utf-8")
    assert f"`{download.sha256(file.path)}`" in card


def test_a_short_name_or_a_file_may_be_said(tmp_path: Path) -> None:
    known = {"shipped": "face_ssd.onnx", "none": None}
    own = tmp_path / "own.onnx"
    own.write_bytes(b"weights")
    assert choose_file(None, known, "--start") is None
    assert choose_file("none", known, "--start") is None
    assert choose_file("shipped", known, "--start") == locate("face_ssd.onnx")
    assert choose_file(str(own), known, "--start") == own
    with pytest.raises(ConfigError, match=r"^nosuch: no such file; --start takes shipped, none or a file$"):
        choose_file("nosuch", known, "--start")


def test_folders_of_earlier_versions_are_found_on_macos(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new, old = tmp_path / "new", tmp_path / "Library" / "Caches" / "maskwatch"
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    old.mkdir(parents=True)
    monkeypatch.setattr("sys.platform", "linux")
    assert user_folder(lambda: new, "Caches/maskwatch") == new
    monkeypatch.setattr("sys.platform", "darwin")
    assert user_folder(lambda: new, "Caches/maskwatch") == old
    assert user_folder(lambda: new, "Caches/other") == new
    new.mkdir()
    assert user_folder(lambda: new, "Caches/maskwatch") == new


def test_the_folder_is_that_of_earlier_versions_on_every_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", lambda name: str(tmp_path / name))
    windows = platformdirs.windows.Windows("maskwatch", appauthor=False, opinion=False)
    local = tmp_path / "CSIDL_LOCAL_APPDATA" / "maskwatch"
    assert (Path(windows.user_cache_dir), Path(windows.user_data_dir)) == (local, local)
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    mac = platformdirs.macos.MacOS("maskwatch", appauthor=False, opinion=False)
    assert Path(mac.user_cache_dir).as_posix().endswith("Library/Caches/maskwatch")
    assert Path(mac.user_data_dir).as_posix().endswith("Library/Application Support/maskwatch")
