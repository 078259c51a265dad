"""The real server, as users start it, and the pictures that go to and fro."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from conftest import command_environment
from maskwatch.types import Image

START_SECONDS = 90


def jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def from_jpeg(data: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The app as a process of its own: by `maskwatch app`, or by the command that is given."""

    def __init__(
        self,
        log: Path,
        port: int,
        environment: dict[str, str],
        command: Sequence[str] = (),
        path: str = "",
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/{path}"
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    *(command or ("maskwatch", "app", "--port", str(port), "--no-browser")),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env=command_environment(
                    PYTHONWARNINGS="default", OMP_NUM_THREADS="1", TMPDIR=str(log.parent), **environment
                ),
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}_stcore/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.kill()
        raise AssertionError(f"the app did not start:\n{self.log.read_text()}")

    def interrupt(self, timeout: float = 30) -> int:
        """Ctrl-C; returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


ServerMaker = Callable[..., Server]


@contextmanager
def servers(folder: Path) -> Iterator[ServerMaker]:
    started: list[Server] = []

    def start(
        port: int | None = None, streamlit_run: Path | None = None, path: str = "", **environment: str
    ) -> Server:
        log = folder / f"server-{len(started)}.log"
        port = port or free_port()
        command: list[str] = []
        if streamlit_run is not None:
            command = ["streamlit", "run", str(streamlit_run), "--server.port", str(port)]
            command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
        if path:
            name = "MASKWATCH_APP__BASE_PATH" if streamlit_run is None else "STREAMLIT_SERVER_BASE_URL_PATH"
            environment[name] = path.strip("/")
        started.append(Server(log, port, environment, command, path))
        return started[-1]

    try:
        yield start
    finally:
        for server in started:
            server.kill()
