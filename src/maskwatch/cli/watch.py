"""`maskwatch watch`: finds and classifies faces in a camera, a stream or a file, live."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import (
    STDOUT,
    ClassifierName,
    DetectorName,
    Size,
    Threshold,
    input_files,
    settings_from,
)
from maskwatch.errors import ConfigError


class Format(StrEnum):
    """Formats of the results."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"


def watch(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="Camera number (0 is the first), RTSP or HTTP address, or a file."
        ),
    ],
    seconds: Annotated[
        float | None, typer.Option("--seconds", "-s", min=0.0, help="Stop after this time.")
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="[default: text on a terminal, else jsonl]"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write there when the source ends; with csv the events go to FILE.events.csv.",
        ),
    ] = None,
    threshold: Threshold = None,
    detector: DetectorName = None,
    classifier: ClassifierName = None,
    size: Size = None,
) -> None:
    """Watch a camera, a stream or a video and print the faces found. Ctrl-C ends it.

    Of a camera or stream the newest frame is searched, so that it never lags; of a file every frame.
    """
    from maskwatch.atomic_file import protected
    from maskwatch.cli.messages import say
    from maskwatch.cli.watching import TextLines, watch_source
    from maskwatch.sinks.base import Sink
    from maskwatch.sinks.rows import Csv, EventsCsv, JsonLines
    from maskwatch.sources.opening import open_source

    if output is not None and str(output) in STDOUT:
        output = None
    if form is None:
        plain = Format.CSV if output is not None and output.suffix.lower() == ".csv" else Format.JSONL
        form = Format.TEXT if output is None and sys.stdout.isatty() else plain
    settings = settings_from(ctx, threshold, detector, classifier, size)
    opened = open_source(source, settings.sources)
    with protected([source, *input_files(ctx, settings)]):
        sinks: list[Sink]
        if form is Format.TEXT:
            if output is not None:
                raise ConfigError("--format text is for the terminal; with --output use jsonl or csv")
            sinks = [TextLines(sys.stdout, rewrite=sys.stdout.isatty())]
        else:
            target = sys.stdout if output is None else output
            if form is Format.JSONL:
                sinks = [JsonLines(target, flush=True, events=True)]
            else:
                sinks = [Csv(target, flush=True)]
            if form is Format.CSV and output is not None:
                sinks.append(EventsCsv(output.with_name(f"{output.stem}.events.csv"), flush=True))
        totals = watch_source(opened, settings, sinks, seconds)
    say(str(totals))
