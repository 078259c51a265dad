"""`maskwatch models`: which models there are."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from maskwatch.build import Backend


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Everything that is known, as JSON.")] = False,
) -> None:
    """List the models that can be named, with their metadata."""
    from maskwatch.build import CLASSIFIERS, DETECTORS

    rows = [_describe(name, "detector", backend) for name, backend in DETECTORS.items()]
    rows += [_describe(name, "classifier", backend) for name, backend in CLASSIFIERS.items()]
    if as_json:
        json.dump(rows, sys.stdout, indent=2)
        print()
    else:
        _print_table(rows)


def _describe(name: str, kind: str, backend: Backend) -> dict[str, Any]:
    """What is known of a model, without fetching anything."""
    from maskwatch.errors import ModelError
    from maskwatch.models.registry import FILES

    files = [FILES[file] for file in backend.files]
    here = all(file.path.is_file() for file in files)
    shipped = all(file.url is None for file in files)
    row: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "summary": backend.summary,
        "state": ("shipped" if shipped else "fetched") if here else ("missing" if shipped else "to fetch"),
        "licence": files[0].licence,
        "files": [{"path": str(file.path), "url": file.url, "sha256": file.sha256} for file in files],
        "bytes": sum(file.path.stat().st_size for file in files) if here else None,
        "metadata": None,
    }
    if here and shipped:
        from maskwatch.models.runtime import open_session

        try:
            row["metadata"] = open_session(
                files[0].path, "detector" if kind == "detector" else "classifier"
            ).metadata
        except ModelError as error:
            row["state"], row["summary"] = "damaged", str(error)
    return row


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Name", "Kind", "State", "Size", "Parameters", "Licence", "About", box=None, pad_edge=False)
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB" if row["bytes"] else ""
        parameters = (row["metadata"] or {}).get("parameters")
        millions = f"{parameters / 1e6:.2f} M" if isinstance(parameters, int | float) else ""
        table.add_row(row["name"], row["kind"], row["state"], size, millions, row["licence"], row["summary"])
    # Piped, the table is not folded at 80 columns.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)
