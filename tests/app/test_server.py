"""The server as a process: starting, what it serves, ending."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

import maskwatch.app
from app.served import Server, ServerMaker, free_port
from conftest import Cli
from maskwatch.app import server
from maskwatch.app.live import connection
from maskwatch.app.live.camera_route import CAMERA_PATH
from maskwatch.app.live.element import SCRIPT_FOLDER
from maskwatch.errors import ConfigError

SCRIPTS = sorted((Path(maskwatch.app.__file__).parent / "live" / "scripts").glob("*.js"))


def get(url: str) -> tuple[int, str, dict[str, str]]:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", dict(error.headers)


class TestStart:
    """Before anything runs."""

    def test_a_port_in_use_is_told_in_one_line(self, cli: Cli) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            done = cli("app", "--port", str(port), "--no-browser")
        assert done.returncode == 1
        assert done.stdout == ""
        assert f"port {port} is in use" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("host", "port", "message"),
        [
            ("203.0.113.1", 8501, "cannot listen on 203.0.113.1"),
            ("no such host", 8501, "cannot listen on no such host"),
            ("127.0.0.1", 70000, "port 70000 does not exist"),
        ],
    )
    def test_an_address_of_no_use_is_told_in_one_line(self, host: str, port: int, message: str) -> None:
        with pytest.raises(ConfigError, match=message) as caught:
            server.serve(host, port, open_browser=False)
        assert "\n" not in str(caught.value)

    def test_a_wrong_setting_is_told_before_the_server_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MASKWATCH_ALERTS__AFTER", "soon")
        with pytest.raises(ConfigError, match=r"alerts\.after"):
            server.serve(port=free_port(), open_browser=False)

    def test_a_free_port_is_taken_for_free(self) -> None:
        server.check_port("127.0.0.1", free_port())


class TestServing:
    """While it runs."""

    def test_the_page_is_there(self, fake_server: Server) -> None:
        status, text, _ = get(fake_server.url)
        assert status == 200
        assert "<script" in text

    @pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
    def test_scripts_are_served_as_they_are_and_find_each_other(
        self, fake_server: Server, script: Path
    ) -> None:
        status, text, headers = get(f"{fake_server.url.rstrip('/')}{SCRIPT_FOLDER}/{script.name}")
        assert status == 200
        assert text == script.read_text(encoding="utf-8")
        assert "javascript" in headers["content-type"]
        assert headers["cache-control"] == "no-cache"
        for wanted in re.findall(r'from "\./([\w.]+)"', text):
            assert (script.parent / wanted).is_file()

    @pytest.mark.parametrize(
        "path", ["../__init__.py", "%2e%2e/__init__.py", "..%2f..%2fserver.py", "", "x.js"]
    )
    def test_nothing_else_of_the_package_is_served(self, fake_server: Server, path: str) -> None:
        status, text, _ = get(f"{fake_server.url.rstrip('/')}{SCRIPT_FOLDER}/{path}")
        assert status != 200 or "<html" in text.lower()  # Streamlit answers unknown paths with its page

    def test_a_foreign_page_cannot_connect(self, fake_server: Server) -> None:
        url = f"ws://127.0.0.1:{fake_server.port}{CAMERA_PATH}"
        with pytest.raises(InvalidStatus) as caught, connect(url, origin=Origin("http://evil.example")):
            pass
        assert caught.value.response.status_code == 403

    def test_a_guessed_token_opens_nothing(self, fake_server: Server) -> None:
        url = f"ws://127.0.0.1:{fake_server.port}{CAMERA_PATH}"
        with connect(url) as line:
            line.send(json.dumps({"token": "guess"}))
            with pytest.raises(ConnectionClosed):
                line.recv(timeout=30)
            assert line.close_code == connection.UNKNOWN_TOKEN

    def test_its_log_says_where_it_runs_and_nothing_else(
        self, start_server: ServerMaker, fake_environment: dict[str, str]
    ) -> None:
        one = start_server(**fake_environment)
        with connect(f"ws://127.0.0.1:{one.port}{CAMERA_PATH}") as line:
            line.send("nonsense")
            with pytest.raises(ConnectionClosed):
                line.recv(timeout=30)
        lines = one.log.read_text().splitlines()
        assert len(lines) == 1
        assert f"http://127.0.0.1:{one.port}" in lines[0]


class TestEnd:
    """Ctrl-C and its like."""

    @pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
    def test_ctrl_c_ends_it_cleanly_while_somebody_is_connected(
        self, start_server: ServerMaker, fake_environment: dict[str, str]
    ) -> None:
        one = start_server(**fake_environment)
        with connect(f"ws://127.0.0.1:{one.port}{CAMERA_PATH}") as line:
            assert one.interrupt() == 0
            with pytest.raises(ConnectionClosed):
                line.recv(timeout=30)
        assert "Traceback" not in one.log.read_text()
        server.check_port("127.0.0.1", one.port)

    @pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
    def test_a_second_server_may_follow_on_the_same_port(
        self, start_server: ServerMaker, fake_environment: dict[str, str]
    ) -> None:
        first = start_server(**fake_environment)
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(30)
        second = start_server(first.port, **fake_environment)
        assert get(second.url)[0] == 200
