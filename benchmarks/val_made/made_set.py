"""Made pictures with their labels, and the COCO file that they are written to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from maskwatch.atomic_file import write_text
from maskwatch.image_files import save_image
from maskwatch.types import LABELS, Image

LABEL_FILE: Final = "val.json"
SLICE_FILE: Final = "slices.csv"
"""What single faces look like, for `maskwatch evaluate --slices`."""

_CATEGORIES: Final = (*LABELS, "face")  # the last one: a face of unknown state

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class MadePicture:
    """A made picture.

    Attributes:
        image: (h, w, 3) uint8, BGR.
        boxes: (n, 4) float32 x1, y1, x2, y2 in pixels.
        states: (n,) int64: index into `LABELS`, or -1.
        ignore: (n,) bool.
        part: Part of the set that it belongs to: what was done to it.
        origin: Name of the picture that it was made from.
        slices: Row of a face and what it looks like; a face may be in several.
    """

    image: Image
    boxes: NDArray[np.float32]
    states: NDArray[np.int64]
    ignore: NDArray[np.bool_]
    part: str
    origin: str
    slices: Sequence[tuple[int, str]] = ()


def draw(items: Sequence[Item], count: int, rng: Generator) -> Iterator[Item]:
    """Draws at most `count` different items."""
    for row in rng.permutation(len(items))[:count]:
        yield items[row]


def write_set(pictures: Iterable[MadePicture], folder: Path) -> int:
    """Writes pictures and their labels.

    Args:
        pictures: The pictures.
        folder: Gets `images/`, the COCO file `LABEL_FILE` and, if a face is in a slice, `SLICE_FILE`.

    Returns:
        The number of pictures.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    slices: list[tuple[str, int, str]] = []
    for number, made in enumerate(pictures, 1):
        name = f"{number:04d}.jpg"
        save_image(folder / "images" / name, made.image)
        height, width = made.image.shape[:2]
        entry = {"id": number, "file_name": name, "width": width, "height": height}
        images.append(entry | {"source": made.part, "original": made.origin})
        slices += [(name, row, look) for row, look in made.slices]
        for box, state, ignore in zip(made.boxes.tolist(), made.states, made.ignore, strict=True):
            x1, y1, x2, y2 = (round(value, 2) for value in box)
            sides = [round(x2 - x1, 2), round(y2 - y1, 2)]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1 + int(state) if state >= 0 else len(_CATEGORIES),
                    "bbox": [x1, y1, *sides],
                    "area": round(sides[0] * sides[1], 2),
                    "iscrowd": 0,
                    "ignore": int(ignore),
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(_CATEGORIES, 1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    write_text(folder / LABEL_FILE, json.dumps(content, indent=1) + "\n")
    if slices:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([("picture", "box", "slice"), *slices])
        write_text(folder / SLICE_FILE, text.getvalue())
    return len(images)
