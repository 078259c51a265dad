"""The command line: one command in each module. May import everything; nothing imports it.

A module of this package defines a function (or a `typer.Typer` for a group of commands) of its own name and
is listed in `COMMANDS`. It imports heavy packages inside the function only: all modules are imported before
`--help` is shown, and `--help` has to be instant.
"""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from maskwatch import __version__
from maskwatch.errors import MaskwatchError

COMMANDS: Final = (
    *("app", "detect", "watch", "explain", "models", "card", "doctor"),
    *("evaluate", "compare", "bench", "data", "train", "export"),
)

program = typer.Typer(
    name="maskwatch",
    help="Finds every face in a picture, video or live stream and says whether its mask is worn.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help is twice as fast, and keeps [what stands in brackets]
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        print(f"maskwatch {__version__}")
        raise typer.Exit


@program.callback()
def _common(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings file (TOML). [default: ./maskwatch.toml if it exists]"),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    ctx.obj = config


for _name in COMMANDS:
    _command = getattr(importlib.import_module(f"maskwatch.cli.{_name}"), _name)
    if isinstance(_command, typer.Typer):
        program.add_typer(_command, name=_name)
    else:
        program.command(_name)(_command)


def main() -> None:
    """Runs the program. Results go to stdout, messages for people to stderr.

    The exit status is 0 for success, 1 for an error and 2 for wrong usage.
    """
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("maskwatch").setLevel(logging.INFO)
    # A file name in another encoding must not break the message about it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        program()
    except MaskwatchError as error:
        print(f"maskwatch: {error}", file=sys.stderr)
        sys.exit(1)
