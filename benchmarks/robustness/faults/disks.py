"""A disk that is full: one line of error, and what was complete stays."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.robustness.faults.kills import KINDS
from benchmarks.robustness.faults.leftovers import read_left
from benchmarks.robustness.faults.outcome import Outcome, start

_WRITER: Final = "benchmarks.robustness.faults.writer"


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A file system of so many megabytes; None where none may be mounted."""
    with TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
        try:
            mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except OSError:
            mounted = False
        if not mounted:
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill_disk(kind: str, megabytes: int = 3) -> Outcome | None:
    """Lets a program write until the disk is full; None where no small disk may be mounted."""
    with small_disk(megabytes) as folder:
        if folder is None:
            return None
        path = folder / ("out.mp4" if kind == "video" else "out")
        if kind in ("whole", "checkpoint"):  # an old one is there, and no room for a new one beside it
            first = start(_WRITER, kind, path, "0", "1", cwd=Path("/"), stdout=subprocess.DEVNULL)
            first.wait(300)
            with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
        process = start(
            _WRITER,
            kind,
            path,
            cwd=Path("/"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = process.communicate(timeout=300)
        told = out.decode().split()
        left = read_left(kind, path, told if kind not in ("whole", "checkpoint") else ["0"])
        last = err.decode().strip().splitlines()[-1:] or [""]
        clear = "SinkError" in last[0] or "DataError" in last[0]
        strays = sum(1 for one in folder.rglob(".*") if one.is_file())
    allowed = 110 if kind == "video" else 0  # frames: since the last key frame, and in the encoder
    lost = "nothing that was told to be written" if not left.missing else f"the last {left.missing} frames"
    figures = {
        "written": len(told),
        "missing": left.missing,
        "unreadable": int(not left.readable),
        "drafts_left": strays,
        "message": last[0].rpartition("Error: ")[2].replace(str(path), path.name),
    }
    held = left.readable and left.missing <= allowed and clear and not strays
    return Outcome(
        f"full disk while writing {KINDS[kind]}", 1, f"a disk of {megabytes} MB", lost, held, figures
    )
