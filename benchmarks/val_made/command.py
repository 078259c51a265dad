"""The command line: makes the sets, or measures models on them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from benchmarks.val_made.filled import filled
from benchmarks.val_made.made_set import write_set
from benchmarks.val_made.measure import SETS, measure
from benchmarks.val_made.turned import turned
from benchmarks.val_made.val_faces import val_pictures
from benchmarks.val_made.wrong_worn import wrong_worn
from maskwatch.atomic_file import write_text
from maskwatch.errors import ConfigError, MaskwatchError
from maskwatch.models.catalog import SHIPPED
from maskwatch.models.download import choose_file
from maskwatch.progress import progress
from maskwatch.training.data.auto_labeller import AUTO_LABELLERS

_MAKERS: Final = dict(zip(SETS, (wrong_worn, turned, filled), strict=True))

_SEED: Final = 20_261_126
"""Far from the seeds of training, so that no mask is painted as it was there."""


def main(arguments: list[str] | None = None) -> None:
    """Makes or measures the sets."""
    options = _parser().parse_args(arguments)
    try:
        if options.evaluate:
            _measure(options)
        else:
            _make(options)
    except MaskwatchError as error:
        sys.exit(str(error))


def _make(options: argparse.Namespace) -> None:
    data, out = options.folder, options.out
    if out is None:
        raise ConfigError("say with --out where the sets are to be written")
    if out.resolve().is_relative_to(data.resolve()):
        raise ConfigError(f"{out}: lies in the data that is read; choose another folder")
    auto_labeller = choose_file(options.auto_labeller, AUTO_LABELLERS, "--auto-labeller")
    assert auto_labeller is not None
    pictures = val_pictures(data, auto_labeller, out / "cache")
    for number, (name, make) in enumerate(_MAKERS.items()):
        made = list(make(pictures, options.count, options.seed + number))
        count = write_set(progress(made, name), out / name)
        print(f"{out / name}: {count} pictures, {sum(len(picture.boxes) for picture in made)} faces")


def _measure(options: argparse.Namespace) -> None:
    measured = measure(
        options.folder, options.detector, options.classifier, live=options.live, limit=options.limit
    )
    print(measured.markdown())
    if options.out is not None:
        write_text(options.out / "val-made.json", measured.json())
        write_text(options.out / "val-made.md", measured.markdown())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.val_made",
        description="Makes a second validation set from validation pictures, or measures models on it.",
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="the data (scenes/, crops/); with --evaluate the made sets")
    add("--out", type=Path, metavar="DIR", help="where the sets are written; with --evaluate the figures")
    add("--count", type=int, default=300, help="pictures of each set, at most")
    add("--seed", type=int, default=_SEED)
    add("--auto-labeller", default="yunet", metavar="FILE", help='YuNet\'s file, or "yunet" to fetch it')
    add("--evaluate", action="store_true", help="measure models on sets that are there")
    add("--detector", default=SHIPPED["detector"], metavar="NAME", help="of --evaluate, or its ONNX file")
    add("--classifier", default=SHIPPED["classifier"], metavar="NAME", help="likewise")
    add("--live", action="store_true", help="treat pictures as frames of live video")
    add("--limit", type=int, help="at most so many pictures of each set, always the same")
    return parser
