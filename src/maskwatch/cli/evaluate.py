"""`maskwatch evaluate`: how well it does on labelled pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import (
    ClassifierName,
    DetectorName,
    HeldOut,
    Limit,
    Live,
    Negatives,
    Size,
    Split,
    Threshold,
    settings_from,
)

Names = Annotated[
    str,
    typer.Option(
        metavar="THEIRS=OURS,...",
        help="What class names mean: with_mask, without_mask, mask_worn_incorrectly, face or ignore.",
    ),
]


def evaluate(
    ctx: typer.Context,
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DATA...",
            help="Labelled pictures: COCO, YOLO, Pascal VOC, or folders with_mask/, without_mask/, ...",
        ),
    ] = None,
    negatives: Negatives = None,
    crops: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Pictures of one person in folders by state; may be repeated."),
    ] = None,
    names: Names = "",
    split: Split = None,
    partly_labelled: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE", help="A source in which some faces have no box: only recall is measured there."
        ),
    ] = None,
    held_out: HeldOut = False,
    corrections: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV list of wrong labels: figures for both.")
    ] = None,
    slices: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV list of what faces look like (picture, box, slice): figures for each slice.",
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with all figures and plots (HTML).")
    ] = None,
    as_json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures as JSON; - for stdout.")
    ] = None,
    mistakes: Annotated[
        bool,
        typer.Option(
            "--mistakes", help="List the mistakes, and show their faces in the page: mind who sees it."
        ),
    ] = False,
    limit: Limit = None,
    live: Live = False,
    detector: DetectorName = None,
    classifier: ClassifierName = None,
    size: Size = None,
    threshold: Threshold = None,
) -> None:
    """Measure how well faces are found and states are told on labelled pictures."""
    from maskwatch.atomic_file import write_text
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.evaluation.evaluate import evaluate as run
    from maskwatch.evaluation.evaluation_set import Selection, select
    from maskwatch.evaluation.inference import contender
    from maskwatch.evaluation.report import headline, to_json
    from maskwatch.progress import progress

    settings = settings_from(ctx, threshold, detector, classifier, size)
    wanted = Selection(data or (), negatives or (), crops or (), parse_names(names), split, held_out, limit)
    material = select(wanted)
    done = run(
        contender(
            settings.detect.detector,
            settings.classify.classifier,
            settings.detect.size,
            settings.detect.threshold,
            live=live,
            threads=settings.detect.threads,
        ),
        material,
        partly_labelled or (),
        corrections,
        slices,
        mistakes,
        progress,
    )
    if report is not None:
        from maskwatch.reports.evaluation_page import to_html

        write_text(report, to_html(done))
        print(f"report: {report}", file=sys.stderr)
    if as_json is not None and str(as_json) != "-":
        write_text(as_json, to_json(done))
    if str(as_json) == "-":
        sys.stdout.write(to_json(done))
    else:
        width = max((len(name) for name, _ in headline(done.figures)), default=0)
        for name, value in headline(done.figures):
            print(f"{name:<{width}}  {value}")
    if done.problems:
        shown = done.problems[:5] + (["..."] if len(done.problems) > 5 else [])
        print(f"{len(done.problems)} left out:", *shown, sep="\n  ", file=sys.stderr)
