"""Keeps the faces that a model detects in training pictures, so that the next run need not look again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskwatch.atomic_file import AtomicFile
from maskwatch.models.download import sha256
from maskwatch.training.data.in_threads import in_threads
from maskwatch.training.data.picture_cache import PictureCache
from maskwatch.types import Image


@dataclass(frozen=True, slots=True)
class AutoLabel:
    """The faces that a model detects in one picture.

    Attributes:
        boxes: (n, 4) float32 x1, y1, x2, y2 in pixels of the picture.
        scores: (n,) float32 in [0, 1].
        landmarks: (n, 5, 2) float32 pixels, as for `paint_mask`; NaN where the model gives none.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]


AutoLabels = dict[Path, AutoLabel]
"""Picture -> the faces that a model detects in it."""

Detect = Callable[[Image], AutoLabel]
"""Detects the faces of a picture (h, w, 3), uint8, BGR, in its pixels; several threads call it at once."""


def detect_once(
    paths: Iterable[Path],
    pictures: PictureCache,
    model: Path,
    folder: Path,
    load: Callable[[Path], Detect],
    text: str,
) -> AutoLabels:
    """Detects the faces of training pictures, except those that an earlier run has looked at.

    Args:
        paths: The pictures; those that `pictures` lacks are left out.
        pictures: Decoded pixels.
        model: ONNX file of the detector.
        folder: Keeps the detections; those of another model are in another file.
        load: Loads the model; not called where nothing is to be done.
        text: What is going on, for people.

    Returns:
        The faces of each picture, in pixels of the picture before it was shrunk for the cache.
    """
    known = [path for path in paths if path in pictures]
    file = folder / f"faces-{sha256(model)[:16]}.npz"
    labels = _read(file)
    missing = [path for path in known if path not in labels]
    if missing:
        detect = load(model)

        def look(path: Path) -> AutoLabel:
            image, shrunk = pictures[path]
            found, factor = detect(image), np.float32(shrunk)
            return AutoLabel(found.boxes / factor, found.scores, found.landmarks / factor)

        labels.update(zip(missing, in_threads(look, missing, text), strict=True))
        _write(file, labels)
    return {path: labels[path] for path in known}


def _read(file: Path) -> AutoLabels:
    """Reads what `_write` wrote; nothing where there is no such file."""
    if not file.is_file():
        return {}
    with np.load(file) as content:
        names, counts = content["names"], content["counts"]
        ends = np.cumsum(counts)[:-1]
        columns = [np.split(content[key], ends) for key in ("boxes", "scores", "landmarks")]
    return {Path(str(name)): AutoLabel(*parts) for name, *parts in zip(names, *columns, strict=True)}


def _write(file: Path, labels: AutoLabels) -> None:
    rows = list(labels.values())
    with AtomicFile(file) as draft:
        np.savez_compressed(
            draft.path,
            names=np.array([str(path) for path in labels]),
            counts=np.array([len(label.boxes) for label in rows]),
            boxes=np.concatenate([label.boxes for label in rows]),
            scores=np.concatenate([label.scores for label in rows]),
            landmarks=np.concatenate([label.landmarks for label in rows]),
        )
