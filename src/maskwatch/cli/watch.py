"""`maskwatch watch`: finds and classifies faces in a camera, a stream or a file, live."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maskwatch.cli.alert_options import AlertRules, alert_settings
from maskwatch.cli.options import (
    STDOUT,
    ClassifierName,
    DetectorName,
    People,
    Search,
    Size,
    Threshold,
    Zones,
    input_files,
    refuse_same_file,
    settings_from,
)
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.cli.watching import Display
    from maskwatch.pipeline import Session
    from maskwatch.sinks.base import Sink
    from maskwatch.sinks.summary import StreamSummary
    from maskwatch.sources.base import Source


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
        typer.Option(
            "--format",
            "-f",
            help="text shows the people: as a table on a terminal, else as lines."
            " [default: text on a terminal, else jsonl]",
        ),
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
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE.mp4", help="Also write a video with the people and zones marked."),
    ] = None,
    people: People = None,
    zones: Zones = None,
    alert: AlertRules = None,
    threshold: Threshold = None,
    detector: DetectorName = None,
    classifier: ClassifierName = None,
    size: Size = None,
    search: Search = None,
) -> None:
    """Watch a camera, a stream or a video: who is there, and how the masks are worn. Ctrl-C ends it.

    Everybody gets a number and is counted once. Of a camera or stream the newest frame is searched, so that
    it never lags; of a file every frame. With --output, a terminal shows the people as well.
    """
    from maskwatch.atomic_file import protected
    from maskwatch.cli.messages import say
    from maskwatch.cli.sums import totals
    from maskwatch.cli.watching import open_session, watch_source
    from maskwatch.sinks.people import PeopleCsv
    from maskwatch.sinks.summary import StreamSummary
    from maskwatch.sources.opening import open_source

    if output is not None and str(output) in STDOUT:
        output = None
    if form is None:
        plain = Format.CSV if output is not None and output.suffix.lower() == ".csv" else Format.JSONL
        form = Format.TEXT if output is None and sys.stdout.isatty() else plain
    if form is Format.TEXT and output is not None:
        raise ConfigError("--format text is for the terminal; with --output use jsonl or csv")
    if save is not None and save.suffix.lower() != ".mp4":
        raise ConfigError(f"{save}: --save writes an MP4 video; give it a name that ends in .mp4")
    refuse_same_file(output, save, people, _events_file(output) if form is Format.CSV else None)
    settings = settings_from(
        ctx,
        threshold,
        detector,
        classifier,
        size,
        alerts=alert_settings(alert or []),
        zones=zones,
        search=search,
    )
    opened = open_source(source, settings.sources)
    summary = StreamSummary(opened.name)
    with protected([source, zones, *input_files(ctx, settings)]):
        session = open_session(opened, settings)
        sinks = _row_sinks(form, output, opened.live)
        if people is not None:
            sinks.append(PeopleCsv(people))
        if save is not None:
            sinks.append(_video_sink(save, source, opened, session))
        started = time.monotonic()
        watch_source(opened, session, sinks, summary, _display(form, output, summary), seconds)
    say(*totals(summary, time.monotonic() - started))


def _row_sinks(form: Format, output: Path | None, live: bool) -> list[Sink]:
    """Returns the sinks for the rows, and for the events of a CSV file."""
    from maskwatch.sinks.rows import Csv, EventsCsv, JsonLines

    target = sys.stdout if output is None else output
    if form is Format.TEXT:
        return []
    if form is Format.JSONL:
        return [JsonLines(target, flush=True, events=True, recording=live)]
    if output is None:
        return [Csv(target, flush=True)]
    events = _events_file(output)
    assert events is not None
    return [Csv(target, recording=live, flush=True), EventsCsv(events, recording=live, flush=True)]


def _events_file(output: Path | None) -> Path | None:
    """Returns the file of the events that stands beside a CSV file."""
    return None if output is None else output.with_name(f"{output.stem}.events.csv")


def _video_sink(path: Path, text: str, source: Source, session: Session) -> Sink:
    """Returns the sink for the marked video; that of a file keeps the file's sound and frame rate."""
    from maskwatch.sinks.video import VideoSink
    from maskwatch.sources.images import Images
    from maskwatch.sources.video import VideoFile

    if isinstance(source, Images):
        raise ConfigError(
            f"{path}: --save writes a video, and {text} holds pictures: `maskwatch detect --save`"
        )
    if isinstance(source, VideoFile):
        sound = text if Path(text).is_file() else None
        return VideoSink(path, sound=sound, fps=source.fps, zones=session.zones)
    return VideoSink(path, zones=session.zones, recording=True)


def _display(form: Format, output: Path | None, summary: StreamSummary) -> Display | None:
    """Returns what shows the people, where stdout is not needed for rows."""
    from rich.console import Console

    from maskwatch.cli.people_table import PeopleTable, can_show_table
    from maskwatch.cli.text_lines import TextLines

    if form is not Format.TEXT and output is None:
        return None
    console = Console()
    if can_show_table(console):
        return PeopleTable(console, summary)
    return TextLines(sys.stdout) if form is Format.TEXT else None
