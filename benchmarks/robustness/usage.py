"""What a process holds: memory, threads and open files, as Linux tells it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process holds at one moment.

    Attributes:
        rss_mb: Resident memory in MB (10^6 bytes).
        threads: Its threads.
        handles: Its open files, sockets and pipes.
        cpu_s: Seconds of a core that it has used so far.
    """

    rss_mb: float
    threads: int
    handles: int
    cpu_s: float


def usage_of(pid: int) -> Usage | None:
    """Returns what a process holds; None where it has ended, or is not ours to look at."""
    folder = _PROC / str(pid)
    try:
        status = (folder / "status").read_text(encoding="ascii", errors="replace")
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        # The name of a process stands in brackets and may hold anything.
        numbers = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        handles = len(os.listdir(folder / "fd"))
        if "VmRSS" not in fields:  # a process that has ended and that nobody has waited for
            return None
        cpu = (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")
        return Usage(int(fields["VmRSS"].split()[0]) * 1024 / 1e6, int(fields["Threads"]), handles, cpu)
    except (OSError, ValueError, KeyError, IndexError):
        return None


def children_of(pid: int) -> list[int]:
    """Returns a process and all that it has started, directly or not, and that still run."""
    parents: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text(encoding="ascii", errors="replace")
                parents.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(folder.name))
            except (OSError, ValueError, IndexError):
                continue
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def together(usages: Iterable[Usage | None]) -> Usage | None:
    """Returns the sum over processes; None where none of them runs any more."""
    known = [usage for usage in usages if usage is not None]
    if not known:
        return None
    return Usage(
        sum(usage.rss_mb for usage in known),
        sum(usage.threads for usage in known),
        sum(usage.handles for usage in known),
        sum(usage.cpu_s for usage in known),
    )


def sample(pid: int, name: str, t: float, latency_ms: float | None) -> dict[str, Any] | None:
    """Returns one sample of a process with all that it has started; None where it has ended.

    Args:
        pid: The process.
        name: What the plots call it.
        t: Seconds since the soak began.
        latency_ms: Typical milliseconds from a frame to its result since the last sample, if known.
    """
    usage = together(usage_of(one) for one in children_of(pid))
    if usage is None:
        return None
    return {
        "t": round(t, 1),
        "rss_mb": round(usage.rss_mb, 1),
        "threads": usage.threads,
        "handles": usage.handles,
        "cpu_s": round(usage.cpu_s, 2),
        "latency_ms": None if latency_ms is None else round(latency_ms, 1),
        "name": name,
    }
