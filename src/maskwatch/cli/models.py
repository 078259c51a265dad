"""`maskwatch models`: which models there are, and which of them is in use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console
    from rich.text import Text

    from maskwatch.models.catalog import Backend
    from maskwatch.models.runtime import Model
    from maskwatch.models.store import AddedModel
    from maskwatch.types import ModelKind

models = typer.Typer(
    help="Show, add and choose models; without a command, list them.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Write everything that is known as JSON.")]
OneName = Annotated[str, typer.Argument(metavar="NAME", help="As `maskwatch models list` shows it.")]


@models.callback()
def _alone(ctx: typer.Context, as_json: AsJson = False) -> None:
    if ctx.invoked_subcommand is None:
        list_models(as_json)


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that can be named, with their metadata; * marks those in use."""
    in_use = _in_use()
    rows = [row for row, _ in _described(in_use)]
    if as_json:
        json.dump(rows, sys.stdout, indent=2)
        print()
    else:
        _print_table(rows)
    for kind, name in in_use.items():
        if name not in (row["name"] for row in rows):
            print(
                f"the {kind} in use, {name!r}, is gone; `maskwatch models use --default` goes back",
                file=sys.stderr,
            )


@models.command()
def show(name: OneName, as_json: AsJson = False) -> None:
    """Show what is known about one model: its files, and every field of its metadata."""
    from maskwatch.errors import ModelError

    known = {row["name"]: (row, opened) for row, opened in _described(_in_use(), name)}
    if name not in known:
        raise ModelError(f"no model is named {name!r}; `maskwatch models list` shows the names")
    row, opened = known[name]
    if as_json:
        json.dump(row, sys.stdout, indent=2)
        print()
    else:
        _print_model(row, opened)


@models.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model that `maskwatch export` wrote.")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call it. [default: the file's name]")
    ] = None,
) -> None:
    """Try a model file, and store a copy of it under a name."""
    from maskwatch.user_models import add as run

    model = run(file, name)
    print(f"{model.kind} {model.name}: {model.path}", file=sys.stderr)
    print(f"`maskwatch models use {model.name}` takes it wherever none is named", file=sys.stderr)


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

    model = run(name)
    kind = "damaged model" if model is None else model.kind
    print(f"removed the {kind} {name}", file=sys.stderr)


_Described = tuple[dict[str, Any], "list[Model]"]
"""What is known of a model, and its opened files."""


def _described(in_use: Mapping[ModelKind, str], only: str | None = None) -> Iterator[_Described]:
    """Yields what is known of each model, shipped ones first, or only of the one with a name.

    A file that several models share is opened once. Nothing is downloaded.
    """
    from functools import cache

    from maskwatch.models.catalog import SHIPPED, table
    from maskwatch.models.runtime import open_model
    from maskwatch.models.store import added_models, damaged_models

    opener = cache(open_model)
    for kind in SHIPPED:
        for name, backend in table(kind).items():
            if only in (None, name):
                row, opened = _describe(name, kind, backend, opener)
                yield row | {"in_use": in_use[kind] == name}, opened
    for name, model in added_models().items():
        if only in (None, name):
            row, opened = _describe_added(model, opener)
            yield row | {"in_use": in_use[model.kind] == name}, opened
    for name, reason in damaged_models().items():
        if only in (None, name):
            row = {"name": name, "kind": "unknown", "summary": reason, "state": "damaged", "licence": ""}
            row |= {"files": [], "bytes": None, "parameters": None, "metadata": None, "in_use": False}
            yield row, []


def _in_use() -> dict[ModelKind, str]:
    """Returns the name of the model in use of each kind; the shipped one where that cannot be read."""
    from maskwatch.errors import ModelError
    from maskwatch.models.catalog import SHIPPED, default

    try:
        return {kind: default(kind) for kind in SHIPPED}
    except ModelError as error:
        print(f"{error} (`maskwatch models use --default` goes back)", file=sys.stderr)
        return dict(SHIPPED)


def _describe(name: str, kind: ModelKind, backend: Backend, opener: Callable[[Path], Model]) -> _Described:
    from maskwatch.models.download import FILES

    files = [FILES[file] for file in backend.all_files]
    present = all(file.path.is_file() for file in files)
    shipped = all(file.url is None for file in files)
    row: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "summary": backend.summary,
        "state": ("shipped" if shipped else "fetched") if present else ("missing" if shipped else "to fetch"),
        "licence": files[0].licence,
        "files": [{"path": str(file.path), "url": file.url, "sha256": file.sha256} for file in files],
        "bytes": sum(file.path.stat().st_size for file in files) if present else None,
        "parameters": None,
        "metadata": None,
    }
    opened = _open_files(row, [file.path for file in files], opener) if present and shipped else []
    return row, opened


def _describe_added(model: AddedModel, opener: Callable[[Path], Model]) -> _Described:
    present = model.path.is_file()
    row: dict[str, Any] = {
        "name": model.name,
        "kind": model.kind,
        "summary": "",
        "state": "added" if present else "missing",
        "licence": "",
        "files": [{"path": str(model.path), "url": None, "sha256": model.sha256}],
        "bytes": model.path.stat().st_size if present else None,
        "parameters": None,
        "metadata": None,
    }
    opened = _open_files(row, [model.path], opener) if present else []
    metadata = row["metadata"] or {}
    row["licence"] = str(metadata.get("licence", ""))
    row["summary"] = row["summary"] or str(metadata.get("architecture", ""))
    return row, opened


def _open_files(row: dict[str, Any], paths: list[Path], opener: Callable[[Path], Model]) -> list[Model]:
    """Opens a model's files; adds the metadata of the first and the parameters of the largest to `row`."""
    from maskwatch.errors import ModelError

    try:
        opened = [opener(path) for path in paths]
        for model in opened:
            if model.kind != row["kind"]:
                raise ModelError(f"{model.path}: a {model.kind}, where a {row['kind']} is needed")
    except ModelError as error:
        row["state"], row["summary"] = "damaged", str(error)
        return []
    counts = [model.described.parameters for model in opened if model.described.parameters is not None]
    row |= {"metadata": opened[0].metadata, "parameters": max(counts, default=None)}
    return opened


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    head = ("Name", "Kind", "In use", "State", "Size", "Parameters", "Licence", "About")
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f} MB" if row["bytes"] else ""
        millions = f"{row['parameters'] / 1e6:.2f} M" if row["parameters"] else ""
        used = "*" if row["in_use"] else ""
        cells = (row["name"], row["kind"], used, row["state"], size, millions, row["licence"], row["summary"])
        table.add_row(*map(_cell, cells))
    _console().print(table)


def _print_model(row: dict[str, Any], opened: list[Model]) -> None:
    """Prints a model's facts, and the metadata of each file with what every field means."""
    from rich.table import Table

    from maskwatch.models.metadata_fields import schema_rows

    console = _console()
    used = ", in use" if row["in_use"] else ""
    console.print(_cell(f"{row['name']}: {row['kind']}, {row['state']}{used}"))
    console.print(_cell(row["summary"]))
    for file in row["files"]:
        hashed = f", sha256 {file['sha256']}" if file["sha256"] else ""
        console.print(_cell(f"file {file['path'] if row['bytes'] else file['url'] or file['path']}{hashed}"))
    if not opened:
        console.print(_cell(f"licence {row['licence']}; no metadata of maskwatch"))
    meanings = {(entry.model, entry.field): entry.description for entry in schema_rows()}
    for model in opened:
        schema = type(model.described).__name__
        table = Table("Field", "Value", "Meaning", box=None, pad_edge=False)
        for key, value in model.metadata.items():
            text = value if isinstance(value, str) else json.dumps(value)
            table.add_row(_cell(key), _cell(text), _cell(meanings.get((schema, key), "")))
        console.print()
        console.print(_cell(f"metadata of {model.path.name}"))
        console.print(table)


def _cell(text: str) -> Text:
    """Returns a text as it is: brackets are no markup, and control characters are escaped."""
    from rich.text import Text

    from maskwatch.errors import printable

    return Text(printable(text))


def _console() -> Console:
    from rich.console import Console

    # Piped, a table is not folded at 80 columns.
    return Console() if sys.stdout.isatty() else Console(width=200)
