"""Keeps the heads that were cut out, so that the next run need not cut them again."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from benchmarks.people.heads import Head, Pool, cut_heads

from maskwatch.atomic_file import AtomicFile

_SOURCES: Final = ("heads.py", "shape.py", "wrong_labels.csv", "../val_corrections.csv")


@cache
def heads(data: Path, split: str, folder: Path | None) -> Pool:
    """Returns the heads of one split, from the file of an earlier run if there is one.

    Args:
        data: Folder of the pictures.
        split: "choose" or "report".
        folder: Where they are kept; None cuts them out anew.
    """
    if folder is None:
        return cut_heads(data, split)
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join((here / name).read_bytes() for name in _SOURCES)).hexdigest()[:10]
    file = folder / f"heads-{split}-{digest}.npz"
    if file.is_file():
        return _read(file)
    pool = cut_heads(data, split)
    _write(file, pool)
    return pool


def _write(file: Path, pool: Pool) -> None:
    rows = [
        {"name": h.name, "group": h.group, "own": h.own, "size": h.size, "looks": sorted(h.looks)}
        for h in pool.heads
    ]
    arrays: dict[str, Any] = {}
    for i, head in enumerate(pool.heads):
        arrays |= {f"{i} alpha": head.alpha.astype(np.float16), f"{i} face": head.face}
        arrays |= {f"{i} {state}": look for state, look in head.looks.items()}
    index = np.frombuffer(json.dumps({"heads": rows, "left_out": pool.left_out}).encode(), np.uint8)
    with AtomicFile(file) as draft:
        np.savez(draft.path, index=index, **arrays)


def _read(file: Path) -> Pool:
    with np.load(file) as arrays:
        index = json.loads(arrays["index"].tobytes())
        found = tuple(
            Head(
                row["name"],
                row["group"],
                {state: arrays[f"{i} {state}"] for state in row["looks"]},
                arrays[f"{i} alpha"].astype(np.float32),
                arrays[f"{i} face"],
                row["own"],
                row["size"],
            )
            for i, row in enumerate(index["heads"])
        )
    return Pool(found, index["left_out"])
