"""Pictures without people: those that training holds out, one half for choosing and one for reporting."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from typing import Final

from maskwatch.data.corrections import ignored_pictures, read_corrections
from maskwatch.data.negatives import is_held_out

CORRECTIONS: Final = Path(__file__).parents[1] / "val_corrections.csv"


@cache
def held_out(data: Path, split: str) -> tuple[Path, ...]:
    """Returns the held-out negatives of a split, by name.

    Args:
        data: Folder of the pictures.
        split: "choose" or "report".
    """
    paths = sorted(path for path in (data / "negatives").iterdir() if is_held_out(path))
    ignored = ignored_pictures(paths, read_corrections(CORRECTIONS))
    # The lowest two bits say whether it is held out.
    side = ("choose", "report").index(split)
    return tuple(p for p in paths if p not in ignored and zlib.crc32(p.name.encode()) // 4 % 2 == side)
