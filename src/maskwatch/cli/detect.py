"""`maskwatch detect`: finds and classifies faces in pictures, folders, patterns and videos."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import (
    STDOUT,
    ClassifierName,
    DetectorName,
    People,
    Search,
    Size,
    Threshold,
    Upright,
    Zones,
    input_files,
    refuse_same_file,
    settings_from,
)


class Format(StrEnum):
    """Formats of the results."""

    JSONL = "jsonl"
    CSV = "csv"


def detect(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Pictures, videos, folders and patterns, in any mix."),
    ],
    form: Annotated[
        Format, typer.Option("--format", "-f", help="One JSON object a picture, or one CSV row a face.")
    ] = Format.JSONL,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there, not to stdout (-).")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write the pictures and videos with the faces marked."),
    ] = None,
    people: People = None,
    zones: Zones = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Look into the folders of folders, too.")
    ] = False,
    threshold: Threshold = None,
    detector: DetectorName = None,
    classifier: ClassifierName = None,
    size: Size = None,
    search: Search = None,
    upright: Upright = None,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="Search each picture once, as a frame of live video: ten times as fast, but small and"
            " turned faces are missed.",
        ),
    ] = False,
) -> None:
    """Find faces in pictures and videos and say how their masks are worn.

    Pictures are searched at their own size, up to 1280 pixels, very large ones also in pieces; where no face
    convinces, also turned. Of a video every frame is looked at, and people are followed: each counts once.
    A file that cannot be read does not stop the rest: it is listed at the end, and the exit status is 1.
    """
    from maskwatch.atomic_file import protected
    from maskwatch.cli.bar import Bar
    from maskwatch.cli.batch import Batch
    from maskwatch.cli.messages import say
    from maskwatch.errors import ConfigError, SourceError
    from maskwatch.sinks.base import Sink
    from maskwatch.sinks.people import PeopleCsv
    from maskwatch.sinks.rows import Csv, JsonLines
    from maskwatch.sources.files import find, has_media_name

    if output is not None and has_media_name(str(output)):
        raise ConfigError(
            f"{output}: --output takes the rows, {form}; for marked pictures and videos use --save FOLDER"
        )
    refuse_same_file(output, people)
    settings = settings_from(ctx, threshold, detector, classifier, size, upright, zones=zones, search=search)
    errors: list[str] = []
    files: list[str] = []
    for path in paths:
        try:
            files += find(path, recursive)
        except SourceError as error:
            errors.append(str(error))
    batch = Batch(settings, save, fast=fast)
    to_stdout = output is None or str(output) in STDOUT
    with protected([*files, zones, *input_files(ctx, settings)]):
        # Flushed: what is in the file are whole results at any time, also if the program has to end at once.
        target = sys.stdout if output is None or to_stdout else output
        rows = (
            JsonLines(target, flush=not to_stdout, events=True)
            if form is Format.JSONL
            else Csv(target, flush=not to_stdout)
        )
        # Lines of data and a moving bar on one terminal would tear each other apart.
        with ExitStack() as opened:
            sinks: list[Sink] = [opened.enter_context(rows)]
            if people is not None:
                sinks.append(opened.enter_context(PeopleCsv(people)))
            bar = opened.enter_context(Bar(len(files), shown=not to_stdout or not sys.stdout.isatty()))
            errors += batch.run(files, sinks, bar)
    say(*batch.summary())
    if errors:
        say(f"{len(errors)} failed:", *(f"  {error}" for error in errors))
    if batch.interrupted:
        say("interrupted; the results so far are kept")
        raise typer.Exit(128 + signal.SIGINT)
    if errors:
        raise typer.Exit(1)
