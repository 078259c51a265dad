"""`maskwatch watch`: finds and classifies faces in a camera, a stream or a file, live."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from maskwatch.cli.options import ClassifierName, DetectorName, Size, Threshold, settings_from


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
    threshold: Threshold = None,
    detector: DetectorName = None,
    classifier: ClassifierName = None,
    size: Size = None,
) -> None:
    """Watch a camera, a stream or a video and print the faces found. Ctrl-C ends it.

    Of a camera or stream the newest frame is searched, so that it never lags; of a file every frame.
    """
    from maskwatch.cli.watching import TextLines, watch_source
    from maskwatch.sinks.base import Sink
    from maskwatch.sinks.rows import Csv, JsonLines
    from maskwatch.sources.opening import open_source

    if form is None:
        form = Format.TEXT if sys.stdout.isatty() else Format.JSONL
    settings = settings_from(ctx, threshold, detector, classifier, size)
    opened = open_source(source, settings.sources)
    sink: Sink
    if form is Format.TEXT:
        sink = TextLines(sys.stdout, rewrite=sys.stdout.isatty())
    else:
        sink = (JsonLines if form is Format.JSONL else Csv)(sys.stdout, flush=True)
    print(watch_source(opened, settings, sink, seconds), file=sys.stderr)
