"""`maskwatch data`: checks data sets, audits their labels and adds pseudo-labels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.options import (
    BeforeExif,
    DetectorName,
    Limit,
    Names,
    Split,
    input_files,
    pictures_of,
    settings_from,
)
from maskwatch.errors import ModelError

data = typer.Typer(help="Look after labelled pictures.", no_args_is_help=True)


@data.command()
def check(
    path: Annotated[
        Path, typer.Argument(metavar="DATA", help="COCO, YOLO, Pascal VOC, or folders by state.")
    ],
    names: Names = "",
    labels_before_exif: BeforeExif = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page (HTML) with the findings and a look at the faces."),
    ] = None,
) -> None:
    """Look for broken files, stray boxes, near-copies, leaks between splits and lopsided classes.

    The exit status is 1 if there is something to mend.
    """
    from maskwatch.atomic_file import protected, write_text
    from maskwatch.cli.messages import say
    from maskwatch.data.check import check_dataset
    from maskwatch.data.dataset import read_dataset
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.progress import progress
    from maskwatch.reports.contact_sheet import contact_sheet, summary

    refuse_inputs([sheet], [path])
    dataset = read_dataset(path, parse_names(names), labels_before_exif)
    findings = check_dataset(dataset, lambda items: progress(items, "checking"))
    print("\n".join(summary(findings)))
    say(*findings.unreadable, *findings.problems)
    if sheet is not None:
        pictures = [sample.path for sample in dataset.samples]
        portraits = [portrait.path for portrait in dataset.portraits]
        with protected([path, *pictures, *portraits]):
            write_text(sheet, contact_sheet(dataset, findings, f"Check of {path.resolve().name}"))
        say(f"contact sheet: {sheet} (it holds pictures of your data)")
    if findings.unreadable or findings.problems or findings.outside or findings.leaks:
        raise typer.Exit(1)


@data.command()
def audit(
    ctx: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="DATA...", help="COCO, YOLO, Pascal VOC, or folders by state.")
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A classifier, its ONNX file, or the folder of a training run."),
    ] = None,
    detector: DetectorName = None,
    names: Names = "",
    split: Split = "all",
    labels_before_exif: BeforeExif = False,
    corrections: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Corrections that are known already.")
    ] = None,
    least: Annotated[
        float, typer.Option(min=0, max=1, metavar="P", help="Least probability of what is listed.")
    ] = 0.5,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The list (CSV). [default: stdout]")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page (HTML) with the faces in question.")
    ] = None,
    limit: Limit = None,
) -> None:
    """List the labels that a classifier contradicts, the most confident first.

    Delete the lines of labels that are right; the rest is a list for --corrections of train and evaluate.
    A model that learnt from these labels has got used to some of their errors: another finds more.
    """
    from maskwatch.atomic_file import protected, write_text
    from maskwatch.cli.messages import say
    from maskwatch.data.formats.class_names import parse_names
    from maskwatch.data.picture_files import is_folder
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.evaluation.audit import Assessor, to_csv
    from maskwatch.evaluation.audit import audit as run
    from maskwatch.evaluation.evaluation_set import Selection, select, with_corrections
    from maskwatch.factory import from_settings
    from maskwatch.progress import progress
    from maskwatch.reports.audit_page import audit_page
    from maskwatch.training import MODEL

    refuse_inputs([out, sheet], paths, [model, detector, corrections, ctx.obj])
    if model is not None and is_folder(Path(model)):
        model = str(Path(model) / MODEL)
    settings = settings_from(ctx, None, detector, model, None)
    engine = from_settings(settings)
    if not isinstance(engine.classifier, Assessor):
        raise ModelError(f"{model or 'no classifier'}: an audit needs a classifier of maskwatch, see --model")
    selection = Selection(
        paths, names=parse_names(names), split=split, limit=limit, labels_before_exif=labels_before_exif
    )
    evaluation_set = with_corrections(select(selection), corrections)
    result = run(
        [*evaluation_set.samples, *evaluation_set.portraits],
        engine.classifier,
        engine.detector,
        least,
        lambda pictures: progress(pictures, "looking"),
    )
    with protected([*paths, corrections, *pictures_of(evaluation_set), *input_files(ctx, settings)]):
        if out is None:
            sys.stdout.write(to_csv(result))
        else:
            write_text(out, to_csv(result))
        if sheet is not None:
            title = f"Labels in question: {', '.join(path.name for path in paths)}"
            write_text(sheet, audit_page(result, title))
            say(f"contact sheet: {sheet} (it holds pictures of your data)")
    say(f"{len(result.suspects)} of {result.faces} labels contradicted")
    if result.without_face:
        say(f"no face found in {result.without_face} pictures of one person")
    say(*evaluation_set.problems, *result.problems)


@data.command()
def pseudo_label(
    path: Annotated[
        Path, typer.Argument(metavar="DATA", help="A COCO file, or a folder of pictures without labels.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The COCO file to write.")],
    auto_labeller: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="YuNet's ONNX file. [default: fetched]", show_default=False),
    ] = None,
    detector: Annotated[
        str,
        typer.Option(metavar="FILE", help='The other one: "shipped", or the ONNX file of your own detector.'),
    ] = "shipped",
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Label the pictures of this source only; may be repeated."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Replace the labels that have a score: machines gave them.")
    ] = False,
    cache: Annotated[
        Path, typer.Option(metavar="DIR", help="Decoded pictures and detections are kept here.")
    ] = Path("runs/cache"),
) -> None:
    """Label faces on which two detectors agree, for training a detector.

    Labels that are there stay. Faces that only one detector finds are marked to be ignored: they are
    neither face nor background. Look at the result before you train on it: `maskwatch data check --sheet`.
    """
    import json

    from maskwatch.atomic_file import protected, write_text
    from maskwatch.cli.messages import say
    from maskwatch.data.protect import refuse_inputs
    from maskwatch.models.download import choose_file
    from maskwatch.training.data.auto_labeller import AUTO_LABELLERS
    from maskwatch.training.data.mirrored_search import SEARCHERS
    from maskwatch.training.data.pseudo_dataset import pseudo_label as label
    from maskwatch.training.data.pseudo_dataset import read_listing

    refuse_inputs([out], [path], [auto_labeller, detector])
    usual = next(iter(AUTO_LABELLERS))
    first = choose_file(auto_labeller or usual, AUTO_LABELLERS, "--auto-labeller")
    second = choose_file(detector, SEARCHERS, "--detector")
    assert first is not None
    assert second is not None
    listing = read_listing(path, source or ())
    result = label(listing, first, second, cache, out.resolve().parent, anew)
    with protected([path, *listing.files.values()]):
        write_text(out, json.dumps(result.content))
    say(*result.problems)
    say(f"{out}: {result.added} faces added in {len(listing.wanted)} pictures")
