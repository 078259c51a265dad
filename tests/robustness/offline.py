"""Notes every address that a Python process turns to, and starts commands that way."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from conftest import command_environment

_HOOK = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments
        with open(os.environ["TALK"], "a") as talk:
            talk.write(f"{event} {address!r}\\n")

sys.addaudithook(note)
"""
_LOOPBACK = ("'127.0.0.1'", "'::1'", "'localhost'", "b'127.0.0.1'", "b'localhost'")
_STRACE = shutil.which("strace")


class Watched:
    """A home of its own for a process, and a record of whom it talks to.

    Attributes:
        home: The home folder, empty at first.
        environment: Variables for the process.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        hooks = folder / "hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(_HOOK)
        self._talk = folder / "talk.txt"
        self._calls = folder / "calls.txt"
        path = os.pathsep.join([str(hooks), command_environment()["PYTHONPATH"]])
        self.environment = {"HOME": str(self.home), "TALK": str(self._talk), "PYTHONPATH": path}
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            self.environment[name] = str(self.home / name)

    def command(self, *arguments: str) -> list[str]:
        """Returns the command; where strace is there, calls from C are recorded as well."""
        trace = ["-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(self._calls)]
        before = [_STRACE, *trace] if _STRACE else []
        return [*before, sys.executable, "-m", "maskwatch", *arguments]

    def strangers(self) -> list[str]:
        """Returns what was said to anybody but this computer."""
        talk = self._talk.read_text().splitlines() if self._talk.exists() else []
        calls = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [
            *(line for line in talk if not any(name in line for name in _LOOPBACK)),
            *(line for line in calls if "AF_INET" in line and '"127.' not in line and '"::1"' not in line),
        ]

    def files(self) -> list[str]:
        """Returns what was written into the home folder."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())
