"""Model files: the network and what it says about itself."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.robustness.fuzzing.kind import Kind
from benchmarks.robustness.fuzzing.mutation import mutated_bytes, mutated_values
from fakes import BLUE, CLASSIFIER, DETECTOR, GREEN, scene, write_classifier, write_detector
from maskwatch.classifiers.mobilenet import MobileNet
from maskwatch.detectors.ssd import SSD
from maskwatch.models.metadata import parse, read_json
from maskwatch.models.runtime import open_model
from maskwatch.types import Faces

_IMAGE: Final = scene({(2, 1): BLUE, (5, 3): GREEN})


def _files(folder: Path) -> list[bytes]:
    return [
        write_detector(folder / "detector.onnx").read_bytes(),
        write_classifier(folder / "classifier.onnx").read_bytes(),
    ]


def _damaged(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return mutated_bytes(data, chance, others)


def _run(data: bytes, folder: Path) -> None:
    """Opens a model and, if that works, looks at a picture with it."""
    file = folder / "model.onnx"
    file.write_bytes(data)
    if open_model(file).kind == "detector":
        faces = SSD(file, size=320).detect(_IMAGE)
        assert np.isfinite(faces.boxes).all()
        assert len(faces.boxes) == len(faces.scores)
    else:
        boxes = np.array([[64, 32, 96, 64], [160, 96, 192, 128]], np.float32)
        faces = MobileNet(file).classify(_IMAGE, Faces(boxes, np.full(2, 0.9, np.float32)))
        assert len(faces) <= len(boxes)
    json.dumps(list(faces.records()), allow_nan=False)


def _other_values(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    return json.dumps(mutated_values(json.loads(data), chance)).encode("ascii")


def _describe(data: bytes, folder: Path) -> None:
    """Checks metadata and, if that works, opens and runs a model that has it."""
    text = data.decode("ascii")
    entry = read_json(text, "model.onnx")
    if entry.get("kind") not in ("detector", "classifier"):
        parse(entry, "detector", "model.onnx")
        return
    kind = entry["kind"]
    parse(entry, kind, "model.onnx")
    write = write_detector if kind == "detector" else write_classifier
    known = DETECTOR if kind == "detector" else CLASSIFIER
    file = write(folder / "described.onnx", **{**dict.fromkeys(known), **entry})
    _run(file.read_bytes(), folder)


def _descriptions(folder: Path) -> list[bytes]:
    return [json.dumps(DETECTOR).encode(), json.dumps(CLASSIFIER).encode()]


MODELS: Final = (
    Kind("models-damaged", _files, _damaged, _run),
    Kind("models-metadata", _descriptions, _other_values, _describe),
)
"""Model files and their metadata."""
