"""`maskwatch models`: which models there are, and which of them is in use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from maskwatch.models.catalog import Backend
    from maskwatch.models.store import AddedModel
    from maskwatch.types import ModelKind

models = typer.Typer(
    help="Show, add and choose models; without a command, list them.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Everything that is known, as JSON.")]
OneName = Annotated[str, typer.Argument(metavar="NAME", help="As `maskwatch models list` shows it.")]


@models.callback()
def _alone(ctx: typer.Context, as_json: AsJson = False) -> None:
    if ctx.invoked_subcommand is None:
        list_models(as_json)


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that can be named, with their metadata; * marks those in use."""
    from maskwatch.models.catalog import SHIPPED, default, table
    from maskwatch.models.store import added_models

    rows = [_describe(name, kind, backend) for kind in SHIPPED for name, backend in table(kind).items()]
    rows += [_describe_own(own) for own in added_models().values()]
    used = {kind: default(kind) for kind in SHIPPED}
    for row in rows:
        row["in_use"] = used[row["kind"]] == row["name"]
    if as_json:
        json.dump(rows, sys.stdout, indent=2)
        print()
    else:
        _print_table(rows)
    for kind, name in used.items():
        if name not in (row["name"] for row in rows):
            print(
                f"the {kind} in use, {name!r}, is gone; `maskwatch models use --default` goes back",
                file=sys.stderr,
            )


@models.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model that `maskwatch export` wrote.")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call it. [default: the file's name]")
    ] = None,
) -> None:
    """Try a model file and keep a copy of it under a name."""
    from maskwatch.user_models import add as run

    own = run(file, name)
    print(f"{own.kind} {own.name}: {own.path}", file=sys.stderr)
    print(f"`maskwatch models use {own.name}` takes it wherever none is named", file=sys.stderr)


@models.command()
def use(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="As `maskwatch models list` shows it.")
    ] = None,
    shipped: Annotated[bool, typer.Option("--default", help="Go back to the shipped models.")] = False,
) -> None:
    """Take a model wherever none is named: in the app, on the command line and in Python.

    An option, the environment and a settings file still win over it.
    """
    if shipped == (name is not None):
        raise typer.BadParameter("give the name of a model, or --default")
    from maskwatch.user_models import use as run
    from maskwatch.user_models import use_shipped

    if name is None:
        use_shipped()
        print("the shipped models are in use", file=sys.stderr)
    else:
        print(f"the {run(name)} in use is {name}", file=sys.stderr)


@models.command()
def remove(name: OneName) -> None:
    """Delete a model that was added; if it was in use, the shipped one is again."""
    from maskwatch.user_models import remove as run

    own = run(name)
    print(f"removed the {own.kind} {own.name}", file=sys.stderr)


def _describe(name: str, kind: ModelKind, backend: Backend) -> dict[str, Any]:
    """What is known of a model, without fetching anything."""
    from maskwatch.models.download import FILES

    files = [FILES[file] for file in backend.all_files]
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
        "parameters": None,
        "metadata": None,
    }
    if here and shipped:
        _read_metadata(row, *(file.path for file in files))
    return row


def _describe_own(own: AddedModel) -> dict[str, Any]:
    here = own.path.is_file()
    row: dict[str, Any] = {
        "name": own.name,
        "kind": own.kind,
        "summary": "",
        "state": "added" if here else "missing",
        "licence": "",
        "files": [{"path": str(own.path), "url": None, "sha256": own.sha256}],
        "bytes": own.path.stat().st_size if here else None,
        "parameters": None,
        "metadata": None,
    }
    if here:
        _read_metadata(row, own.path)
        about = row["metadata"] or {}
        row["licence"] = str(about.get("licence", ""))
        row["summary"] = row["summary"] or str(about.get("architecture", ""))
    return row


def _read_metadata(row: dict[str, Any], *paths: Path) -> None:
    """Adds what the first file says of itself, and the parameters of the largest one."""
    from maskwatch.errors import ModelError
    from maskwatch.models.runtime import open_session

    try:
        said = [open_session(path, row["kind"]).metadata for path in paths]
    except ModelError as error:
        row["state"], row["summary"] = "damaged", str(error)
        return
    counts = [about["parameters"] for about in said if isinstance(about.get("parameters"), int)]
    row |= {"metadata": said[0], "parameters": max(counts, default=None)}


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    head = ("Name", "Kind", "In use", "State", "Size", "Parameters", "Licence", "About")
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB" if row["bytes"] else ""
        millions = f"{row['parameters'] / 1e6:.2f} M" if row["parameters"] else ""
        used = "*" if row["in_use"] else ""
        cells = (row["name"], row["kind"], used, row["state"], size, millions, row["licence"], row["summary"])
        table.add_row(*cells)
    # Piped, the table is not folded at 80 columns.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)
