"""Labelled data sets of the coloured squares of `fakes`, on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes import BLUE, CELL, GREEN, RED, scene
from maskwatch.image_files import save_image
from maskwatch.types import LABELS

SEEN = {0: BLUE, 1: GREEN, 2: RED}
"""What colour the fake models take for which state."""

DULL = {0: (185, 65, 65), 1: (65, 185, 65), 2: (65, 65, 185)}
"""The same, seen less clearly."""


@dataclass(frozen=True)
class Square:
    """A square of a picture.

    Attributes:
        cell: Column and row.
        seen: The state that it looks like; None for a face that cannot be seen.
        true: The state that its box is labelled with; None for a square without a box.
        dull: Whether it is seen less clearly.
    """

    cell: tuple[int, int]
    seen: int | None
    true: int | None
    dull: bool = False


def write_coco(
    folder: Path, pictures: Sequence[Sequence[Square]], sources: Sequence[str] = (), name: str = "labels.json"
) -> Path:
    """Writes pictures (0.png, 1.png, ...) and their COCO file."""
    folder.mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, squares in enumerate(pictures):
        colours = {s.cell: (DULL if s.dull else SEEN)[s.seen] for s in squares if s.seen is not None}
        save_image(folder / f"{number}.png", scene(colours))
        images.append(
            {"id": number, "file_name": f"{number}.png", "source": sources[number] if sources else ""}
        )
        for square in squares:
            if square.true is not None:
                x, y = (part * CELL for part in square.cell)
                annotations.append(
                    {
                        "id": len(annotations),
                        "image_id": number,
                        "category_id": square.true,
                        "bbox": [x, y, CELL, CELL],
                    }
                )
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": i, "name": label} for i, label in enumerate(LABELS)],
    }
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def write_crops(folder: Path, pictures: Sequence[tuple[int, int | None]]) -> Path:
    """Writes pictures of one person each: true state, and the state that it looks like."""
    for number, (true, seen) in enumerate(pictures):
        place = folder / LABELS[true]
        place.mkdir(parents=True, exist_ok=True)
        save_image(place / f"{number}.png", scene({} if seen is None else {(1, 1): SEEN[seen]}, 128, 128))
    return folder


def write_negatives(folder: Path, pictures: Sequence[bool]) -> Path:
    """Writes pictures without a face; True puts something in that is taken for one."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, fools in enumerate(pictures):
        save_image(folder / f"{number}.png", scene({(2, 2): GREEN} if fools else {}))
    return folder
