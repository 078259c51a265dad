"""A program that writes without end until it is killed; it says after each piece that it is written.

    python -m benchmarks.robustness.faults.writer KIND FILE [NAME COUNT]

KIND is "rows" (JSON lines of a live source), "csv", "video" (a recording), "whole" (files that are replaced
as a whole: settings, reports, exports), "collection" (corrected pictures) or "checkpoint". With a name and a
count it ends after so many pieces; pieces of another name are others.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from fakes import BLUE, scene
from maskwatch.atomic_file import write_text
from maskwatch.data.collection import Collection
from maskwatch.results import Result
from maskwatch.sinks.rows import Csv, JsonLines
from maskwatch.sinks.video import VideoSink
from maskwatch.types import Faces, Frame

_BLOCK = "0123456789abcdef" * 4096


def main(kind: str, path: Path, name: int = 0, count: int | None = None) -> None:
    """Writes pieces, numbered from 0."""
    image = scene({(2, 1): BLUE})
    image[64:] += np.random.default_rng(0).integers(0, 60, (176, 320, 3), np.uint8)  # no file of a few bytes

    def result(number: int) -> Result:
        faces = Faces(np.array([[64, 32, 96, 64]] * 3, np.float32), np.full(3, 0.9, np.float32))
        return Result(Frame(image, number, number / 25, "camera"), faces)

    if kind == "whole":
        for number in itertools.islice(itertools.count(), count):
            write_text(path, f"{number}\n{_BLOCK}\n{number}\n")
            _tell(number)
    elif kind == "collection":
        for number in itertools.islice(itertools.count(), count):
            own = image.copy()
            own[0, :16, 0] = np.frombuffer((name << 64 | number).to_bytes(16, "big"), np.uint8)
            _tell(Collection(path).add(own, []))
    elif kind == "checkpoint":
        import torch

        from maskwatch.training.engine.checkpoint import save

        for number in itertools.islice(itertools.count(), count):
            save(path, {"step": number, "weights": torch.full((200_000,), number)})
            _tell(number)
    else:
        sink: Csv | JsonLines | VideoSink
        if kind == "video":
            sink = VideoSink(path, recording=True)
        else:
            sink = (Csv if kind == "csv" else JsonLines)(path, recording=True)
        with sink:
            for number in itertools.islice(itertools.count(), count):
                sink.write(result(number))
                _tell(number)


def _tell(number: int | str) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:5]))
