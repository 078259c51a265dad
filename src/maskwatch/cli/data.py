"""`maskwatch data`: looking after labelled pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from maskwatch.cli.evaluate import Names

data = typer.Typer(help="Look after labelled pictures.", no_args_is_help=True)


@data.callback()
def _group() -> None:
    pass  # makes `check` a command of a group though it is the only one


@data.command()
def check(
    path: Annotated[
        Path, typer.Argument(metavar="DATA", help="COCO, YOLO, Pascal VOC, or folders by state.")
    ],
    names: Names = "",
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page (HTML) with the findings and a look at the faces."),
    ] = None,
) -> None:
    """Look for broken files, stray boxes, near-copies, leaks between splits and lopsided classes.

    The exit status is 1 if there is something to mend.
    """
    from maskwatch.data.check import check as run
    from maskwatch.data.dataset import read_dataset
    from maskwatch.data.names import parse_names
    from maskwatch.data.page import write_text
    from maskwatch.data.sheet import contact_sheet, summary
    from maskwatch.progress import progress

    dataset = read_dataset(path, parse_names(names))
    found = run(dataset, lambda items: progress(items, "checking"))
    print("\n".join(summary(found)))
    for line in (*found.broken, *found.problems):
        print(line, file=sys.stderr)
    if sheet is not None:
        write_text(sheet, contact_sheet(dataset, found, f"Check of {path.resolve().name}"))
        print(f"contact sheet: {sheet} (it holds pictures of your data)", file=sys.stderr)
    if found.broken or found.problems or found.outside or found.leaks:
        raise typer.Exit(1)
