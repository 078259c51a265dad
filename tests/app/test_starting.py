"""The ways to start the app and to reach it, each tried in a real browser until a live picture is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit import config
from streamlit.web.server.app_discovery import discover_asgi_app

from app.browsing import CHROMIUM, Browser
from app.served import Server, ServerMaker, free_port
from maskwatch.app.live.camera_route import CAMERA_PATH
from maskwatch.app.live.view_route import VIEW_PATH
from maskwatch.app.streamlit_options import OPTIONS, options_toml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "streamlit_app.py"
GUIDE = ROOT / "docs" / "guides" / "deploy.md"
NGINX = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
CADDY = shutil.which("caddy")

drives_a_browser = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


def check_live(browser: Browser, url: str) -> None:
    """The live picture comes, on the first page and after a visit to the other one."""
    live = browser.open(url)
    sockets: list[str] = []
    live.page.on("websocket", lambda socket: sockets.append(socket.url))
    shown = "() => window.seen.picture()?.dataset.faces !== undefined"
    live.button("Try the demo").click()
    live.page.wait_for_function(shown)
    live.page.get_by_role("link", name="Photos or videos instead?").click()
    live.page.get_by_role("heading", name="Photos and videos", level=1).wait_for()
    live.page.go_back()
    live.button("Start").click()  # the demo is still chosen
    live.page.wait_for_function(shown)
    address = url.replace("http:", "ws:").rstrip("/") + VIEW_PATH
    assert [url for url in sockets if "/maskwatch/" in url] == [address, address]
    assert live.errors == []


class TestStreamlitRun:
    """`streamlit run`, as Streamlit's users and its hosts start an app."""

    def test_streamlit_finds_the_app_in_the_script(self) -> None:
        found = discover_asgi_app(SCRIPT)
        assert found.import_string == "streamlit_app:app"

    def test_its_options_are_those_of_maskwatch_app(self) -> None:
        text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
        assert text == options_toml(), "make reference"
        written = tomllib.loads(text)
        for name, value in OPTIONS.items():
            part = written
            for key in name.split("."):
                part = part[key]
            assert part == value
        assert OPTIONS["browser.gatherUsageStats"] is False

    def test_streamlit_knows_every_option(self) -> None:
        config.get_option("server.port")  # fills the list
        assert set(OPTIONS) <= set(config._config_options_template)

    def test_hosts_find_what_to_install(self) -> None:
        lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not line.startswith("#")] == ["-e .[app]"]


@pytest.mark.parametrize("path", ["", "masks/"])
@pytest.mark.parametrize("script", [None, SCRIPT], ids=["maskwatch app", "streamlit run"])
class TestInTheBrowser:
    """Both ways to start it, at the root and below a path."""

    pytestmark = drives_a_browser

    def test_the_live_picture_comes(
        self,
        browser: Browser,
        start_server: ServerMaker,
        fake_environment: dict[str, str],
        script: Path | None,
        path: str,
    ) -> None:
        server = start_server(streamlit_run=script, path=path, **fake_environment)
        check_live(browser, server.url)
        assert "Traceback" not in server.log.read_text()


def nginx_server(port: int, app: int) -> str:
    """The server block of the guide, without encryption and on other ports."""
    (text,) = re.findall(r"```nginx\n(map .*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    text = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", text)
    text = re.sub(r" +ssl_certificate.*\n", "", text)
    return text.replace("127.0.0.1:8501", f"127.0.0.1:{app}")


@contextmanager
def running(command: list[str], folder: Path, url: str) -> Iterator[None]:
    """Runs a proxy until the block ends."""
    with (folder / "proxy.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as proxy:
        try:
            for _ in range(300):
                assert proxy.poll() is None, (folder / "proxy.log").read_text()
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield
        finally:
            proxy.terminate()
            proxy.wait(20)


class TestBehindAProxy:
    """The texts of the guide, used by the programs that they are for."""

    pytestmark = drives_a_browser

    @pytest.mark.skipif(NGINX is None, reason="needs nginx")
    @pytest.mark.parametrize("path", ["", "masks/"])
    def test_nginx(self, browser: Browser, fake_server: Server, tmp_path: Path, path: str) -> None:
        port = free_port()
        server = nginx_server(port, fake_server.port)
        if path:  # as the guide says: a slash at both ends
            server = server.replace("location / {", f"location /{path} {{")
            server = server.replace(f":{fake_server.port};", f":{fake_server.port}/;")
        temporary = "\n".join(
            f"{kind}_temp_path {tmp_path}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        file = tmp_path / "nginx.conf"
        file.write_text(
            f"daemon off;\nmaster_process off;\npid {tmp_path}/nginx.pid;\nerror_log stderr;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}\n{server}\n}}\n"
        )
        url = f"http://127.0.0.1:{port}/{path}"
        with running([str(NGINX), "-c", str(file), "-p", str(tmp_path)], tmp_path, url):
            check_live(browser, url)

    @pytest.mark.skipif(CADDY is None, reason="needs Caddy")
    def test_caddy(self, browser: Browser, fake_server: Server, tmp_path: Path) -> None:
        port = free_port()
        (text,) = re.findall(
            r"```text\n(masks\.example\.org .*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL
        )
        text = text.replace("masks.example.org", f"http://127.0.0.1:{port}")
        file = tmp_path / "Caddyfile"
        file.write_text("{\n\tadmin off\n}\n" + text.replace(":8501", f":{fake_server.port}"))
        url = f"http://127.0.0.1:{port}/"
        with running([str(CADDY), "run", "--config", str(file)], tmp_path, url):
            check_live(browser, url)

    def test_the_guide_names_the_paths_that_a_proxy_has_to_pass(self) -> None:
        text = GUIDE.read_text(encoding="utf-8")
        assert CAMERA_PATH in text
        assert VIEW_PATH in text
