"""`maskwatch bench`: times models."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from maskwatch.evaluation.benchmark import Timing

DEFAULT_MODELS = ("ssd-fast", "ssd-accurate", "ssd-large", "mobilenet", "mobilenet-fast")
"""Models that are timed when none is named: none of them has to be downloaded."""


def bench(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...",
            help="Detectors and classifiers: names, ONNX files, NAME=FILE or module:Class; for a detector,"
            f" @PIXELS may follow. [default: {' '.join(DEFAULT_MODELS)} and those in use]",
        ),
    ] = None,
    frame: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Search this, stretched to 1280x720. [default: a made frame]"),
    ] = None,
    faces: Annotated[int, typer.Option(min=1, max=200, help="Faces that a classifier is given at once.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="How often each model runs.")] = 60,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads of one model run.")] = 1,
    stills: Annotated[
        bool, typer.Option("--stills", help="Search as for still pictures, not as for live video.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Times, files and machine as JSON.")] = False,
) -> None:
    """Time models side by side: from a 1280x720 frame to boxes, and from boxes to states.

    All run in turn, so that other load meets them alike: the ratios to the first say more than the times.
    A model that cannot be had is left out; then the exit status is 1.
    """
    from dataclasses import asdict

    import cv2

    from maskwatch.cli.messages import say
    from maskwatch.errors import MaskwatchError
    from maskwatch.evaluation.benchmark import WARM_UP, frame_of, machine, prepare, time_models
    from maskwatch.models.catalog import SHIPPED, default
    from maskwatch.progress import progress

    cv2.setNumThreads(threads)
    specs = models or list(dict.fromkeys((*DEFAULT_MODELS, *map(default, SHIPPED))))
    image = frame_of(frame)
    runners, errors = [], []
    for spec in specs:
        try:
            runner = prepare(spec, image, faces, live=not stills, threads=threads)
            runner.run()  # a model may open and still not run
            runners.append(runner)
        except MaskwatchError as error:
            errors.append(error)
    if errors and not runners:
        raise errors[0]
    timings = time_models(runners, progress(range(WARM_UP + rounds), "timing"))
    about = {**machine(), "threads": threads, "rounds": rounds, "faces": faces, "stills": stills}
    about["frame"] = "made" if frame is None else str(frame)
    if as_json:
        json.dump({"machine": about, "models": [asdict(timing) for timing in timings]}, sys.stdout, indent=1)
        print()
    else:
        print("\n".join(_table(timings)))
        say(", ".join(f"{key} {value}" for key, value in about.items()))
    if errors:
        say(*(f"left out: {error}" for error in errors))
        raise typer.Exit(1)


def _table(timings: list[Timing]) -> list[str]:
    from maskwatch.errors import printable
    from maskwatch.evaluation.inference import short_name

    width = max(24, *(len(short_name(timing.name)) for timing in timings))
    lines = [f"{'model':<{width}}  {'kind':<10} {'median ms':>9} {'best ms':>9} {'ratio':>6}  sha256"]
    for timing in timings:
        digest = timing.file["sha256"][:12] if timing.file else "-"
        lines.append(
            f"{printable(short_name(timing.name)):<{width}}  {timing.kind:<10}"
            f" {timing.median:>9.2f} {timing.best:>9.2f} {timing.ratio:>6.2f}  {digest}"
        )
    return lines
