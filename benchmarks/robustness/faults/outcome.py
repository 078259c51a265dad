"""What came of an injected fault, and where the programs run in which it is injected."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault.

    Attributes:
        name: The fault.
        injected: How often it was injected.
        load: What was going on meanwhile, in words.
        lost: What was lost, in words; "nothing" where all that was promised was there.
        held: Whether the program did what it promises.
        figures: Further figures: seconds, counts, MB.
    """

    name: str
    injected: int
    load: str
    lost: str
    held: bool
    figures: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """Returns the outcome for the report."""
        return {
            "fault": self.name,
            "injected": self.injected,
            "load": self.load,
            "lost": self.lost,
            "held": self.held,
            **self.figures,
        }


def environment() -> dict[str, str]:
    """Returns the environment of a program of this source tree, without the settings of the user."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MASKWATCH_")}
    paths = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]
    return {
        **clean,
        "PYTHONPATH": os.pathsep.join(paths),
        "MASKWATCH_MODELS": str(ROOT / "build" / "no-models"),
    }


def start(module: str, *arguments: str | Path, cwd: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Starts a module of this source tree as a program of its own."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=environment(), **options)
