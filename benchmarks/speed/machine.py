"""What the figures were measured on: machine, versions, commit, date, and how quiet it was."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any, Final

_CPUINFO: Final = Path("/proc/cpuinfo")
_MEMINFO: Final = Path("/proc/meminfo")
_FLAGS: Final = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni")
"""Instructions that decide how fast networks are."""


def describe() -> dict[str, Any]:
    """Returns what can be known of machine, code and time."""
    return {
        "processor": _first(_CPUINFO, "model name") or platform.processor() or platform.machine(),
        "processors": os.cpu_count(),
        "instructions": [f for f in _FLAGS if f in _first(_CPUINFO, "flags").split()],
        "memory_gb": round(int((_first(_MEMINFO, "MemTotal") or "0").split()[0]) * 1024 / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "commit": commit(),
        "date": time.strftime("%Y-%m-%d"),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def commit() -> str:
    """Returns the commit of the code, with "+" where files differ from it; "" outside a repository."""
    here = Path(__file__).parent
    try:
        run = ["git", "-C", str(here)]
        head = subprocess.run(
            [*run, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        )
        # What the benchmark itself writes does not make the code another one.
        changed = subprocess.run(
            [*run, "status", "--porcelain", "--", ":/src", ":/benchmarks/speed/*.py"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def _first(file: Path, key: str) -> str:
    """Returns the first value of a key in a file of Linux; "" elsewhere."""
    try:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return ""
