"""`maskwatch compare`: compares two models on the same pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import (
    BeforeExif,
    HeldOut,
    Limit,
    Live,
    Names,
    Negatives,
    Split,
    input_files,
    pictures_of,
)

_SPEC = "a detector, a classifier, an ONNX file of either, or DETECTOR+CLASSIFIER"


def compare(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help=f"The one to measure against: {_SPEC}.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other, named likewise.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="DATA", help="Labelled pictures, as for evaluate; may be repeated."),
    ] = None,
    negatives: Negatives = None,
    names: Names = "",
    split: Split = None,
    partly_labelled: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="A source in which some faces have no box.")
    ] = None,
    held_out: HeldOut = False,
    labels_before_exif: BeforeExif = False,
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV list of wrong labels in the data, to be corrected."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with all of it (HTML).")
    ] = None,
    mistakes: Annotated[
        bool,
        typer.Option(
            "--mistakes",
            help="List the faces that only one gets wrong, and show them in the page: mind who sees it.",
        ),
    ] = False,
    as_json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON; - for stdout.")
    ] = None,
    limit: Limit = None,
    live: Live = False,
) -> None:
    """Compare two models on the same pictures: figures, significance, what changed, speed.

    Where one of the two cannot be had, the figures of the other are printed and no file is written; the exit
    status is 1.
    """
    from maskwatch.atomic_file import protected, write_text
    from maskwatch.cli.messages import say
    from maskwatch.cli.options import settings_from
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.errors import ModelError
    from maskwatch.evaluation.compare import compare as run
    from maskwatch.evaluation.compare import to_plain
    from maskwatch.evaluation.evaluate import evaluate
    from maskwatch.evaluation.evaluation_set import Selection, select, with_corrections
    from maskwatch.evaluation.inference import load_evaluated_engine, parse_models
    from maskwatch.evaluation.result import figure_lines
    from maskwatch.progress import progress
    from maskwatch.reports.comparison_text import text_lines

    files = [part for spec in (first, second) for part in (spec, *spec.split("+"))]
    refuse_inputs([report, as_json], [*(data or ()), *(negatives or ())], [*files, corrections, ctx.obj])
    settings = settings_from(ctx, None, None, None, None)
    evaluation_set = select(
        Selection(
            data or (),
            negatives or (),
            (),
            parse_names(names),
            split,
            held_out,
            limit,
            labels_before_exif,
        )
    )
    evaluation_set = with_corrections(evaluation_set, corrections)
    inputs = [
        *(data or ()),
        corrections,
        first,
        second,
        *pictures_of(evaluation_set),
        *input_files(ctx, settings),
    ]
    engines, errors = [], []
    for spec in (first, second):
        try:
            models = parse_models(spec, settings.detect.detector, settings.classify.classifier)
            detect = settings.detect
            engines.append(
                load_evaluated_engine(
                    *models, detect.size, detect.threshold, live=live, threads=detect.threads
                )
            )
        except ModelError as error:
            errors.append(error)
    if errors and not engines:
        raise errors[0]
    ctx.with_resource(protected(inputs))
    if errors:  # said before the work begins: a name may be mistyped
        say(f"left out: {errors[0]}", "nothing to compare with: the figures of the other follow")
        evaluation = evaluate(engines[0], evaluation_set, partly_labelled or (), progress=progress)
        lines = [engines[0].name, *figure_lines(evaluation)]
        if str(as_json) == "-":  # a program waits there for a comparison
            say(*lines)
        else:
            print(*lines, sep="\n")
        raise typer.Exit(1)
    comparison = run(engines[0], engines[1], evaluation_set, partly_labelled or (), progress, mistakes)
    if report is not None:
        from maskwatch.reports.comparison_page import comparison_page

        write_text(report, comparison_page(comparison))
        say(f"report: {report}")
    text = json.dumps(to_plain(comparison), indent=1, allow_nan=False) + "\n"
    if str(as_json) == "-":
        sys.stdout.write(text)
        return
    if as_json is not None:
        write_text(as_json, text)
    print("\n".join(text_lines(comparison)))
    say(*comparison.problems[:5])
