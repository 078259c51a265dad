"""How much of the machine others used while something was measured, as Linux tells it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")

QUIET: Final = 0.05
"""Share of all processor time that others may take; the clock of `/proc/stat` tells no less in short runs."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Processor seconds of the machine since it was started.

    Attributes:
        at: Seconds of the monotonic clock.
        busy: Of all programs.
        stolen: Taken by other machines on the same hardware.
        own: Of this process.
    """

    at: float
    busy: float
    stolen: float
    own: float


def now() -> Moment | None:
    """Returns what the machine has done so far; None where the system does not tell."""
    try:
        fields = _STAT.read_text(encoding="ascii").splitlines()[0].split()[1:9]
    except (OSError, IndexError):
        return None
    user, nice, system, _, _, irq, soft_irq, stolen = (int(f) / os.sysconf("SC_CLK_TCK") for f in fields)
    busy = user + nice + system + irq + soft_irq
    return Moment(time.monotonic(), busy, stolen, time.process_time())


def others(before: Moment | None, after: Moment | None, measured: float) -> float | None:
    """Returns the share of all processor time that others used between two moments.

    Args:
        before: Before the measuring.
        after: After it.
        measured: Processor seconds of what was measured.

    Returns:
        From 0 to 1; None where it is not known.
    """
    if before is None or after is None:
        return None
    busy = after.busy - before.busy - measured - (after.own - before.own)
    stolen = after.stolen - before.stolen
    return max(0.0, busy + stolen) / (max(after.at - before.at, 1e-3) * (os.cpu_count() or 1))


def wait_for_quiet(seconds: float) -> bool:
    """Waits until nobody else works here, for so many seconds at most; returns whether it is quiet."""
    end = time.monotonic() + seconds
    while True:
        before = now()
        time.sleep(0.25)
        share = others(before, now(), 0.0)
        if share is None or share <= QUIET:
            return True
        if time.monotonic() >= end:
            return False
