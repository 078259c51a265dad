"""The app as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import maskwatch

_START_SECONDS: Final = 120


class App:
    """`maskwatch app`, with the code that is imported here and without the user's own settings.

        with App(folder) as app:
            print(app.url, app.pid)

    Args:
        folder: Its current folder, and that of its log and its temporary files.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.log = folder / "app.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MASKWATCH_")}
        environment = {
            **clean,
            "PYTHONPATH": str(Path(maskwatch.__file__).parents[1]),
            "TMPDIR": str(folder),
        }
        command = [sys.executable, "-m", "maskwatch", "app", "--no-browser", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def complaints(self) -> list[str]:
        """Returns the lines of its log that begin a traceback or tell of an error."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or "ERROR" in line or "Error:" in line]

    def __enter__(self) -> Self:
        end = time.monotonic() + _START_SECONDS
        while self.runs and time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}_stcore/health", timeout=5):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self._end()
        raise RuntimeError(f"the app did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(15)


def free_port() -> int:
    """Returns a port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
