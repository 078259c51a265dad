"""`maskwatch evaluate`: measures models on labelled pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import (
    BeforeExif,
    ClassifierName,
    DetectorName,
    HeldOut,
    Limit,
    Live,
    Names,
    Negatives,
    Size,
    Split,
    Threshold,
    input_files,
    pictures_of,
    settings_from,
)


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
    labels_before_exif: BeforeExif = False,
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
    from maskwatch.atomic_file import protected, write_text
    from maskwatch.cli.messages import say
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.evaluation.evaluate import evaluate as run
    from maskwatch.evaluation.evaluation_set import Selection, select
    from maskwatch.evaluation.inference import load_evaluated_engine
    from maskwatch.evaluation.result import figure_lines, to_json
    from maskwatch.progress import progress

    pictures = [*(data or ()), *(negatives or ()), *(crops or ())]
    refuse_inputs([report, as_json], pictures, [corrections, slices, detector, classifier, ctx.obj])
    settings = settings_from(ctx, threshold, detector, classifier, size)
    engine = load_evaluated_engine(
        settings.detect.detector,
        settings.classify.classifier,
        settings.detect.size,
        settings.detect.threshold,
        live=live,
        threads=settings.detect.threads,
    )
    selection = Selection(
        data or (),
        negatives or (),
        crops or (),
        parse_names(names),
        split,
        held_out,
        limit,
        labels_before_exif,
    )
    evaluation_set = select(selection)
    inputs = [
        *(data or ()),
        *(corrections, slices),
        *pictures_of(evaluation_set),
        *input_files(ctx, settings),
    ]
    ctx.with_resource(protected(inputs))
    evaluation = run(engine, evaluation_set, partly_labelled or (), corrections, slices, mistakes, progress)
    if report is not None:
        from maskwatch.reports.evaluation_page import evaluation_page

        write_text(report, evaluation_page(evaluation))
        say(f"report: {report}")
    if as_json is not None and str(as_json) != "-":
        write_text(as_json, to_json(evaluation))
    if str(as_json) == "-":
        sys.stdout.write(to_json(evaluation))
    else:
        print("\n".join(figure_lines(evaluation)))
    if evaluation.problems:
        shown = evaluation.problems[:5] + (["..."] if len(evaluation.problems) > 5 else [])
        say(f"{len(evaluation.problems)} left out:", *(f"  {problem}" for problem in shown))
