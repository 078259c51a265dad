"""A kind of input that knocks its reader over, to see whether that is noticed."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.robustness.fuzzing.kind import Kind
from maskwatch.errors import DataError


def _next(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return chance.choice((b"good", b"good", b"refused", b"two lines", b"bug", b"crash"))


def _read(data: bytes, folder: Path) -> None:
    if data == b"refused":
        raise DataError("no good")
    if data == b"bug":
        raise KeyError("nobody has foreseen this")
    if data == b"two lines":
        raise DataError("")
    if data == b"crash":
        os.abort()
    if data == b"hang":
        while True:
            time.process_time()


KNOCKING = Kind("knocking", lambda folder: [b"good"], _next, _read)
HANGING = Kind("hanging", lambda folder: [b"good"], lambda data, chance, others: b"hang", _read)
