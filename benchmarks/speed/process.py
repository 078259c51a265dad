"""A competitor's process, seen from outside: it is started, asked and ended."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.speed.entries import Entry

ROOT: Final = Path(__file__).parents[2]

_LOADING: Final = 180.0  # seconds after which loading is given up
_MORE: Final = 120.0  # seconds more than a job asks for, after which it is given up


class CompetitorError(Exception):
    """A competitor cannot be started, or has failed."""


class Process:
    """The process of one competitor.

    Args:
        entry: Who it is.
        logs: Folder for what it prints.

    Attributes:
        entry: The same.
        versions: What it runs on: library -> version.

    Raises:
        CompetitorError: It does not start.
    """

    def __init__(self, entry: Entry, logs: Path) -> None:
        self.entry = entry
        logs.mkdir(parents=True, exist_ok=True)
        self._log = logs / f"{entry.file_name}.log"
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                entry.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
                cwd=ROOT,
            )
        self.versions: dict[str, str] = self._answer(_LOADING)["versions"]

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Lets the competitor do a job; see `benchmarks.speed.worker`.

        Raises:
            CompetitorError: It failed, or took far too long.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise CompetitorError(self._told("has ended")) from error
        return self._answer(float(job["seconds"]) + _MORE)

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        watchdog = threading.Timer(seconds, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            self._process.wait()
            raise CompetitorError(self._told("has ended, or hung"))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise CompetitorError(self._told(answer["error"]))
        return answer

    def _told(self, what: str) -> str:
        return f"{self.entry.name}: {what}; what it printed is in {self._log}"


def environment() -> dict[str, str]:
    """Returns the environment of all processes: the project's code, and no settings of the user's own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MASKWATCH_")}
    return {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
