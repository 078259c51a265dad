"""A process that reads mutated inputs, one after the other, so that a crash is seen from outside.

It tells each input before it reads it and each outcome after it, as lines of JSON on its standard output.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from benchmarks.robustness.fuzzing.kind import judged
from benchmarks.robustness.fuzzing.kinds import kind_named
from benchmarks.robustness.usage import usage_of

_MEMORY: Final = 6 * 10**9
"""Bytes of addresses that the process may have: an input that asks for all memory must not get it."""


def main(name: str, seed: int, first: int, end: int, folder: Path) -> None:
    """Reads inputs `first` to `end` - 1 of a kind."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # Standard output is for the parent alone: libraries print there, too.
    out = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii")
    with open(os.devnull, "w") as silent:
        os.dup2(silent.fileno(), 1)
        os.dup2(silent.fileno(), 2)

    def tell(**fields: Any) -> None:
        out.write(json.dumps(fields) + "\n")

    kind = kind_named(name)
    (folder / "seeds").mkdir(parents=True, exist_ok=True)
    (folder / "work").mkdir(exist_ok=True)
    os.chdir(folder / "work")
    seeds = kind.seeds(folder / "seeds")
    for data in seeds:  # good inputs first: what is loaded late must not look like a leak
        with contextlib.suppress(Exception):
            judged(kind, data, folder / "work")
    warm = first + max(30, (end - first) // 5)
    for number in range(first, end):
        if number == warm:
            gc.collect()
            tell(usage=_usage(), at="warm")
        data = kind.make(number, seeds, seed)
        (folder / "input").write_bytes(data)
        tell(begin=number)
        began, cpu = time.monotonic(), time.process_time()
        fault = None
        try:
            outcome = judged(kind, data, folder / "work")
        except Exception as error:
            outcome = "fault"
            last = traceback.extract_tb(error.__traceback__)[-1]
            fault = {
                "error": f"{type(error).__name__}: {str(error)[:300]}",
                "at": f"{Path(last.filename).name}:{last.lineno}",
                "trace": traceback.format_exc()[-3000:],
                "data": base64.b64encode(data).decode("ascii"),
            }
        tell(
            end=number,
            outcome=outcome,
            s=round(time.monotonic() - began, 4),
            cpu=round(time.process_time() - cpu, 4),
            fault=fault,
        )
    gc.collect()
    tell(usage=_usage(), at="end", peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
    # A library that cannot end its threads must not look like a crash of an input.
    out.flush()
    os._exit(0)


def _usage() -> dict[str, Any]:
    usage = usage_of(os.getpid())
    assert usage is not None
    return {"rss_mb": usage.rss_mb, "threads": usage.threads, "handles": usage.handles}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
